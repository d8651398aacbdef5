"""Looks for new items and adds one run for each: each source once at a time, whatever number of pollers there are.

A look is claimed like a fire time, by compare-and-set; the claim holds for a while, so that the look of a poller that died
is taken again soon. The network is used outside any transaction. What came of a look, its cursor and its runs, is one
transaction, and only if nobody has claimed the next look meanwhile: a crash leaves no gap and no double.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from catalog.expression import Expressions
from catalog.proposal import ProposalContent
from catalog.schedule import Schedule
from core.canonical import digest
from core.errors import StoreError
from store.port import Event, Records
from store.record import (
    JsonObject,
    Priority,
    Run,
    TriggerKind,
    TriggerRecord,
    WorkflowRecord,
    WorkflowState,
    WorkflowVersion,
)
from tools.source import Look, NewItem, mark
from worker.alarm import Alarm
from worker.desk import Desk
from worker.gate import Hold
from worker.look import LOOK_TIMEOUT_S, Blind, take_look
from worker.pausing import pause_workflow
from worker.start import approved_version, new_run
from worker.task import end

_log = logging.getLogger(__name__)

CLAIM = timedelta(seconds=2 * LOOK_TIMEOUT_S)
"""A poller that has not said what came of a look by then has died."""
MOST_AT_ONCE = 10
"""Looks of one poller at the same time."""
REST = timedelta(seconds=60)
"""What did not fit into one look comes with the next one so much later, at the latest."""
MANY = 10
"""More items than this at once do not go before the runs of others."""
_FIRST_DELAY_S = 60.0
_LONGEST_DELAY_S = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    """A look that is this poller's to take. `trigger` is as it was claimed; its `last_at` names the claim."""

    trigger: TriggerRecord
    schedule: Schedule
    workflow: WorkflowRecord
    version: WorkflowVersion
    content: ProposalContent


@dataclass(slots=True, kw_only=True)
class _Told:
    """What is published and woken once it is durable."""

    runs: list[Run]
    events: list[Event]


