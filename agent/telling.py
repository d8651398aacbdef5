"""Answers questions from the records: help, abilities, lists, status, why something failed. Changes nothing."""

from __future__ import annotations

from typing import assert_never

from agent.answering import tell_approvers
from agent.command import Tell, Topic
from agent.connecting import tell_connections
from agent.explaining import explain_failure
from agent.filling import ask_again, explain
from agent.reply import Choice, ListItem, ListPart
from agent.reporting import GOING, run_list
from agent.scene import Scene
from agent.workflow_list import list_workflows
from catalog.workflow import Template
from store.record import Shows, WorkflowState

_LISTED = 20
_GOING = 3
_ABILITIES = 8
_SUGGESTIONS = 4
_EXAMPLES = ("reminder", "check", "mail")
_PATIENCE = 2


async def tell(scene: Scene, command: Tell) -> None:  # noqa: C901, PLR0912  # one answer for each topic
    """Answer about one topic: in a narrator's words first, where there are any, and always with what the records show."""
    topic, prose = command.topic, scene.prose
    if prose:
        scene.prose = ""
        scene.add_text(prose)
    match topic:
        case Topic.HELP | Topic.GREETING | Topic.WHAT_NOW | Topic.THANKS:
            await _orient(scene, topic)
        case Topic.ABILITIES if command.about:
            _able(scene, command, is_said=bool(prose))
        case Topic.ABILITIES:
            _abilities(scene)
        case Topic.WORKFLOWS:
            await list_workflows(scene, command)
        case Topic.APPROVALS:
            await _approvals(scene, command.about or "")
        case Topic.WHO_APPROVES:
            await tell_approvers(scene)
        case Topic.QUESTION:
            _explain_question(scene)
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


def tell_cannot(scene: Scene, reason: str, about: str = "") -> None:
    """Nothing is done, and why."""
    task = scene.state.task
    if reason == "small_talk":
        scene.say("lost.small_talk")
    elif reason in ("unsafe", "address", "placeholder"):
        scene.error(f"lost.{reason}")
    elif reason == "service":
        scene.say("lost.service", names=about)
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
        return
    template = scene.template_of(task) if task is not None else None
    scene.say("tell.question_open")
    if task is not None and template is not None and task.asked is not None:
        ask_again(scene, task, template)


def _suggestions(scene: Scene) -> list[Choice]:
    """A few sentences to try, each a button that is taken as if typed. The catalog's asks are English; other languages have
    examples among their phrases.
    """
    asks = _favourites(scene)
    if scene.phrases.language != "en":
        asks = [scene.phrases.plain(f"panel.example_{name}") for name in _EXAMPLES]
    return [Choice(action=f"ask:{ask}", label=ask) for ask in asks]


def _favourites(scene: Scene) -> list[str]:
    """An ask of each favourite, then of one template of each category."""
    templates = scene.knowledge.templates
    chosen = {name: templates[name] for name in scene.knowledge.favourites if name in templates}
    by_category: dict[str, Template] = {}
    for template in templates.values():
        by_category.setdefault(template.category, template)
    chosen |= {template.id: template for template in by_category.values()}
    return [template.asks[0] for template in chosen.values()][:_SUGGESTIONS]


def _abilities(scene: Scene) -> None:
    phrases = scene.phrases
    counted: dict[str, list[Template]] = {}
    for template in scene.knowledge.templates.values():
        counted.setdefault(template.category, []).append(template)
    scene.say("tell.abilities", number=len(scene.knowledge.templates))
    for category, templates in sorted(counted.items()):
        items = [_template_item(scene, one) for one in sorted(templates, key=lambda one: one.title)[:_ABILITIES]]
        title = phrases.plain(f"category.{category}")
        more = len(templates) - len(items)
        title = phrases.plain("tell.more", title=title, number=more) if more else title
        scene.add(ListPart(title=title, items=items))


def _template_item(scene: Scene, template: Template) -> ListItem:
    tries = [scene.action(f"ask:{template.asks[0]}", "button.try")] if template.asks else []
    return ListItem(title=template.title, detail=template.summary, actions=tries)


def _able(scene: Scene, command: Tell, *, is_said: bool) -> None:
    """Whether something can be done, from the catalog: yes with what does it, or plainly no. Starts nothing. Once it is said
    in other words, the buttons of what does it are enough.
    """
    known = [scene.knowledge.templates[one] for one in command.template_ids if one in scene.knowledge.templates]
    if not known:
        if not is_said:
            scene.say("tell.unable", about=command.about)
        return
    if not is_said:
        scene.say("tell.able", about=command.about)
    scene.add(
        ListPart(title=scene.phrases.plain("tell.able_list"), items=[_template_item(scene, one) for one in known])
    )


def _explain_question(scene: Scene) -> None:
    """What the open question is about, and why it is asked; it stays open."""
    task = scene.state.task
    template = scene.template_of(task) if task else None
    if task is not None and task.has_card:
        _what_now(scene, has_card=True)
        return
    if task is None or template is None or task.asked is None:
        scene.say("tell.no_question")
        return
    explain(scene, task, template)


async def _approvals(scene: Scene, request_id: str) -> None:
    """What waits for this person's yes: the one that was asked for while it waits, else all."""
    waiting = await scene.records.approval_requests.open_for(scene.person.id, limit=_GOING)
    if not waiting:
        scene.say("approval.none_wait")
    for one in [one for one in waiting if one.id == request_id] or waiting:
        scene.show(Shows.APPROVAL, one.id)


async def _runs(scene: Scene) -> None:
    runs = await scene.records.runs.of_person(scene.person.id, limit=_LISTED)
    names = {one.id: one.name for one in await scene.records.workflows.of_person(scene.person.id)}
    scene.add(run_list(scene, runs, names))


async def _status(scene: Scene) -> None:
    """What runs now, what is coming, and what failed last."""
    going = await scene.records.runs.of_person(scene.person.id, states=GOING, limit=_GOING + 1)
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
