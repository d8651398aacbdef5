"""Fires scheduled triggers: exactly one run for one fire time, whatever number of schedulers there are.

What becomes of times that passed while nobody was there is the schedule's own policy (`worker.catch_up`); then it goes
on in the future.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from catalog.schedule import Schedule
from core.clock import Clock
from core.errors import StoreError
from store.port import Event, EventBus, Records, RunQueue, Store
from store.record import Priority, Run, TriggerKind, TriggerRecord, WorkflowState
from worker.alarm import Alarm
from worker.catch_up import due_times, is_missed
from worker.start import approved_version, new_run

_log = logging.getLogger(__name__)


class Scheduler:
    """Sleeps until the next trigger is due, and looks every `sweep_s` in case a change was not heard of."""

    def __init__(self, *, store: Store, queue: RunQueue, events: EventBus, clock: Clock, sweep_s: float) -> None:
        self._store = store
        self._queue = queue
        self._events = events
        self._clock = clock
        self._sweep_s = sweep_s
        self._alarm = Alarm(clock)

    def look_again(self) -> None:
        """A trigger was added or changed."""
        self._alarm.ring()

    async def run(self) -> None:
        """Fire what is due, until cancelled."""
        while True:
            next_at: datetime | None = None
            try:
                await self.fire_due()
                async with self._store.begin() as records:
                    next_at = await records.triggers.next_at(TriggerKind.SCHEDULE)
            except StoreError as error:
                _log.warning("Schedules could not be looked up: %s", error)
            await self._alarm.sleep(next_at, at_most_s=self._sweep_s)

    async def fire_due(self) -> list[Run]:
        """Fire every trigger that is due; returns the runs that this scheduler has added."""
        now = self._clock.now()
        async with self._store.begin() as records:
            due = await records.triggers.due(TriggerKind.SCHEDULE, now)
        added: list[Run] = []
        for trigger in due:
            async with self._store.begin() as records:
                fired = await self._fire(records, trigger, now)
            added += fired
            for run in fired:
                await self._events.publish(
                    Event(conversation_id=run.conversation_id, run_id=run.id, workflow_id=run.workflow_id)
                )
                await self._queue.wake(run)
        return added

    async def _fire(self, records: Records, trigger: TriggerRecord, now: datetime) -> list[Run]:
        """Advance the trigger and add its runs, in one transaction; none when there is nothing to run."""
        assert trigger.next_at is not None
        schedule = _schedule(trigger)
        following = schedule.next_times(now, 1) if schedule is not None else []
        next_at = following[0] if following else None
        if not await records.triggers.advance(trigger.id, expected=trigger.next_at, next_at=next_at, last_at=now):
            return []
        workflow = await records.workflows.get(trigger.workflow_id)
        if schedule is None or workflow is None or workflow.state is not WorkflowState.ACTIVE:
            return []
        times = due_times(schedule, trigger.next_at, now)
        if not times and next_at is None:  # passed over, and there is no other
            await records.workflows.set_state(workflow.id, WorkflowState.ENDED, at=now)
        version = await approved_version(records, workflow)
        if version is None:
            _log.warning("The workflow %s is scheduled, but no version of it was approved.", workflow.id)
            return []
        runs = []
        for place, at in enumerate(times):
            made_up_for = len(times) > 1 and is_missed(at, now)
            run = new_run(
                workflow,
                version,
                now=now + timedelta(microseconds=place),  # so they stay in order wherever they are sorted by time
                fire_key=f"{trigger.id}:{at.astimezone(UTC).isoformat()}",
                input_={"fired_at": at.astimezone(ZoneInfo(schedule.timezone)).isoformat()},
                trigger_id=trigger.id,
                priority=Priority.BULK if made_up_for else Priority.SCHEDULED,
            )
            if await records.runs.add(run):
                runs.append(run)
        return runs


def _schedule(trigger: TriggerRecord) -> Schedule | None:
    try:
        return Schedule.model_validate(trigger.config)
    except ValidationError:
        _log.exception("The schedule of %s cannot be read; it does not fire any more.", trigger.id)
        return None
