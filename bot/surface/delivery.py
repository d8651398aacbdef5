"""Shows messages on outside surfaces as the records say they are: posts what is new, edits what has changed, in order.

Works in one lane, which is a channel, under a lease: of any number of processes one posts into it at a time, and makes sure
of that right before each call. Keeps nothing in mind: what is to be done, what was begun and what was shown last is in the
postings. Decides nothing about content.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from agent.reply import RunCard
from agent.settled import may_change
from bot.surface.closed import ClosedPlaces
from bot.surface.content import Contents, Showing
from bot.surface.hold import Holds
from bot.surface.port import Surface
from core.clock import Clock
from core.errors import (
    ErrandError,
    GoneError,
    NotAllowedError,
    NotFoundError,
    RateLimitedError,
    RetryableError,
    StaleError,
    StoreError,
    TimedOutError,
)
from store.port import Records, Store
from store.record import GONE, Posting
from worker.alarm import Alarm
from worker.task import end

_log = logging.getLogger(__name__)

MOST_LANES = 200
_MOST_CALLS = 50
"""So many lanes are worked in at once; all others that are open wait until their channel may be posted into again."""
MOST_TRIES = 40
"""So often a message is tried, which takes hours, before its channel goes on without it."""
PRIVATE = "private"
"""The external id of what was shown to one person only: it can never be changed."""
_MOST_AT_ONCE = 50
_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 600.0
_LIMITED_S = 5.0
_LOOK_S = 30.0
_LONGEST_LOOK_S = 3600.0
_LOOKED_AT = timedelta(days=7)


Lane = tuple[str, str]
"""A surface and one of its channels."""


class _RestError(Exception):
    """This lane is to be left alone for so long."""

    def __init__(self, rest_s: float) -> None:
        super().__init__(rest_s)
        self.rest_s = rest_s


class Deliverer:
    """Works in all lanes of the surfaces that are connected here. `calm` returns when whoever arrives need not go first."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        owner: str,
        surfaces: Mapping[str, Surface],
        contents: Contents,
        closed: ClosedPlaces,
        calm: Callable[[], Awaitable[None]],
        sweep_s: float,
    ) -> None:
        self._closed = closed
        self._store = store
        self._clock = clock
        self._owner = owner
        self._surfaces = surfaces
        self._contents = contents
        self._calm = calm
        self._sweep_s = sweep_s
        self._alarm = Alarm(clock)
        self._at_work: dict[Lane, asyncio.Task[None]] = {}
        self._calls = asyncio.Semaphore(_MOST_CALLS)
        self._holds: Holds[Lane] = Holds(store, clock, self._prolong)

    def look_again(self) -> None:
        """Something is to be shown."""
        self._alarm.ring()

    async def run(self) -> None:
        """Show what is due, and look every `sweep_s` for what nobody told of, until cancelled."""
        try:
            while True:
                await self._renew()
                for lane in await self._lanes(MOST_LANES - len(self._at_work)):
                    if lane not in self._at_work:
                        task = asyncio.create_task(self._visit(*lane), name=f"lane {lane}")
                        self._at_work[lane] = task
                        task.add_done_callback(partial(self._left, lane))
                await self._alarm.sleep(None, at_most_s=self._sweep_s)
        finally:
            await end(self._at_work.values())

    async def deliver_due(self) -> int:
        """Visit each lane in which something is due now, once; returns how many that were."""
        lanes = await self._lanes(MOST_LANES)
        await asyncio.gather(*(self._visit(*lane) for lane in lanes))
        return len(lanes)

    def _left(self, lane: Lane, task: asyncio.Task[None]) -> None:
        del self._at_work[lane]
        if not task.cancelled() and (error := task.exception()):
            _log.error("the lane %s was left", lane, exc_info=error)
        self._alarm.ring()

    async def _renew(self) -> None:
        """Keep the lanes that are worked in. Whoever lost one finds out before the next call."""
        try:
            for lane in await self._holds.renew():
                _log.warning("Another process went on in the lane %s.", lane)
        except StoreError as error:
            _log.warning("The lanes could not be kept: %s", error)

    async def _prolong(self, records: Records, lane: Lane, until: datetime) -> bool:
        return await records.postings.renew(*lane, self._owner, until=until)

    async def _lanes(self, most: int) -> list[Lane]:
        if most <= 0:
            return []
        try:
            async with self._store.begin() as records:
                return await records.postings.lanes(list(self._surfaces), now=self._clock.now(), limit=most)
        except StoreError as error:
            _log.warning("What is to be posted could not be looked up: %s", error)
            return []

    async def _visit(self, name: str, lane: str) -> None:
        """Show what is due in one lane, then let it rest. What cannot be written down is found by whoever comes next."""
        surface, rest_s = self._surfaces[name], 0.0
        try:
            if not await self._claim(name, lane):
                return
            try:
                rest_s = await self._work(surface, lane)
            except _RestError as rest:
                rest_s = rest.rest_s
            finally:
                self._holds.drop((name, lane))
                async with self._store.begin() as records:
                    rest_until = self._clock.now() + timedelta(seconds=rest_s)
                    await records.postings.release(name, lane, self._owner, rest_until=rest_until)
        except (StoreError, StaleError) as error:
            _log.warning("The lane %s of %s was left: %s", lane, name, error)

    async def _work(self, surface: Surface, lane: str) -> float:
        """Returns how long the lane is to rest."""
        async with self._store.begin() as records:
            due = await records.postings.due(surface.name, lane, now=self._clock.now(), limit=_MOST_AT_ONCE)
        rest_s = 0.0
        for posting in due:
            if rest_s:
                await self._clock.sleep(rest_s)
            async with self._calls:
                await self._calm()
                await self._holds.confirm((surface.name, lane))
                rest_s = surface.limits.post_gap_s if await self._show(surface, posting) else 0.0
        return rest_s

    async def _claim(self, name: str, lane: str) -> bool:
        end = self._holds.next_end()
        async with self._calls, self._store.begin() as records:
            is_ours = await records.postings.claim(name, lane, self._owner, now=self._clock.now(), until=end.at)
        if is_ours:
            self._holds.add((name, lane), end)
        return is_ours

    async def _show(self, surface: Surface, posting: Posting) -> bool:
        """Bring one message to how it is now; whether the surface was called. Raises _RestError, StaleError."""
        showing = await self._read(posting)
        now = self._clock.now()
        if showing is None or posting.external_id in (PRIVATE, GONE):
            problem = posting.problem or (
                "" if posting.external_id else "There is nothing to show, or nobody to show it to."
            )
            await self._settle(posting, replace(posting, problem=problem, due_at=None))
            return False
        if posting.external_id and showing.digest == posting.shown:
            await self._settle(posting, replace(posting, due_at=_next_look(showing, posting, now)))
            return False
        early_s = _until_edit(surface, posting, now)
        if early_s > 0:
            await self._settle(posting, replace(posting, due_at=now + timedelta(seconds=early_s)))
            return False
        if not posting.external_id:
            async with self._store.begin() as records:
                await records.postings.begin(posting.message_id)
        await self._holds.confirm((posting.surface, posting.lane))
        await self._settle(posting, await self._called(surface, posting, showing))
        return True

    async def _read(self, posting: Posting) -> Showing | None:
        try:
            return await self._contents.read(posting)
        except StoreError:
            raise
        except Exception:  # noqa: BLE001  # one message that cannot be rendered holds up no other
            _log.exception("%s could not be rendered", posting.message_id)
            return None

    async def _called(self, surface: Surface, posting: Posting, showing: Showing) -> Posting:
        """The posting after the surface was called. Raises _RestError when it is to be tried again."""
        try:
            external_id = await self._call(surface, posting, showing)
        except RateLimitedError as error:
            await self._settle(posting, posting)
            raise _RestError(error.retry_after_s or _LIMITED_S) from error
        except RetryableError as error:
            tried = replace(posting, attempts=posting.attempts + 1)
            if tried.attempts < MOST_TRIES:
                await self._settle(posting, tried)
                raise _RestError(min(_FIRST_PAUSE_S * 2**posting.attempts, _LONGEST_PAUSE_S)) from error
            return _given_up(tried, showing, f"It was tried {tried.attempts} times: {error.message}")
        except GoneError as error:
            return replace(_given_up(posting, showing, error.message), external_id=GONE)
        except ErrandError as error:
            _log.warning("%s was refused by %s: %s", posting.message_id, surface.name, error)
            if _is_missed(posting, showing, error):
                await self._closed.tell(surface, posting)
            return _given_up(posting, showing, error.message)
        except Exception as error:  # noqa: BLE001  # one message that cannot be shown holds up no other
            _log.exception("%s could not be shown on %s", posting.message_id, surface.name)
            return _given_up(posting, showing, f"{type(error).__name__}: {error}")
        now = self._clock.now()
        shown = replace(posting, external_id=external_id, shown=showing.digest, shown_at=now, attempts=0, problem="")
        return replace(shown, due_at=_next_look(showing, shown, now))

    async def _call(self, surface: Surface, posting: Posting, showing: Showing) -> str:
        key = posting.message_id
        try:
            async with asyncio.timeout(surface.limits.working_s):
                if showing.user:
                    if not posting.attempts:  # best effort: never twice
                        await surface.notify(showing.place, showing.user, showing.content)
                    return PRIVATE
                if posting.external_id:
                    return await surface.update(showing.place, posting.external_id, showing.content, key=key)
                is_repeat = posting.attempts > 0
                return await surface.post(showing.place, showing.content, key=key, is_repeat=is_repeat)
        except TimeoutError:
            raise TimedOutError from None

    async def _settle(self, seen: Posting, now: Posting) -> None:
        async with self._store.begin() as records:
            await records.postings.settle(now, seen=seen.due_at)


