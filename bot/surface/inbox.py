"""Deals with what arrived: each entry in a turn or by starting automations, those of one place one after the other.

Any number of processes may do so at once. An entry is held under a lease, which is renewed as long as it takes; one whose
worker died is taken again when its lease is over, and the turn and the runs' fire keys know what was done already. Writes
no sentence but the apology for what could not be dealt with.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import assert_never

from pydantic import JsonValue, ValidationError

from agent.inbound import HandedFile, Inbound, Press, Submit, Text
from agent.reply import Reply
from agent.state import load_state
from bot.surface.arrival import Arrival, Joined, Picked, Pressed, Reacted, Said, Submitted
from bot.surface.firing import Firing
from bot.surface.handed import Files
from bot.surface.hold import Holds
from bot.surface.reception import Reception
from bot.surface.sealing import FieldSealer, opened
from bot.surface.writing import Writings
from core.clock import Clock
from core.errors import StoreError
from store.port import Records, Store
from store.record import EntryState, InboxEntry
from worker.alarm import Alarm
from worker.task import end

_log = logging.getLogger(__name__)

MOST_AT_ONCE = 20
_TAKEN_AT_ONCE = 4
MOST_TRIES = 5
_FIRST_PAUSE_S = 2.0
_LONGEST_PAUSE_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """`take` answers one inbound; `apologize` says in the conversation that one could not be dealt with."""

    take: Callable[[Inbound], Awaitable[list[Reply]]]
    apologize: Callable[[Inbound, str], Awaitable[object]]


class InboxWorker:
    """Works for the surfaces that are connected here: what it needs of them nobody else could fetch. `answered` is told what was
    replied to an entry; `calm` returns when whoever arrives need not go first.
    """

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        surfaces: Collection[str],
        owner: str,
        sealer: FieldSealer,
        turns: Turns,
        reception: Reception,
        firing: Firing,
        writings: Writings,
        files: Files,
        answered: Callable[[InboxEntry, Sequence[Reply]], None],
        calm: Callable[[], Awaitable[None]],
        sweep_s: float,
    ) -> None:
        self._store = store
        self._clock = clock
        self._surfaces = surfaces
        self._owner = owner
        self._sealer = sealer
        self._turns = turns
        self._reception = reception
        self._firing = firing
        self._writings = writings
        self._files = files
        self._answered = answered
        self._calm = calm
        self._sweep_s = sweep_s
        self._alarm = Alarm(clock)
        self._at_work: dict[int, tuple[InboxEntry, asyncio.Task[None]]] = {}
        self._holds: Holds[int] = Holds(store, clock, self._prolong)

    def look_again(self) -> None:
        """Something arrived."""
        self._alarm.ring()

    async def run(self) -> None:
        """Deal with what is there, and look every `sweep_s` for what was left over, until cancelled."""
        try:
            while True:
                await self._calm()
                await self._renew()
                taken = await self._take(min(_TAKEN_AT_ONCE, MOST_AT_ONCE - len(self._at_work)))
                for entry in taken:
                    task = asyncio.create_task(self._deal(entry), name=f"inbox {entry.delivery_id}")
                    self._at_work[entry.position] = entry, task
                    task.add_done_callback(partial(self._ended, entry))
                if len(taken) < _TAKEN_AT_ONCE:
                    await self._alarm.sleep(None, at_most_s=self._sweep_s)
        finally:
            await end(task for _, task in self._at_work.values())

    async def work_due(self) -> int:
        """Deal with all that is due by now; returns how many entries that were."""
        count = 0
        while taken := await self._take(MOST_AT_ONCE):
            count += len(taken)
            await asyncio.gather(*(self._deal(entry) for entry in taken))
        return count

    def _ended(self, entry: InboxEntry, _: asyncio.Task[None]) -> None:
        self._at_work.pop(entry.position, None)
        self._alarm.ring()

    async def _renew(self) -> None:
        """Keep what is at work. What another process went on with is left to that one."""
        try:
            for position in await self._holds.renew():
                entry, task = self._at_work[position]
                _log.warning("%s from %s was taken by another process.", entry.delivery_id, entry.surface)
                task.cancel()
        except StoreError as error:
            _log.warning("What is at work could not be kept: %s", error)

    async def _prolong(self, records: Records, position: int, until: datetime) -> bool:
        return await records.inbox.renew(self._at_work[position][0], until=until)

    async def _take(self, most: int) -> list[InboxEntry]:
        if most <= 0:
            return []
        lease = self._holds.next_end()
        try:
            async with self._store.begin() as records:
                taken = await records.inbox.take(
                    self._surfaces, self._owner, now=self._clock.now(), until=lease.at, limit=most
                )
        except StoreError as error:
            _log.warning("What has arrived could not be looked up: %s", error)
            return []
        for entry in taken:
            self._holds.add(entry.position, lease)
        return taken

    async def _deal(self, entry: InboxEntry) -> None:
        """Deal with one entry, and write down what became of it. When that cannot be written it is dealt with again."""
        try:
            settled = await self._dealt(entry)
        finally:
            self._holds.drop(entry.position)
        try:
            async with self._store.begin() as records:
                await records.inbox.settle(settled)
        except StoreError as error:
            _log.warning("What became of %s could not be written down: %s", entry.delivery_id, error)

    async def _dealt(self, entry: InboxEntry) -> InboxEntry:
        try:
            arrival = opened(entry.payload, self._sealer)
        except (ValidationError, StoreError) as error:
            _log.error("%s from %s cannot be read: %s", entry.delivery_id, entry.surface, error)  # no stack is of use
            return replace(entry, state=EntryState.FAILED, problem="It cannot be read.")
        try:
            self._answered(entry, await self._do(entry, arrival))
        except Exception as error:  # noqa: BLE001  # a surface's turn: one entry holds up no other for ever
            _log.exception("%s from %s could not be dealt with", entry.delivery_id, entry.surface)
            return await self._put_off(entry, arrival, problem=f"{type(error).__name__}: {error}")
        return replace(entry, state=EntryState.DONE, problem="")

    async def _put_off(self, entry: InboxEntry, arrival: Arrival, *, problem: str) -> InboxEntry:
        """Try it again later; the last time, say so where it was said."""
        if entry.attempts < MOST_TRIES:
            pause_s = min(_FIRST_PAUSE_S * 2 ** (entry.attempts - 1), _LONGEST_PAUSE_S)
            return replace(entry, due_at=self._clock.now() + timedelta(seconds=pause_s), problem=problem)
        reference = secrets.token_hex(4)
        _log.error("%s from %s is given up, reference %s", entry.delivery_id, entry.surface, reference)
        try:
            if (inbound := await self._inbound(arrival)) is not None:
                await self._turns.apologize(inbound, reference)
        except Exception:  # noqa: BLE001  # what failed may be the store itself
            _log.exception("nobody could be told, reference %s", reference)
        return replace(entry, state=EntryState.FAILED, problem=problem)

    async def _do(self, entry: InboxEntry, arrival: Arrival) -> list[Reply]:
        what = arrival.what
        if isinstance(what, Picked) or not arrival.place.is_direct:
            await self._firing.fire(arrival)
        inbound = await self._inbound(arrival)
        if inbound is None:
            return []
        is_repeat = entry.attempts > 1
        kept = await self._files.keep(arrival, is_repeat=is_repeat, is_last=entry.attempts >= MOST_TRIES)
        inbound = replace(inbound, content=_with_files(inbound.content, kept))
        turn = partial(self._turns.take, inbound)
        return await self._writings.during(arrival.place, inbound.conversation_id, turn, is_repeat=is_repeat)

    async def _inbound(self, arrival: Arrival) -> Inbound | None:
        """What is meant for Errand itself; none: it may only have started something."""
        content = _content(arrival)
        if content is None or (_is_overheard(arrival) and not await self._is_waited_for(arrival)):
            return None
        person = await self._reception.person(arrival.surface, arrival.account, locale=arrival.locale)
        if isinstance(content, Text) and await self._reception.held(arrival.place) is None:
            before = await self._reception.earlier(arrival.place)
            content = replace(content, earlier=tuple(one for one in before if one != content.text))
        conversation = await self._reception.conversation(arrival.place, person)
        return Inbound(
            surface=arrival.surface,
            conversation_id=conversation.id,
            person_id=person.id,
            delivery_id=arrival.delivery_id,
            content=content,
            below=arrival.thread if conversation.place != arrival.place else "",
        )

    async def _is_waited_for(self, arrival: Arrival) -> bool:
        """Whether Errand has asked this very person something in this thread: then they need not mention it again."""
        conversation = await self._reception.held(arrival.place)
        person = await self._reception.known(arrival.surface, arrival.account)
        if conversation is None or person is None or conversation.person_id != person.id or not arrival.thread:
            return False
        state = load_state(conversation.state)
        return state.task is not None or state.clarification is not None


def _content(arrival: Arrival) -> Text | Press | Submit | None:
    match arrival.what:
        case Said(text=text):
            return Text(text=text)
        case Pressed(action=action):
            return Press(action=action)
        case Submitted(action=action, fields=fields):
            return Submit(action=action, fields=fields)
        case Reacted() | Joined() | Picked():
            return None
        case _:
            assert_never(arrival.what)


def _with_files(content: Text | Press | Submit, kept: Mapping[str, HandedFile]) -> Text | Press | Submit:
    """What was handed in at a field is its value; what could not be kept leaves it as it is."""
    files = tuple(kept.values())
    match content:
        case Text():
            return replace(content, files=files)
        case Submit():
            paths: dict[str, JsonValue] = {name: one.path for name, one in kept.items() if one.path}
            return replace(content, fields=content.fields | paths, files=files)
        case Press():
            return content
        case _:
            assert_never(content)


def _is_overheard(arrival: Arrival) -> bool:
    return isinstance(arrival.what, Said) and not arrival.what.is_addressed
