"""Finds the saved workflow or the run that somebody means: by its id, its name, or what was spoken of last. Changes nothing."""

from __future__ import annotations

from rapidfuzz import fuzz, process, utils

from agent.command import ControlRun, ControlWorkflow, EditWorkflow, Replay
from agent.reply import Choice
from agent.scene import Scene
from store.record import Run, RunState, Shows, WorkflowRecord, WorkflowState

_NAME_SCORE = 66
_NAME_LEAD = 8
_SHOWN = 5
_VERB_ACTIONS = {
    "pause": "pause", "resume": "resume", "delete": "delete", "run": "run-now", "show": "show-workflow",
    "steps": "show-steps", "history": "show-history",
}  # fmt: skip
_SHORTEST_ID = 4
"""So many characters of a run's id are enough to name it."""


async def workflow_meant(scene: Scene, command: ControlWorkflow | EditWorkflow) -> WorkflowRecord | None:
    """The one that is meant and that this person may change; otherwise says why not, or asks which."""
    workflow = await _workflow_meant(scene, command)
    if workflow is not None and not scene.may_decide(workflow.person_id):
        scene.error("workflow.not_yours")
        return None
    return workflow


async def run_meant(scene: Scene, command: ControlRun | Replay) -> Run | None:
    """The one that is meant and that this person may change, without an id the newest that the verb fits; otherwise says
    why not.
    """
    verb = command.verb if isinstance(command, ControlRun) else "replay"
    if isinstance(command, ControlRun) and command.name is not None:
        run = await _run_of(scene, command.name, verb)
    else:
        run = await _run_meant(scene, command.run_id, verb)
    if run is not None and not scene.may_decide(run.person_id):
        scene.error("run.not_yours")
        return None
    return run


async def _workflow_meant(scene: Scene, command: ControlWorkflow | EditWorkflow) -> WorkflowRecord | None:
    if isinstance(command, ControlWorkflow) and command.workflow_id is not None:
        found = await scene.records.workflows.get(command.workflow_id)
        if found is None or found.state is WorkflowState.DRAFT:
            scene.error("workflow.unknown")
            return None
        return found
    mine = await scene.records.workflows.of_person(scene.person.id)
    if not mine:
        scene.say("workflow.none")
        return None
    meant = named(mine, command.name) if command.name else _spoken_of(scene, mine)
    if len(meant) == 1:
        return meant[0]
    choices = [_choice(command, one) for one in (meant or mine)[:_SHOWN]]
    scene.offer("workflow.which" if meant else "workflow.no_such_name", choices, name=command.name or "")
    return None


def _choice(command: ControlWorkflow | EditWorkflow, workflow: WorkflowRecord) -> Choice:
    """A button that says the same of one workflow; what carries words with it is said again in full."""
    if isinstance(command, EditWorkflow):
        again = f"change “{workflow.name}” to {command.change}" if command.change else f"edit “{workflow.name}”"
        return Choice(action=f"ask:{again}", label=workflow.name)
    if command.verb == "rename":
        return Choice(action=f"ask:rename “{workflow.name}” to “{command.to or ''}”", label=workflow.name)
    return Choice(action=f"{_VERB_ACTIONS[command.verb]}:{workflow.id}", label=workflow.name)


def named(workflows: list[WorkflowRecord], name: str) -> list[WorkflowRecord]:
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


async def _run_meant(scene: Scene, run_id: str | None, verb: str) -> Run | None:
    if run_id is not None:
        run = await scene.records.runs.get(run_id) or await _by_part(scene, run_id)
        if run is None:
            scene.error("run.unknown")
        return run
    for run in await scene.records.runs.of_person(scene.person.id):
        if _fits(run, verb):
            return run
    scene.say(f"run.none_to_{verb}")
    return None


async def _by_part(scene: Scene, part: str) -> Run | None:
    """The only one of this person's newest runs whose id ends or begins so."""
    if len(part) < _SHORTEST_ID:
        return None
    mine = await scene.records.runs.of_person(scene.person.id, limit=100)
    alike = [one for one in mine if one.id.endswith(part) or one.id.removeprefix("run_").startswith(part)]
    return alike[0] if len(alike) == 1 else None


async def _run_of(scene: Scene, name: str, verb: str) -> Run | None:
    """The newest run that the verb fits of the workflow that is called so; otherwise says what there is."""
    workflow = await workflow_meant(scene, ControlWorkflow(verb="show", name=name))
    if workflow is None:
        return None
    for run in await scene.records.runs.of_workflow(workflow.id):
        if _fits(run, verb):
            return run
    scene.say(f"run.none_of_to_{verb}", name=workflow.name)
    scene.show(Shows.WORKFLOW, workflow.id)
    return None


def _fits(run: Run, verb: str) -> bool:
    match verb:
        case "cancel":
            return not run.state.is_final
        case "retry" | "explain":
            return run.state is RunState.FAILED and not run.is_rehearsal
        case "replay":
            return run.state.is_final and not run.is_rehearsal
        case _:
            return True
