"""Does to saved workflows and to runs what people ask: pause, resume, delete, rename, run now, cancel, retry, show.

Which of them is meant is found in `agent.meant`.
"""

from __future__ import annotations

from typing import assert_never

from agent import checking
from agent.actions import NONE_OF_THESE
from agent.command import AnswerCheck, ControlRun, ControlWorkflow, Replay
from agent.explaining import explain_failure
from agent.meant import run_meant, workflow_meant
from agent.phrases import shorten
from agent.proposing import LONGEST_NAME
from agent.replaying import replay, retry
from agent.reporting import GOING, tell_of_run, tell_of_workflow
from agent.running import start_run
from agent.scene import Scene
from agent.state import Deed
from agent.suggesting import suggest
from agent.switching import switch_off, switch_on
from catalog.proposal import ProposalContent
from store.record import Run, Shows, WorkflowRecord, WorkflowState

_MOST_AT_ONCE = 1000


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
        case "steps" | "history":
            await tell_of_workflow(scene, workflow, command.verb)
        case "rename":
            await _rename(scene, workflow, command.to)
        case _:
            assert_never(command.verb)


async def control_run(scene: Scene, command: ControlRun) -> None:
    """Carry out one verb on one run; without an id on the newest that it fits.

    “Stop” and “do it again”, typed while something may have happened, are answers to that question.
    """
    if command.is_all:
        await cancel_everything(scene)
        return
    is_any = command.run_id is None and command.name is None
    if is_any and command.verb in ("cancel", "retry") and await checking.waiting_runs(scene):
        await checking.answer(scene, AnswerCheck(answer="stop" if command.verb == "cancel" else "retry"))
        return
    run = await run_meant(scene, command)
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
        case "status":
            await tell_of_run(scene, run)
        case "explain":
            await explain_failure(scene, run.id)
        case _:
            assert_never(command.verb)


async def replay_run(scene: Scene, command: Replay) -> None:
    """Run a run again as a whole; without an id the newest that is over."""
    run = await run_meant(scene, command)
    if run is not None:
        await replay(scene, command, run)


async def _pause(scene: Scene, workflow: WorkflowRecord) -> None:
    if workflow.state is not WorkflowState.ACTIVE:
        scene.say("workflow.not_active", name=workflow.name)
        return
    await switch_off(scene, workflow, WorkflowState.PAUSED, "pause")
    scene.state.note(Deed(verb="pause", workflow_id=workflow.id))
    scene.say("workflow.paused", name=workflow.name)
    scene.show(Shows.WORKFLOW, workflow.id)


async def _resume(scene: Scene, workflow: WorkflowRecord) -> None:
    """Start its triggers again. A deleted one comes back: that is what the button Undo is."""
    if workflow.state not in (WorkflowState.PAUSED, WorkflowState.DELETED):
        scene.say("workflow.not_paused", name=workflow.name)
        return
    await switch_on(scene, workflow, "resume")
    scene.state.note(Deed(verb="resume", workflow_id=workflow.id, before=workflow.state.value))
    scene.say("workflow.resumed", name=workflow.name)
    scene.show(Shows.WORKFLOW, workflow.id)


async def _delete(scene: Scene, workflow: WorkflowRecord, *, is_sure: bool) -> None:
    if workflow.state is WorkflowState.DELETED:
        scene.say("workflow.deleted_before", name=workflow.name)
        return
    if not is_sure:
        delete = scene.choice(f"delete:{workflow.id}", "button.delete")
        keep = scene.choice(NONE_OF_THESE, "button.keep")
        scene.ask("workflow.delete_sure", delete, keep, name=workflow.name)
        return
    await switch_off(scene, workflow, WorkflowState.DELETED, "delete")
    scene.state.note(Deed(verb="delete", workflow_id=workflow.id, before=workflow.state.value))
    for run in await scene.records.runs.of_workflow(workflow.id):
        if not run.state.is_final and await scene.records.runs.request_cancel(run.id, at=scene.now):
            scene.wake(run)
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
    run = await start_run(scene, workflow, version=version.version, digest=version.digest)
    scene.state.note(Deed(verb="run", workflow_id=workflow.id, run_id=run.id))
    await suggest(scene, workflow, ProposalContent.model_validate(version.content))


async def _rename(scene: Scene, workflow: WorkflowRecord, to: str | None) -> None:
    """Call it otherwise. Its runs and what was approved stay as they are."""
    name = shorten(to or "", LONGEST_NAME)
    if not name:
        scene.say("workflow.rename_to", name=workflow.name)
        return
    if name == workflow.name or any(
        one.name == name for one in await scene.records.workflows.of_person(workflow.person_id)
    ):
        scene.error("workflow.name_taken", name=name)
        return
    await scene.records.workflows.rename(workflow.id, name, at=scene.now)
    await scene.audit("rename", workflow.id, before=workflow.name, name=name)
    scene.workflow_changed(workflow)
    scene.state.note(Deed(verb="rename", workflow_id=workflow.id, before=workflow.name))
    scene.say("workflow.renamed", before=workflow.name, name=name)
    scene.show(Shows.WORKFLOW, workflow.id)


async def cancel_everything(scene: Scene) -> None:
    """Stop all runs of this person that are going on. Saved automations stay switched on, which is said."""
    going = await scene.records.runs.of_person(scene.person.id, states=GOING, limit=_MOST_AT_ONCE)
    stopped = 0
    for run in going:
        if await scene.records.runs.request_cancel(run.id, at=scene.now):
            await scene.audit("cancel", run.id)
            scene.wake(run)
            stopped += 1
    key = "run.none_to_cancel" if not stopped else "run.cancelling_one" if stopped == 1 else "run.cancelling_other"
    scene.say(key, number=stopped)
    active = [
        one for one in await scene.records.workflows.of_person(scene.person.id) if await _starts_itself(scene, one)
    ]
    if active:
        scene.say("run.automations_stay", number=len(active))


async def _starts_itself(scene: Scene, workflow: WorkflowRecord) -> bool:
    triggers = await scene.records.triggers.of_workflow(workflow.id)
    return workflow.state is WorkflowState.ACTIVE and any(one.is_active for one in triggers)


async def _cancel(scene: Scene, run: Run) -> None:
    if not await scene.records.runs.request_cancel(run.id, at=scene.now):
        scene.say("run.over")
        return
    await scene.audit("cancel", run.id)
    scene.wake(run)
    scene.say("run.cancelling")
