"""What people and other runs are told when a run ends. Executes nothing, and says nothing that no record shows.

Messages are added just before the end is recorded, under ids made of the run's: should the worker die in between, whoever
ends the run adds them again without a double.
"""

from __future__ import annotations

import hashlib
import logging

from core.clock import Clock
from core.errors import StoreError
from store.port import Event, EventBus, Records, RunQueue, Store
from store.record import JsonObject, Run, RunState, Shows, TriggerKind, WorkflowState
from store.record.note import PARENT
from worker.asking import close_requests
from worker.children import tell_parent
from worker.pausing import pause_workflow, show

_log = logging.getLogger(__name__)

PAUSE_AFTER = 5
"""So many failures in a row pause what starts by itself."""
_LOOKED_BACK = 20
_PAUSED = (TriggerKind.SCHEDULE, TriggerKind.POLL)
"""Somebody waits for the answer to the others."""


class Notices:
    """Speaks for runs that nobody watches: those of schedules, webhooks and other runs."""

    def __init__(
        self, *, store: Store, queue: RunQueue, events: EventBus, clock: Clock, pause_after: int = PAUSE_AFTER
    ) -> None:
        self._store = store
        self._queue = queue
        self._events = events
        self._clock = clock
        self.pause_after = pause_after

    async def before_end(self, run: Run) -> None:
        """A failure that is news is shown in the conversation; a workflow whose last time has come has ended."""
        if run.is_rehearsal or run.trigger_id is None:
            return
        try:
            await self._events.publish(*await self._tell(run))
        except StoreError as error:  # the end itself matters more, and is recorded with more patience
            _log.warning("Nobody is told of the end of %s: %s", run.id, error)

    async def after_end(self, run: Run) -> None:
        """Wake the run that waits for this one, let the workflow's card show how it went, pause what keeps failing.

        That counts what is recorded: of runs that end at the same moment the last one sees all.
        """
        if not run.is_rehearsal:
            await self._events.publish(Event(conversation_id=run.conversation_id, workflow_id=run.workflow_id))
        if run.state is not RunState.SUCCEEDED:
            await close_requests(self._store, self._events, run.id, at=self._clock.now())
        if PARENT in run.input:
            async with self._store.begin() as records:
                parent = await tell_parent(records, run, clock=self._clock)
            if parent is not None:
                await self._queue.wake(parent)
        if run.state is RunState.FAILED and run.trigger_id is not None and not run.is_rehearsal:
            async with self._store.begin() as records:
                events = await self._pause(records, run)
            await self._events.publish(*events)

    async def _tell(self, run: Run) -> list[Event]:
        events: list[Event] = []
        async with self._store.begin() as records:
            if run.state is RunState.FAILED and await self._is_news(records, run):
                events += await self._show(records, run)
            if await self._end_workflow(records, run):
                events.append(Event(conversation_id=run.conversation_id, workflow_id=run.workflow_id))
        return events

    async def _is_news(self, records: Records, run: Run) -> bool:
        """Whether the run before this one went well, or there was none."""
        earlier = [
            each
            for each in await records.runs.of_workflow(run.workflow_id, limit=_LOOKED_BACK)
            if each.id != run.id and each.state.is_final and not each.is_rehearsal and each.created_at <= run.created_at
        ]
        return not earlier or earlier[0].state is not RunState.FAILED

    async def _show(self, records: Records, run: Run) -> list[Event]:
        message_id = f"msg_{hashlib.sha256(f'failed:{run.id}:{run.started_at}'.encode()).hexdigest()[:26]}"
        now = self._clock.now()
        return await show(
            records, Shows.RUN, run.id, conversation_id=run.conversation_id, message_id=message_id, now=now
        )

    async def _pause(self, records: Records, run: Run) -> list[Event]:
        """Stop a trigger whose runs keep failing. Runs from before it was last changed or resumed do not count."""
        trigger = await records.triggers.get(run.trigger_id or "")
        workflow = await records.workflows.get(run.workflow_id)
        if (
            trigger is None
            or workflow is None
            or trigger.kind not in _PAUSED
            or workflow.state is not WorkflowState.ACTIVE
        ):
            return []
        newest = await records.runs.of_workflow(run.workflow_id, limit=2 * self.pause_after + _LOOKED_BACK)
        latest = [
            each
            for each in newest
            if each.trigger_id == trigger.id
            and each.state in (RunState.SUCCEEDED, RunState.FAILED)
            and each.created_at > workflow.updated_at
        ][: self.pause_after]
        if len(latest) < self.pause_after or any(each.state is not RunState.FAILED for each in latest):
            return []
        problem = run.failure.message if run.failure else ""
        if not await records.triggers.stop(trigger.id, failures=len(latest), problem=problem):
            return []
        detail: JsonObject = {"failures": len(latest), "problem": problem}
        return await pause_workflow(records, workflow, detail=detail, now=self._clock.now())

    async def _end_workflow(self, records: Records, run: Run) -> bool:
        """End the workflow of a schedule that has no next time, unless somebody gave it another trigger."""
        triggers = await records.triggers.of_workflow(run.workflow_id)
        mine = next((trigger for trigger in triggers if trigger.id == run.trigger_id), None)
        if mine is None or mine.kind is not TriggerKind.SCHEDULE or mine.next_at is not None:
            return False
        workflow = await records.workflows.get(run.workflow_id)
        if workflow is None or workflow.state is not WorkflowState.ACTIVE or any(each.is_active for each in triggers):
            return False
        await records.workflows.set_state(run.workflow_id, WorkflowState.ENDED, at=self._clock.now())
        return True