class Poller:
    """Sleeps until the next look is due, and looks every `sweep_s` in case a change was not heard of."""

    def __init__(self, *, desk: Desk, expressions: Expressions, sweep_s: float, pause_after: int) -> None:
        self._desk = desk
        self._expressions = expressions
        self._sweep_s = sweep_s
        self._pause_after = pause_after
        self._alarm = Alarm(desk.clock)
        self._looks: set[asyncio.Task[None]] = set()

    def look_again(self) -> None:
        """A trigger was added or changed."""
        self._alarm.ring()

    async def run(self) -> None:
        """Look at what is due, until cancelled. A slow source holds up no other."""
        try:
            while True:
                next_at: datetime | None = None
                try:
                    for claim in await self._claim_due(MOST_AT_ONCE - len(self._looks)):
                        look = asyncio.create_task(self._work(claim), name=f"look {claim.trigger.id}")
                        self._looks.add(look)
                        look.add_done_callback(self._ended)
                    if len(self._looks) < MOST_AT_ONCE:
                        async with self._desk.store.begin() as records:
                            next_at = await records.triggers.next_at(TriggerKind.POLL)
                except StoreError as error:
                    _log.warning("What is to be looked at could not be looked up: %s", error)
                await self._alarm.sleep(next_at, at_most_s=self._sweep_s)
        finally:
            await end(self._looks)

    async def look_due(self) -> list[Run]:
        """Take every look that is due; returns the runs that this poller has added."""
        claims = await self._claim_due(MOST_AT_ONCE)
        taken = await asyncio.gather(*(self._take(claim) for claim in claims))
        return [run for runs in taken for run in runs]

    async def _work(self, claim: _Claim) -> None:
        await self._take(claim)

    def _ended(self, look: asyncio.Task[None]) -> None:
        self._looks.discard(look)
        self._alarm.ring()

    async def _claim_due(self, most: int) -> list[_Claim]:
        if most <= 0:
            return []
        now = self._desk.clock.now()
        async with self._desk.store.begin() as records:
            due = await records.triggers.due(TriggerKind.POLL, now, limit=most)
        claims = []
        for trigger in due:
            async with self._desk.store.begin() as records:
                claim = await self._claim(records, trigger, now)
            if claim is not None:
                claims.append(claim)
        return claims

    async def _claim(self, records: Records, trigger: TriggerRecord, now: datetime) -> _Claim | None:
        """Take the look, if nobody was faster. What nobody approved is not looked at any more."""
        assert trigger.next_at is not None
        until = now + CLAIM
        if not await records.triggers.advance(trigger.id, expected=trigger.next_at, next_at=until, last_at=now):
            return None
        claimed = replace(trigger, next_at=until, last_at=now)
        workflow = await records.workflows.get(trigger.workflow_id)
        is_active = workflow is not None and workflow.state is WorkflowState.ACTIVE
        version = await approved_version(records, workflow) if workflow is not None and is_active else None
        read = _read(trigger, version)
        if workflow is None or version is None or read is None:
            _log.warning("The workflow %s has nothing to look at that was approved.", trigger.workflow_id)
            await records.triggers.settle(replace(claimed, is_active=False, next_at=None))
            return None
        return _Claim(trigger=claimed, schedule=read[0], workflow=workflow, version=version, content=read[1])

    async def _take(self, claim: _Claim) -> list[Run]:
        """Look, then write down what came of it. When the database is away the look is taken again later."""
        desk = self._desk
        outcome = await take_look(
            claim.content,
            claim.trigger.cursor,
            ticket=claim.trigger.id,
            person_id=claim.workflow.person_id,
            registry=desk.registry,
            expressions=self._expressions,
            maker=desk.contexts,
            gate=desk.gate,
        )
        try:
            async with desk.store.begin() as records:
                if isinstance(outcome, Look):
                    told = await self._record(records, claim, outcome)
                elif isinstance(outcome, Hold):
                    told = await self._leave_alone(records, claim, outcome)
                else:
                    told = await self._fail(records, claim, outcome)
        except StoreError as error:
            _log.warning("What came of a look at %s could not be written down: %s", claim.trigger.id, error)
            return []
        await desk.events.publish(*told.events)
        for run in told.runs:
            await desk.queue.wake(run)
        return told.runs

    async def _record(self, records: Records, claim: _Claim, look: Look) -> _Told:
        """Advance the cursor and add the runs, if this claim still holds."""
        trigger, now = claim.trigger, self._desk.clock.now()
        following = next(iter(claim.schedule.next_times(now, 1)), None)
        next_at = now + REST if look.has_more and (following is None or following > now + REST) else following
        settled = replace(
            trigger, cursor=look.cursor, next_at=next_at, is_active=next_at is not None, failures=0, problem=None
        )
        if not await records.triggers.settle(settled):
            return _Told(runs=[], events=[])
        if next_at is None:
            await records.workflows.set_state(claim.workflow.id, WorkflowState.ENDED, at=now)
        runs = [run for run in self._runs(claim, look.items, now) if await records.runs.add(run)]
        has_news = bool(trigger.failures) or next_at is None
        return _Told(runs=runs, events=[*map(_event, runs), *([_card(claim)] if has_news else [])])

    def _runs(self, claim: _Claim, items: Sequence[NewItem], now: datetime) -> list[Run]:
        zone = ZoneInfo(claim.schedule.timezone)
        return [
            new_run(
                claim.workflow,
                claim.version,
                now=now + timedelta(microseconds=place),  # so they stay in order wherever they are sorted by time
                fire_key=f"{claim.trigger.id}:{mark(item.id)}",
                input_={"fired_at": now.astimezone(zone).isoformat(), "item": item.value},
                trigger_id=claim.trigger.id,
                priority=Priority.BULK if len(items) > MANY else Priority.SCHEDULED,
            )
            for place, item in enumerate(items)
        ]

    async def _leave_alone(self, records: Records, claim: _Claim, hold: Hold) -> _Told:
        """Nobody has looked, because the service is down or busy: look again when it may be asked. This is no failure."""
        next_at = self._desk.clock.now() + timedelta(seconds=hold.wait_s)
        await records.triggers.settle(replace(claim.trigger, next_at=next_at))
        return _Told(runs=[], events=[])

    async def _fail(self, records: Records, claim: _Claim, blind: Blind) -> _Told:
        """Leave the cursor where it is and look again later; after many failures in a row, not any more."""
        now, failures = self._desk.clock.now(), claim.trigger.failures + 1
        is_over = failures >= self._pause_after
        delay_s = max(min(_FIRST_DELAY_S * 2 ** (failures - 1), _LONGEST_DELAY_S), blind.retry_after_s)
        not_before = now + timedelta(seconds=delay_s)
        following = next(iter(claim.schedule.next_times(now, 1)), not_before)
        failed = replace(
            claim.trigger,
            failures=failures,
            problem=blind.problem,
            is_active=not is_over,
            next_at=None if is_over else max(following, not_before),
        )
        if not await records.triggers.settle(failed):
            return _Told(runs=[], events=[])
        if not is_over:
            return _Told(runs=[], events=[_card(claim)])
        detail: JsonObject = {"failures": failures, "problem": blind.problem}
        return _Told(runs=[], events=await pause_workflow(records, claim.workflow, detail=detail, now=now))


def _read(trigger: TriggerRecord, version: WorkflowVersion | None) -> tuple[Schedule, ProposalContent] | None:
    """How often to look, and at what; none when it cannot be read or is not what was approved."""
    if version is None or digest(version.content) != version.digest:
        return None
    try:
        return Schedule.model_validate(trigger.config), ProposalContent.model_validate(version.content)
    except ValidationError:
        _log.exception("What %s looks at cannot be read; it does not look any more.", trigger.id)
        return None


def _event(run: Run) -> Event:
    return Event(conversation_id=run.conversation_id, run_id=run.id, workflow_id=run.workflow_id)


def _card(claim: _Claim) -> Event:
    return Event(conversation_id=claim.workflow.conversation_id, workflow_id=claim.workflow.id)
