"""Fires scheduled triggers: exactly one run for one fire time, whatever number of schedulers there are.

After a downtime the missed times of a schedule give one run, for the latest of them; then it goes on in the future.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from catalog.schedule import Schedule
from core.clock import Clock
from core.errors import StoreError
from store.port import Event, EventBus, Records, RunQueue, Store
from store.record import Run, TriggerKind, TriggerRecord, WorkflowState
from worker.alarm import Alarm
from worker.start import approved_version, new_run

_log = logging.getLogger(__name__)

_LOOKED_BACK = (timedelta(hours=1), timedelta(days=1), timedelta(days=32), timedelta(days=400))
_MOST_IN_A_SPAN = 1500
"""More fire times than a schedule by the minute has in a day."""


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
                    next_at = await records.triggers.next_at()
            except StoreError as error:
                _log.warning("Schedules could not be looked up: %s", error)
            await self._alarm.sleep(next_at, at_most_s=self._sweep_s)

    async def fire_due(self) -> list[Run]:
        """Fire every trigger that is due; returns the runs that this scheduler has added."""
        now = self._clock.now()
        async with self._store.begin() as records:
            due = await records.triggers.due(now)
        added: list[Run] = []
        for trigger in due:
            async with self._store.begin() as records:
                run = await self._fire(records, trigger, now)
            if run is None:
                continue
            added.append(run)
            await self._events.publish(
                Event(conversation_id=run.conversation_id, run_id=run.id, workflow_id=run.workflow_id)
            )
            await self._queue.wake(run)
        return added

    async def _fire(self, records: Records, trigger: TriggerRecord, now: datetime) -> Run | None:
        """Advance the trigger and add its run, in one transaction; none when there is nothing to run."""
        assert trigger.next_at is not None
        schedule = _schedule(trigger)
        following = schedule.next_times(now, 1) if schedule is not None else []
        next_at = following[0] if following else None
        if not await records.triggers.advance(trigger.id, expected=trigger.next_at, next_at=next_at, last_at=now):
            return None
        if next_at is None:
            await records.triggers.save(replace(trigger, is_active=False, next_at=None, last_at=now))
        workflow = await records.workflows.get(trigger.workflow_id)
        if schedule is None or workflow is None or workflow.state is not WorkflowState.ACTIVE:
            return None
        version = await approved_version(records, workflow)
        if version is None:
            _log.warning("The workflow %s is scheduled, but no version of it was approved.", workflow.id)
            return None
        fired_at = latest_missed(schedule, trigger.next_at, now).astimezone(ZoneInfo(schedule.timezone))
        run = new_run(
            workflow,
            version,
            now=now,
            fire_key=f"{trigger.id}:{trigger.next_at.isoformat()}",
            input_={"fired_at": fired_at.isoformat()},
            trigger_id=trigger.id,
        )
        return run if await records.runs.add(run) else None


def latest_missed(schedule: Schedule, due_at: datetime, now: datetime) -> datetime:
    """Return the latest fire time from `due_at` to `now`. Looks back in growing spans: a long downtime costs no more."""
    following = schedule.next_times(due_at, 1)
    if not following or following[0] > now:
        return due_at
    for span in _LOOKED_BACK:
        since = max(due_at, now - span)
        missed = [at for at in schedule.next_times(since, _MOST_IN_A_SPAN) if at <= now]
        if missed:
            return missed[-1]
    return due_at


def _schedule(trigger: TriggerRecord) -> Schedule | None:
    if trigger.kind is not TriggerKind.SCHEDULE:
        return None
    try:
        return Schedule.model_validate(trigger.config)
    except ValidationError:
        _log.exception("The schedule of %s cannot be read; it does not fire any more.", trigger.id)
        return None
