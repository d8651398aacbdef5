"""Tells of one saved automation or one run from its records: its steps, what it did lately, how it stands. Changes nothing."""

from __future__ import annotations

from typing import Literal

from agent.gallery import read_run
from agent.moment import show_moment
from agent.private import as_seen
from agent.reply import ListItem, ListPart
from agent.run_card import state_text
from agent.scene import Scene
from agent.shown_step import foresee
from catalog.proposal import ProposalContent
from catalog.workflow import Step
from store.record import Run, RunState, Shows, WorkflowRecord

GOING = (RunState.QUEUED, RunState.RUNNING, RunState.WAITING)
"""States of a run that is not over."""

_LISTED = 20


async def tell_of_run(scene: Scene, run: Run) -> None:
    """How it stands, in a sentence, and its card."""
    records = await read_run(scene.records, run.id)
    if records is None:
        scene.error("run.unknown")
        return
    at = show_moment(run.ended_at or run.started_at or run.created_at, scene.zone, scene.now, scene.phrases)
    key = "run.stands_over" if run.state.is_final else "run.stands_going"
    scene.say(key, name=records.name, state=state_text(scene.viewer, records), at=at)
    scene.show(Shows.RUN, run.id)


async def tell_of_workflow(scene: Scene, workflow: WorkflowRecord, what: Literal["steps", "history"]) -> None:
    """Its steps as its card would show them, or its newest runs."""
    if what == "history":
        scene.add(run_list(scene, await _runs_of(scene, workflow), {workflow.id: workflow.name}, workflow.name))
        return
    version = await scene.records.workflows.version(workflow.id, workflow.version)
    if version is None:
        scene.error("workflow.unknown")
        return
    content = ProposalContent.model_validate(version.content)
    items = [_step_item(scene, content, number, step) for number, step in enumerate(content.workflow.steps, 1)]
    scene.add(ListPart(title=scene.phrases.plain("tell.steps", name=workflow.name), items=items))


async def _runs_of(scene: Scene, workflow: WorkflowRecord) -> list[Run]:
    return await scene.records.runs.of_workflow(workflow.id, limit=_LISTED)


def _step_item(scene: Scene, content: ProposalContent, number: int, step: Step) -> ListItem:
    scope = {
        "params": as_seen(scene.viewer, content),
        "now": scene.viewer.local_now,
        "run": {"title": content.workflow.title},
    }
    shown = foresee(scene.viewer, step, scope).shown
    title = scene.phrases.plain("tell.step", number=number, title=shown.title)
    return ListItem(title=title, detail="" if shown.summary == shown.title else shown.summary)


def run_list(scene: Scene, runs: list[Run], names: dict[str, str], name: str = "") -> ListPart:
    """Runs with their states, newest first; those of one automation under its name."""
    phrases = scene.phrases
    title = phrases.plain("tell.runs_of", name=name) if name else phrases.plain("tell.runs")
    items = [_run_item(scene, run, names) for run in runs]
    return ListPart(title=title, items=items, empty=phrases.plain("run.none"))


def _run_item(scene: Scene, run: Run, names: dict[str, str]) -> ListItem:
    phrases = scene.phrases
    state = phrases.plain(f"run.state_{run.state.value}")
    at = show_moment(run.started_at or run.created_at, scene.zone, scene.now, phrases)
    actions = [scene.action(f"show-run:{run.id}", "button.show")]
    if run.state is RunState.FAILED and not run.is_rehearsal:
        actions.append(scene.action(f"retry-run:{run.id}", "button.retry"))
    name = names.get(run.workflow_id) or phrases.plain("run.unnamed")
    title = phrases.plain("run.rehearsal_title", title=name) if run.is_rehearsal else name
    return ListItem(title=title, detail=f"{state} · {at}", actions=actions)
