"""Takes in what arrives: durable before it is acknowledged, many arrivals in one commit. Understands nothing of it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from weakref import WeakValueDictionary

from agent.reply import Reply
from bot.surface.arrival import Arrival
from bot.surface.sealing import FieldSealer, sealed
from core.clock import Clock
from core.errors import ErrandError
from store.port import Store
from store.record import InboxEntry

_MOST_AT_ONCE = 100
_CROWD = 10
_CROWDED_S = 0.5
"""So many arrivals within so short a time are a crowd."""
_LOOKS_AGAIN_S = 0.05
_PATIENCE_S = 3.0


class AcceptedArrival:
    """An arrival that is durable. Whoever handed it over may wait for what is answered."""

    def __init__(self, *, is_new: bool) -> None:
        self.is_new = is_new
        self._answered = asyncio.Event()
        self._replies: list[Reply] = []

    def answer(self, replies: Sequence[Reply]) -> None:
        self._replies = list(replies)
        self._answered.set()

    async def replies(self, *, within_s: float) -> list[Reply] | None:
        try:
            async with asyncio.timeout(within_s):
                await self._answered.wait()
        except TimeoutError:
            return None
        return self._replies


@dataclass(frozen=True, slots=True)
class _Waiting:
    entry: InboxEntry
    future: asyncio.Future[bool]


class DurableIntake:
    """Implements `bot.surface.services.Intake`. `news` is called when something is there to be dealt with."""

    def __init__(self, store: Store, clock: Clock, sealer: FieldSealer, news: Callable[[], None]) -> None:
        self._store = store
        self._sealer = sealer
        self._clock = clock
        self._news = news
        self._waiting: list[_Waiting] = []
        self._writer: asyncio.Task[None] | None = None
        self._lately: deque[float] = deque(maxlen=_CROWD)
        self._crowded_since_s = 0.0
        self._accepted: WeakValueDictionary[tuple[str, str], AcceptedArrival] = WeakValueDictionary()

    async def accept(self, arrival: Arrival, *, hold_s: float = 0.0) -> AcceptedArrival:
        if not self._is_crowded:
            self._crowded_since_s = self._clock.monotonic_s()
        self._lately.append(self._clock.monotonic_s())
        entry = self._entry(arrival, hold_s)
        # Known before it is durable: it may be dealt with before this goes on.
        accepted = self._accepted.setdefault((entry.surface, entry.delivery_id), AcceptedArrival(is_new=True))
        if not await self._written(entry):
            return AcceptedArrival(is_new=False)
        self._news()
        return accepted

    async def move(self, arrival: Arrival) -> None:
        async with self._store.begin() as records:
            await records.inbox.move(self._entry(arrival, 0.0))
        self._news()

    def answered(self, entry: InboxEntry, replies: Sequence[Reply]) -> None:
        """Tell who waits for it in this process, if anybody does."""
        if (accepted := self._accepted.get((entry.surface, entry.delivery_id))) is not None:
            accepted.answer(replies)

    async def calm(self) -> None:
        """Return when arrivals do not crowd: who arrives is still waiting for an acknowledgement, and who has arrived has
        theirs. A crowd that does not end is waited for once, for a few seconds, not by everybody anew.
        """
        while self._is_crowded and self._clock.monotonic_s() - self._crowded_since_s < _PATIENCE_S:
            await self._clock.sleep(_LOOKS_AGAIN_S)

    @property
    def _is_crowded(self) -> bool:
        return len(self._lately) == _CROWD and self._clock.monotonic_s() - self._lately[0] < _CROWDED_S

    async def drain(self) -> None:
        """Return when nothing waits to be written."""
        while self._writer is not None:
            await asyncio.wait([self._writer])

    def _entry(self, arrival: Arrival, hold_s: float) -> InboxEntry:
        now = self._clock.now()
        return InboxEntry(
            surface=arrival.surface,
            delivery_id=arrival.delivery_id,
            place=arrival.place.key,
            payload=sealed(arrival, self._sealer),
            received_at=now,
            due_at=now + timedelta(seconds=hold_s),
        )

    async def _written(self, entry: InboxEntry) -> bool:
        """Whether it was new. What waits while a commit is under way shares the next one."""
        waiting = _Waiting(entry, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._writer is None:
            self._writer = asyncio.create_task(self._write_all(), name="intake")
        return await waiting.future

    async def _write_all(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:_MOST_AT_ONCE], self._waiting[_MOST_AT_ONCE:]
                await self._write(batch)
        finally:
            self._writer = None

    async def _write(self, batch: list[_Waiting]) -> None:
        """Write a batch; where the database refuses it, each by itself, so that one harms no other."""
        try:
            async with self._store.begin() as records:
                added = await records.inbox.add([each.entry for each in batch])
        except ErrandError as error:
            if len(batch) > 1:
                for each in batch:
                    await self._write([each])
            elif not batch[0].future.done():
                batch[0].future.set_exception(error)
            return
        for each, is_new in zip(batch, added, strict=True):
            if not each.future.done():
                each.future.set_result(is_new)