def _is_missed(posting: Posting, showing: Showing, error: ErrandError) -> bool:
    """Whether somebody waits for what could not be shown: it is new, or says how a run goes. In a channel a message that is
    refused for what it holds does not mean that the channel is closed.
    """
    is_closed = isinstance(error, NotFoundError | NotAllowedError) or showing.place.is_direct
    is_news = not posting.external_id or any(isinstance(part, RunCard) for part in showing.content.parts)
    return is_closed and is_news and not showing.user


def _given_up(posting: Posting, showing: Showing, problem: str) -> Posting:
    """What is there stays as it is until it looks different; what is not will never be."""
    shown = showing.digest if posting.external_id else ""
    return replace(posting, shown=shown, problem=problem, attempts=0, due_at=None)


def _until_edit(surface: Surface, posting: Posting, now: datetime) -> float:
    """Several changes in a short time are one edit: after how long there may be one."""
    if not posting.external_id or posting.shown_at is None:
        return 0.0
    return surface.limits.edit_gap_s - (now - posting.shown_at).total_seconds()


def _next_look(showing: Showing, posting: Posting, now: datetime) -> datetime | None:
    """When to look again in case no news comes: soon at first, then less and less often; none for what is settled."""
    if showing.user or not any(may_change(part) for part in showing.content.parts):
        return None
    age = now - posting.created_at
    if age > _LOOKED_AT:
        return None
    return now + timedelta(seconds=min(max(_LOOK_S, age.total_seconds() / 10), _LONGEST_LOOK_S))
