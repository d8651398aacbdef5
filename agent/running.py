"""Adds runs to the records and tells waiting ones what they wait for. Executes nothing: a worker does."""

from __future__ import annotations

from agent.scene import Scene
from core.errors import StaleError
from core.ids import new_id
from store.record import JsonObject, Priority, Run, RunState, Shows, Signal, WorkflowRecord


async def start_run(
    scene: Scene,
    workflow: WorkflowRecord,
    *,
    version: int,
    digest: str,
    is_rehearsal: bool = False,
    given: JsonObject | None = None,
    replay_of: str | None = None,
    fire_key: str | None = None,
    trigger_id: str | None = None,
) -> Run:
    """Queue a run that this person wants, or a trigger, show its card and wake a worker after the commit. Raises StaleError when its fire key is taken."""
    run = Run(
        id=new_id("run"),
        workflow_id=workflow.id,
        version=version,
        digest=digest,
        person_id=workflow.person_id,
        conversation_id=scene.conversation.id,
        state=RunState.QUEUED,
        created_at=scene.now,
        due_at=scene.now,
        is_rehearsal=is_rehearsal,
        priority=Priority.INTERACTIVE,
        input=given or {},
        started_by=scene.person.id if trigger_id is None else None,
        replay_of=replay_of,
        fire_key=fire_key,
        trigger_id=trigger_id,
    )
    if not await scene.records.runs.add(run):
        raise StaleError
    scene.show(Shows.RUN, run.id)
    scene.wake(run)
    if not is_rehearsal:
        scene.state.last_run_id = run.id
    return run


async def tell_run(scene: Scene, run: Run, *, step_id: str, name: str, payload: JsonObject) -> bool:
    """Give a waiting run a signal; false when it waits no more."""
    signal = Signal(
        id=new_id("sig"),
        run_id=run.id,
        step_id=step_id,
        name=name,
        payload=payload,
        person_id=scene.person.id,
        at=scene.now,
    )
    if not await scene.records.runs.signal(signal):
        return False
    scene.wake(run)
    return True
