"""Does to saved workflows and to runs what people ask: pause, resume, delete, run now, cancel, retry, show.

Which of them is meant is found in `agent.meant`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from pydantic import JsonValue

from agent import checking
from agent.command import AnswerCheck, ControlRun, ControlWorkflow, Replay
from agent.meant import run_meant, workflow_meant
from agent.replaying import replay, retry
from agent.running import start_run
from agent.scene import Scene
from catalog.schedule import Schedule
from store.record import (
    Run,
    Shows,
    TriggerKind,
    TriggerRecord,
    WorkflowRecord,
    WorkflowState,
)


async def control_workflow(scene: Scene, command: ControlWorkflow) -> None:
    """Carry out one verb on one saved workflow."""
    workflow = await workflow_meant(scene, command)
    if workflow is None:
        return
    scene.state.last_workflow_id = workflow.id
    match command.verb:
        case "pause":
            await _pause(scene, workflow)
        case "resume":
            await _resume(scene, workflow)
        case "delete":
            await _delete(scene, workflow, is_sure=command.workflow_id is not None)
        case "run":
            await _run_now(scene, workflow)
        case "show":
            scene.show(Shows.WORKFLOW, workflow.id)
        case _:
            assert_never(command.verb)


async def delete_confirmed(scene: Scene, workflow_id: str) -> None:
    """A typed yes to “Delete it?”."""
    scene.state.deleting = None
    workflow = await scene.records.workflows.get(workflow_id)
    if workflow is not None and scene.may_decide(workflow.person_id):
        await _delete(scene, workflow, is_sure=True)


async def control_run(scene: Scene, command: ControlRun) -> None:
    """Carry out one verb on one run; without an id on the newest that it fits.

    “Stop” and “do it again”, typed while something may have happened, are answers to that question.
    """
    if command.run_id is None and command.verb in ("cancel", "retry") and await checking.waiting_runs(scene):
        await checking.answer(scene, AnswerCheck(answer="stop" if command.verb == "cancel" else "retry"))
        return
    run = await run_meant(scene, command.run_id, command.verb)
    if run is None:
        return
    match command.verb:
        case "cancel":
            await _cancel(scene, run)
        case "retry":
            await retry(scene, run)
        case "show":
            scene.show(Shows.RUN, run.id)
        case "trace":
            scene.show(Shows.TRACE, run.id)
            scene.attach(Shows.RUN, run.id)
        case _:
            assert_never(command.verb)


async def replay_run(scene: Scene, command: Replay) -> None:
    """Run a run again as a whole; without an id the newest that is over."""
    run = await run_meant(scene, command.run_id, "replay")
    if run is not None:
        await replay(scene, command, run)


async def _pause(scene: Scene, workflow: WorkflowRecord) -> None:
    if workflow.state is not WorkflowState.ACTIVE:
        scene.say("workflow.not_active", name=workflow.name)
        return
    await _stop_triggers(scene, workflow)
    await _set_state(scene, workflow, WorkflowState.PAUSED, "pause")
    scene.say("workflow.paused", name=workflow.name)
    scene.show(Shows.WORKFLOW, workflow.id)


async def _resume(scene: Scene, workflow: WorkflowRecord) -> None:
    """Start its triggers again. A deleted one comes back: that is what Undo is."""
    if workflow.state not in (WorkflowState.PAUSED, WorkflowState.DELETED):
        scene.say("workflow.not_paused", name=workflow.name)
        return
    for trigger in await scene.records.triggers.of_workflow(workflow.id):
        resumed = replace(trigger, is_active=True, next_at=_next_at(scene, trigger), failures=0, problem=None)
        await scene.records.triggers.save(replace(resumed, cursor=_cursor(trigger)))
    await _set_state(scene, workflow, WorkflowState.ACTIVE, "resume")
    scene.say("workflow.resumed", name=workflow.name)
    scene.show(Shows.WORKFLOW, workflow.id)


def _cursor(trigger: TriggerRecord) -> JsonValue:
    """Where its looks go on after a pause. What came during a pause that a person wanted is not new; what came while it
    failed is, and so it is where all is caught up with.
    """
    is_kept = trigger.failures > 0 or trigger.config.get("catch_up") == "all"
    return trigger.cursor if is_kept else None


def _next_at(scene: Scene, trigger: TriggerRecord) -> datetime | None:
    """When it is due after a pause. What would have run meanwhile is missed only by a schedule that makes up for all."""
    if trigger.kind is TriggerKind.POLL:
        return scene.now
    if trigger.kind is not TriggerKind.SCHEDULE:
        return None
    schedule = Schedule.model_validate(trigger.config)
    since = (trigger.last_at or trigger.created_at) if schedule.catch_up == "all" else scene.now
    times = schedule.next_times(since, 1)
    return times[0] if times else None


async def _delete(scene: Scene, workflow: WorkflowRecord, *, is_sure: bool) -> None:
    if workflow.state is WorkflowState.DELETED:
        scene.say("workflow.deleted_before", name=workflow.name)
        return
    if not is_sure:
        scene.state.deleting = workflow.id
        keep = scene.choice("none-of-these", "button.keep")
        choices = [scene.choice(f"delete:{workflow.id}", "button.delete"), keep]
        scene.offer("workflow.delete_sure", choices, name=workflow.name)
        return
    scene.state.deleting = None
    await _stop_triggers(scene, workflow)
    for run in await scene.records.runs.of_workflow(workflow.id):
        if not run.state.is_final and await scene.records.runs.request_cancel(run.id, at=scene.now):
            scene.wake(run)
    await _set_state(scene, workflow, WorkflowState.DELETED, "delete")
    scene.offer("workflow.deleted", [scene.choice(f"resume:{workflow.id}", "button.undo")], name=workflow.name)


async def _run_now(scene: Scene, workflow: WorkflowRecord) -> None:
    version = await scene.records.workflows.version(workflow.id, workflow.version)
    if workflow.state is WorkflowState.DELETED or version is None:
        scene.say("workflow.deleted_before", name=workflow.name)
        return
    if not await scene.records.proposals.has_yes(version.digest):
        scene.error("workflow.not_approved", name=workflow.name)
        return
    if version.content.get("trigger") == "event":
        scene.say("workflow.by_itself", name=workflow.name)
        return
    await scene.audit("run", workflow.id)
    scene.say("card.running")
    await start_run(scene, workflow, version=version.version, digest=version.digest)


async def _stop_triggers(scene: Scene, workflow: WorkflowRecord) -> None:
    for trigger in await scene.records.triggers.of_workflow(workflow.id):
        await scene.records.triggers.save(replace(trigger, is_active=False, next_at=None))


async def _set_state(scene: Scene, workflow: WorkflowRecord, state: WorkflowState, verb: str) -> None:
    await scene.records.workflows.set_state(workflow.id, state, at=scene.now)
    await scene.audit(verb, workflow.id)
    scene.workflow_changed(workflow)


async def _cancel(scene: Scene, run: Run) -> None:
    if not await scene.records.runs.request_cancel(run.id, at=scene.now):
        scene.say("run.over")
        return
    await scene.audit("cancel", run.id)
    scene.wake(run)
    scene.say("run.cancelling")
