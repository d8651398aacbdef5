"""Runs that are started by a step of another run, and the news of their end. Executes nothing.

A child executes exactly the version that was approved: the values given to it are its trigger's input
(`${{ trigger.<name> }}`), they never replace approved parameters.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from pydantic import JsonValue

from core.clock import Clock
from core.errors import RejectedError
from core.ids import new_id
from store.port import Event, EventBus, Records, RunQueue, Store
from store.record import JsonObject, Run, RunState, Signal, StepAttempt, WorkflowRecord, WorkflowState
from store.record.note import PARENT
from tools.outbound import ChildOutcome
from worker.start import approved_version, new_run, run_id_of

DEEPEST = 5
"""So deep may runs be nested; a workflow that runs itself ends there."""

_STARTABLE = frozenset({WorkflowState.ACTIVE, WorkflowState.PAUSED, WorkflowState.ENDED})


class StoreChildren:
    """Starts workflows of the same person for one step of one run."""

    def __init__(
        self,
        *,
        store: Store,
        queue: RunQueue,
        events: EventBus,
        clock: Clock,
        parent: Run,
        step_id: str,
        since: datetime,
    ) -> None:
        self._store = store
        self._queue = queue
        self._events = events
        self._clock = clock
        self._parent = parent
        self._step_id = step_id
        self._since = since

    async def start(self, workflow: str, values: Mapping[str, JsonValue], *, key: str) -> str:
        link = self._link()
        async with self._store.begin() as records:
            found = await self._find(records, workflow)
            version = await approved_version(records, found)
            if version is None:
                raise RejectedError(f"The workflow “{found.name}” was never approved.")
            input_: JsonObject = {**values, PARENT: link}
            run = new_run(
                found,
                version,
                now=self._clock.now(),
                fire_key=_fire_key(key),
                input_=input_,
                priority=self._parent.priority,
                started_by=self._parent.started_by,
            )
            is_due = await records.runs.add(run) or await self._again(records, run.id)
        if not is_due:
            return run.id
        await self._events.publish(Event(conversation_id=run.conversation_id, run_id=run.id))
        await self._queue.wake(run)
        return run.id

    async def _again(self, records: Records, run_id: str) -> bool:
        """A child that did not succeed in an earlier go of its parent goes on from where it failed, as the parent does."""
        known = await records.runs.get(run_id)
        if known is None or known.ended_at is None or known.ended_at >= self._since:
            return False
        return await records.runs.requeue(run_id, at=self._clock.now(), priority=self._parent.priority)

    async def outcome(self, run_id: str) -> ChildOutcome | None:
        async with self._store.begin() as records:
            run = await records.runs.get(run_id)
        if run is None:
            return ChildOutcome(state=RunState.FAILED.value, text="Its record is gone.")
        if not run.state.is_final:
            return None
        return ChildOutcome(state=run.state.value, text=run.failure.message if run.failure else run.result or "")

    def _link(self) -> JsonObject:
        above = self._parent.input.get(PARENT)
        depth = above.get("depth", 0) if isinstance(above, dict) else 0
        depth = depth + 1 if isinstance(depth, int) else DEEPEST
        if depth > DEEPEST:
            raise RejectedError(
                f"Workflows run each other more than {DEEPEST} levels deep.", advice="Check whether one runs itself."
            )
        return {"run_id": self._parent.id, "step_id": self._step_id, "depth": depth}

    async def _find(self, records: Records, workflow: str) -> WorkflowRecord:
        person_id = self._parent.person_id
        wanted = workflow.strip().casefold()
        found = await records.workflows.get(workflow)
        if found is None or found.person_id != person_id:
            named = (each for each in await records.workflows.of_person(person_id) if each.name.casefold() == wanted)
            found = next(named, None)
        if found is None or found.state not in _STARTABLE:
            raise RejectedError(f"You have no workflow “{workflow}”.", advice="Use the name of a saved workflow.")
        return found


async def cancel_children(store: Store, queue: RunQueue, attempts: Iterable[StepAttempt], *, at: datetime) -> None:
    """Cancel the runs that these attempts of a cancelled run have started and wait for. Doing it twice does no harm."""
    cancelled: list[Run] = []
    async with store.begin() as records:
        for attempt in attempts:
            child = await records.runs.get(run_id_of(_fire_key(attempt.idempotency_key)))
            if child is not None and await records.runs.request_cancel(child.id, at=at):
                cancelled.append(child)
    for child in cancelled:
        await queue.wake(child)


def _fire_key(key: str) -> str:
    return f"child:{key}"


async def tell_parent(records: Records, child: Run, *, clock: Clock) -> Run | None:
    """Signal the run that waits for this child; returns it when it has to be woken."""
    link = child.input.get(PARENT)
    if not isinstance(link, dict) or not child.state.is_final or child.ended_at is None:
        return None
    signal = Signal(
        id=new_id("sig"),
        run_id=str(link.get("run_id")),
        step_id=str(link.get("step_id")),
        name=f"run:{child.id}:{child.ended_at.isoformat()}",  # one that is tried again ends more than once
        payload={"run_id": child.id, "state": child.state.value},
        person_id=child.person_id,
        at=clock.now(),
    )
    return await records.runs.get(signal.run_id) if await records.runs.signal(signal) else None
