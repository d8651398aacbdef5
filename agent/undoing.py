"""Takes back the last change that was made in a conversation, or says plainly that it cannot be taken back."""

from __future__ import annotations

from typing import assert_never

from agent.editing import task_from
from agent.gallery import read_run
from agent.happened import happened_words, what_happened
from agent.scene import Scene
from agent.state import Deed, Task
from agent.switching import switch_off, switch_on
from catalog.proposal import ProposalContent
from store.record import Shows, WorkflowRecord, WorkflowState


async def undo(scene: Scene) -> Task | None:
    """What is open comes first: an answer that was given, or a change of the card. Returns the task to ask about again."""
    task = scene.state.task
    if task is not None:
        return await _undo_in_task(scene, task)
    if not scene.state.deeds:
        scene.say("undo.nothing")
        return None
    deed = scene.state.deeds[-1]
    workflow = await scene.records.workflows.get(deed.workflow_id)
    if workflow is None or not scene.may_decide(workflow.person_id):
        scene.say("workflow.unknown" if workflow is None else "workflow.not_yours")
        return None
    if await _take_back(scene, deed, workflow):
        scene.state.deeds = scene.state.deeds[:-1]
    return None


async def _undo_in_task(scene: Scene, task: Task) -> Task | None:
    if not task.has_card:
        return _forget_answer(scene, task)
    before = await scene.records.workflows.version(task.workflow_id or "", task.version - 1)
    if before is None:
        scene.say("undo.card")
        return None
    old = task_from(scene, ProposalContent.model_validate(before.content), {})
    task.values, task.schedule, task.trigger, task.needs_time = old.values, old.schedule, old.trigger, False
    return task


def _forget_answer(scene: Scene, task: Task) -> Task | None:
    """The answer given last is asked for again; without one the wish itself is dropped."""
    answered = [name for name, held in task.values.items() if held.source == "answer"]
    if not answered:
        scene.state.remove(task)
        scene.say("undo.dropped")
        return None
    del task.values[answered[-1]]
    task.asked = None
    return task


async def _take_back(scene: Scene, deed: Deed, workflow: WorkflowRecord) -> bool:
    """Make one change unmade; false when it cannot be, or not any more."""
    match deed.verb:
        case "pause" | "resume" | "delete":
            return await _restore_state(scene, deed, workflow)
        case "rename":
            await scene.records.workflows.rename(workflow.id, deed.before, at=scene.now)
            await scene.audit("undo", workflow.id, what=deed.verb)
            scene.workflow_changed(workflow)
            scene.say("undo.rename", name=deed.before)
            scene.show(Shows.WORKFLOW, workflow.id)
            return True
        case "begin":
            return await _undo_begin(scene, deed, workflow)
        case "run":
            return await _cannot_unrun(scene, deed)
        case _:
            assert_never(deed.verb)


async def _restore_state(scene: Scene, deed: Deed, workflow: WorkflowRecord) -> bool:
    """The state it had; a change by somebody else meanwhile stays."""
    after = {"pause": WorkflowState.PAUSED, "resume": WorkflowState.ACTIVE, "delete": WorkflowState.DELETED}[deed.verb]
    if workflow.state is not after:
        scene.say("undo.changed_since", name=workflow.name)
        return True
    await _put_back(scene, workflow, deed.before or WorkflowState.ACTIVE)
    scene.say(f"undo.{deed.verb}", name=workflow.name)
    scene.show(Shows.WORKFLOW, workflow.id)
    return True


async def _put_back(scene: Scene, workflow: WorkflowRecord, state: str) -> None:
    if state == WorkflowState.ACTIVE:
        await switch_on(scene, workflow, "undo")
    else:
        await switch_off(scene, workflow, WorkflowState(state), "undo")


async def _undo_begin(scene: Scene, deed: Deed, workflow: WorkflowRecord) -> bool:
    """What was switched on is switched off, and what it replaced is as it was. A run that has begun stays what it is."""
    replaced = await scene.records.workflows.get(deed.replaced) if deed.replaced else None
    if deed.run_id is not None and replaced is None:
        return await _cannot_unrun(scene, deed)
    await switch_off(scene, workflow, WorkflowState.DELETED, "undo")
    if replaced is not None:
        await _put_back(scene, replaced, deed.before)
        scene.state.last_workflow_id = replaced.id
        scene.say("undo.replace", name=replaced.name)
        scene.show(Shows.WORKFLOW, replaced.id)
    else:
        scene.say("undo.begin", name=workflow.name)
    return True


async def _cannot_unrun(scene: Scene, deed: Deed) -> bool:
    """Say what is done for good, and offer to stop what still goes on."""
    records = await read_run(scene.records, deed.run_id) if deed.run_id else None
    if records is None:
        scene.say("undo.nothing")
        return True
    done = what_happened(scene.viewer, records)
    if done:
        scene.say("undo.cannot", name=records.name, list=happened_words(scene.viewer, done))
    elif records.run.state.is_final:
        scene.say("undo.nothing_happened", name=records.name)
    if not records.run.state.is_final:
        stop = [scene.choice(f"cancel-run:{records.run.id}", "button.cancel_run")]
        scene.offer("undo.still_going", stop, name=records.name)
    return False
