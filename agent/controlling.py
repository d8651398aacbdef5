"""Does to saved workflows and to runs what people ask: pause, resume, delete, run now, cancel, retry, show."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from pydantic import JsonValue
from rapidfuzz import fuzz, process, utils

from agent import checking
from agent.command import AnswerCheck, ControlRun, ControlWorkflow, Replay
from agent.replaying import replay, retry
from agent.reply import Choice
from agent.running import start_run
from agent.scene import Scene
from catalog.schedule import Schedule
from store.record import (
    Run,
    RunState,
    Shows,
    TriggerKind,
    TriggerRecord,
    WorkflowRecord,
    WorkflowState,
)

_NAME_SCORE = 66
_NAME_LEAD = 8
_SHOWN = 5
_VERB_ACTIONS = {"pause": "pause", "resume": "resume", "delete": "delete", "run": "run-now", "show": "show-workflow"}


async def control_workflow(scene: Scene, command: ControlWorkflow) -> None:
    """Carry out one verb on one saved workflow."""
    workflow = await _workflow_meant(scene, command)
    if workflow is None:
        return
    if not scene.may_decide(workflow.person_id):
        scene.error("workflow.not_yours")
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
    run = await _run_meant(scene, command.run_id, command.verb)
    if run is None:
        return
    if not scene.may_decide(run.person_id):
        scene.error("run.not_yours")
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
    run = await _run_meant(scene, command.run_id, "replay")
    if run is None:
        return
    if not scene.may_decide(run.person_id):
        scene.error("run.not_yours")
        return
    await replay(scene, command, run)


async def _workflow_meant(scene: Scene, command: ControlWorkflow) -> WorkflowRecord | None:
    if command.workflow_id is not None:
        found = await scene.records.workflows.get(command.workflow_id)
        if found is None or found.state is WorkflowState.DRAFT:
            scene.error("workflow.unknown")
            return None
        return found
    mine = await scene.records.workflows.of_person(scene.person.id)
    if not mine:
        scene.say("workflow.none")
        return None
    meant = _named(mine, command.name) if command.name else _spoken_of(scene, mine)
    if len(meant) == 1:
        return meant[0]
    verb = _VERB_ACTIONS[command.verb]
    choices = [Choice(action=f"{verb}:{one.id}", label=one.name) for one in (meant or mine)[:_SHOWN]]
    scene.offer("workflow.which" if meant else "workflow.no_such_name", choices, name=command.name or "")
    return None


def _named(workflows: list[WorkflowRecord], name: str) -> list[WorkflowRecord]:
    """Those that the name may mean: one when it is clear, none when it is like no other."""
    names = [one.name for one in workflows]
    wanted = name.strip().casefold()
    exact = [one for one in workflows if one.name.casefold() == wanted]
    if exact:
        return exact[:1]
    scored = process.extract(
        name,
        names,
        scorer=fuzz.token_set_ratio,
        processor=_comparable,
        score_cutoff=_NAME_SCORE,
        limit=_SHOWN,
    )
    if not scored:
        return []
    best = scored[0][1]
    return [workflows[index] for _, score, index in scored if best - score < _NAME_LEAD]


def _comparable(name: str) -> str:
    return utils.default_process(name.casefold().replace("e-mail", "email"))


def _spoken_of(scene: Scene, workflows: list[WorkflowRecord]) -> list[WorkflowRecord]:
    last = [one for one in workflows if one.id == scene.state.last_workflow_id]
    return last or workflows


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


async def _run_meant(scene: Scene, run_id: str | None, verb: str) -> Run | None:
    if run_id is not None:
        run = await scene.records.runs.get(run_id)
        if run is None:
            scene.error("run.unknown")
        return run
    for run in await scene.records.runs.of_person(scene.person.id):
        if _fits(run, verb):
            return run
    scene.say(f"run.none_to_{verb}")
    return None


def _fits(run: Run, verb: str) -> bool:
    match verb:
        case "cancel":
            return not run.state.is_final
        case "retry":
            return run.state is RunState.FAILED and not run.is_rehearsal
        case "replay":
            return run.state.is_final and not run.is_rehearsal
        case _:
            return True


async def _cancel(scene: Scene, run: Run) -> None:
    if not await scene.records.runs.request_cancel(run.id, at=scene.now):
        scene.say("run.over")
        return
    await scene.audit("cancel", run.id)
    scene.wake(run)
    scene.say("run.cancelling")
