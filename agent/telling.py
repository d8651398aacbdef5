"""Answers questions from the records: help, abilities, lists, status, why something failed. Changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from agent.command import Topic
from agent.connecting import tell_connections
from agent.explaining import explain_failure
from agent.moment import show_moment
from agent.reply import Choice, ListItem, ListPart
from agent.scene import Scene
from catalog.schedule import Schedule
from catalog.workflow import Template
from store.record import Run, RunState, Shows, TriggerRecord, WorkflowRecord, WorkflowState

_LISTED = 20
_GOING = 3
_ABILITIES = 8
_SUGGESTIONS = 4
_PATIENCE = 2


async def tell(scene: Scene, topic: Topic) -> None:
    """Answer about one topic."""
    match topic:
        case Topic.HELP | Topic.GREETING | Topic.WHAT_NOW | Topic.THANKS:
            await _orient(scene, topic)
        case Topic.ABILITIES:
            _abilities(scene)
        case Topic.WORKFLOWS:
            await _workflows(scene)
        case Topic.RUNS:
            await _runs(scene)
        case Topic.STATUS:
            await _status(scene)
        case Topic.CONNECTIONS:
            await tell_connections(scene)
        case Topic.EXPLAIN_FAILURE:
            await explain_failure(scene)
        case _:
            assert_never(topic)


def tell_lost(scene: Scene) -> None:
    """Nothing was understood: say so plainly, and what would be."""
    scene.state.misses += 1
    key = "lost.again" if scene.state.misses > _PATIENCE else "lost.none"
    scene.offer(key, _suggestions(scene))


def tell_cannot(scene: Scene, reason: str) -> None:
    """Nothing is done, and why."""
    task = scene.state.task
    if reason == "small_talk":
        scene.say("lost.small_talk")
    elif reason == "unsafe":
        scene.error("lost.unsafe")
    else:
        tell_lost(scene)
    if task is not None and task.has_card:
        scene.say("card.still_waits")


async def _orient(scene: Scene, topic: Topic) -> None:
    task = scene.state.task
    if topic is Topic.THANKS:
        scene.say("tell.thanks")
    elif topic is Topic.WHAT_NOW and task is not None:
        _what_now(scene, has_card=task.has_card)
    else:
        key = {Topic.HELP: "tell.help", Topic.GREETING: "tell.greeting", Topic.WHAT_NOW: "tell.what_now"}[topic]
        scene.offer(key, _suggestions(scene), name=scene.person.name)


def _what_now(scene: Scene, *, has_card: bool) -> None:
    task = scene.state.task
    if has_card and task is not None and task.proposal_id:
        scene.say("card.still_waits")
        scene.show(Shows.PROPOSAL, task.proposal_id)
    else:
        scene.say("tell.question_open")


def _suggestions(scene: Scene) -> list[Choice]:
    """A few sentences to try, each a button that is taken as if typed: the favourites, then one of each category."""
    templates = scene.knowledge.templates
    chosen = {name: templates[name] for name in scene.knowledge.favourites if name in templates}
    by_category: dict[str, Template] = {}
    for template in templates.values():
        by_category.setdefault(template.category, template)
    chosen |= {template.id: template for template in by_category.values()}
    asks = [template.asks[0] for template in chosen.values()][:_SUGGESTIONS]
    return [Choice(action=f"ask:{ask}", label=ask) for ask in asks]


def _abilities(scene: Scene) -> None:
    phrases = scene.phrases
    counted: dict[str, list[Template]] = {}
    for template in scene.knowledge.templates.values():
        counted.setdefault(template.category, []).append(template)
    scene.say("tell.abilities", number=len(scene.knowledge.templates))
    for category, templates in sorted(counted.items()):
        items = [
            ListItem(
                title=template.title,
                detail=template.summary,
                actions=[scene.action(f"ask:{template.asks[0]}", "button.try")],
            )
            for template in sorted(templates, key=lambda one: one.title)[:_ABILITIES]
        ]
        title = phrases.plain(f"category.{category}")
        more = len(templates) - len(items)
        title = phrases.plain("tell.more", title=title, number=more) if more else title
        scene.add(ListPart(title=title, items=items))


async def _workflows(scene: Scene) -> None:
    mine = await scene.records.workflows.of_person(scene.person.id)
    items = [await _workflow_item(scene, one) for one in mine[:_LISTED]]
    phrases = scene.phrases
    scene.add(ListPart(title=phrases.plain("tell.workflows"), items=items, empty=phrases.plain("workflow.none")))


async def _workflow_item(scene: Scene, workflow: WorkflowRecord) -> ListItem:
    """Its state and when it runs; what has no trigger runs by hand only and cannot be paused."""
    triggers = await scene.records.triggers.of_workflow(workflow.id)
    detail = scene.phrases.plain(f"workflow.state_{workflow.state.value}")
    actions = [scene.action(f"show-workflow:{workflow.id}", "button.show")]
    if workflow.state is WorkflowState.PAUSED:
        actions.append(scene.action(f"resume:{workflow.id}", "button.resume"))
    elif workflow.state is WorkflowState.ACTIVE and triggers:
        actions.append(scene.action(f"pause:{workflow.id}", "button.pause"))
        detail = " · ".join([detail, *_times(scene, triggers)])
    elif workflow.state is WorkflowState.ACTIVE:
        actions.append(scene.action(f"run-now:{workflow.id}", "button.run_now"))
        detail = scene.phrases.plain("workflow.by_hand")
    return ListItem(title=workflow.name, detail=detail, actions=actions)


def _times(scene: Scene, triggers: Sequence[TriggerRecord]) -> list[str]:
    schedules = [Schedule.read(one.config) for one in triggers if one.next_at is not None and one.is_active]
    return [scene.knowledge.describe_schedule(one, scene.now, scene.zone, scene.phrases.language) for one in schedules]


async def _runs(scene: Scene) -> None:
    runs = await scene.records.runs.of_person(scene.person.id, limit=_LISTED)
    names = {one.id: one.name for one in await scene.records.workflows.of_person(scene.person.id)}
    items = [_run_item(scene, run, names) for run in runs]
    phrases = scene.phrases
    scene.add(ListPart(title=phrases.plain("tell.runs"), items=items, empty=phrases.plain("run.none")))


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


async def _status(scene: Scene) -> None:
    """What runs now, what is coming, and what failed last."""
    going = await scene.records.runs.of_person(
        scene.person.id, states=[RunState.QUEUED, RunState.RUNNING, RunState.WAITING], limit=_GOING + 1
    )
    if going:
        scene.say("tell.going" if len(going) <= _GOING else "tell.going_more", number=_GOING)
        for run in going[:_GOING]:
            scene.show(Shows.RUN, run.id)
        return
    mine = await scene.records.workflows.of_person(scene.person.id)
    active = [one for one in mine if one.state is WorkflowState.ACTIVE]
    last = await scene.records.runs.of_person(scene.person.id, limit=1)
    scene.say("tell.nothing_going", number=len(active))
    if last:
        scene.show(Shows.RUN, last[0].id)
