"""A person's automations, a page at a time, each with what can be done with it. The list is made from the records whenever somebody
looks, and turns its pages where it stands. Changes no automation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from agent.command import Tell
from agent.reply import Action, ListItem, ListPart
from agent.scene import Scene
from agent.viewer import Viewer
from catalog.schedule import Schedule
from core.ids import new_id
from store.record import Card, Run, RunState, Shows, TriggerKind, TriggerRecord, WorkflowRecord, WorkflowState

PAGE = 10
_PAGES_KEPT = 10
"""Of so many lists in a conversation the page is remembered; those before begin anew."""


async def list_workflows(scene: Scene, command: Tell) -> None:
    """Show all, or those in one state; or turn a page of a list that is there."""
    if command.list_id:
        await _turn(scene, command.list_id, command.page)
        return
    list_id = "/".join([scene.person.id, command.state or "", new_id("lst")])
    scene.show(Shows.WORKFLOWS, list_id)
    scene.state.pages = dict([*scene.state.pages.items(), (list_id, command.page)][-_PAGES_KEPT:])
    for one in await _on_page(scene, list_id, command.page):
        scene.attach(Shows.WORKFLOW, one.id)


def owner_of(list_id: str) -> str:
    """Whose automations a list shows."""
    return list_id.partition("/")[0]


def workflow_list(
    viewer: Viewer,
    list_id: str,
    mine: Sequence[WorkflowRecord],
    triggers: Mapping[str, Sequence[TriggerRecord]],
    newest: Mapping[str, tuple[Run, int]],
) -> ListPart:
    """A list as it is now, at the page that is looked at; failed ones are those whose newest run failed."""
    state, plain = _state(list_id), viewer.phrases.plain
    return paged(
        viewer,
        _kept(list_id, mine, newest),
        triggers,
        title=plain(f"tell.workflows_{state}" if state else "tell.workflows"),
        empty=plain("workflow.none_such" if mine else "workflow.none"),
        page=viewer.pages.get(list_id, 1),
        turn=lambda page: f"list-workflows:{list_id}:{page}",
    )


def paged(
    viewer: Viewer,
    workflows: Sequence[WorkflowRecord],
    triggers: Mapping[str, Sequence[TriggerRecord]],
    *,
    title: str,
    empty: str,
    page: int,
    turn: Callable[[int], str],
) -> ListPart:
    """One page of these; `turn` is the action that leads to another."""
    last = max(1, -(-len(workflows) // PAGE))
    page = min(max(1, page), last)
    shown = page_of(workflows, page)
    if last > 1:
        first = (page - 1) * PAGE + 1
        title = viewer.phrases.plain(
            "tell.page", title=title, first=first, last=first + len(shown) - 1, number=len(workflows)
        )
    ways = [(page - 1, "button.previous"), (page + 1, "button.next")]
    return ListPart(
        title=title,
        items=[_item(viewer, one, triggers.get(one.id, ())) for one in shown],
        empty=empty,
        actions=[viewer.action(turn(to), key) for to, key in ways if 1 <= to <= last],
    )


def page_of(workflows: Sequence[WorkflowRecord], page: int) -> Sequence[WorkflowRecord]:
    return workflows[(page - 1) * PAGE : page * PAGE]


def _state(list_id: str) -> str:
    """To which state a list is kept; empty: to none."""
    return list_id.split("/")[1]


def _kept(
    list_id: str, mine: Sequence[WorkflowRecord], newest: Mapping[str, tuple[Run, int]]
) -> Sequence[WorkflowRecord]:
    state = _state(list_id)
    if state == "failed":
        return [one for one in mine if one.id in newest and newest[one.id][0].state is RunState.FAILED]
    return [one for one in mine if state in ("", one.state.value)]


async def _turn(scene: Scene, list_id: str, page: int) -> None:
    cards = await scene.records.cards.of_subject(Shows.WORKFLOWS, list_id)
    shown = [one for one in cards if one.conversation_id == scene.conversation.id]
    if not shown:
        scene.say("stale.action")
        return
    others = {name: at for name, at in scene.state.pages.items() if name != list_id}
    scene.state.pages = dict([*others.items(), (list_id, page)][-_PAGES_KEPT:])
    for card in shown:
        for one in await _on_page(scene, list_id, page):
            await scene.records.cards.add(_also(card, one.id))
        scene.show_again(card.message_id)


async def _on_page(scene: Scene, list_id: str, page: int) -> Sequence[WorkflowRecord]:
    mine = await scene.records.workflows.of_person(owner_of(list_id))
    newest = await scene.records.gallery.last_runs([one.id for one in mine])
    return page_of(_kept(list_id, mine, newest), page)


def _also(card: Card, workflow_id: str) -> Card:
    """A change of this automation is seen in that message."""
    return Card(
        subject=Shows.WORKFLOW,
        subject_id=workflow_id,
        surface=card.surface,
        conversation_id=card.conversation_id,
        message_id=card.message_id,
    )


def _item(viewer: Viewer, workflow: WorkflowRecord, triggers: Sequence[TriggerRecord]) -> ListItem:
    """Its state and when it runs; what has no trigger runs by hand only and cannot be paused."""
    detail = viewer.phrases.plain(f"workflow.state_{workflow.state.value}")
    actions = [viewer.action(f"show-workflow:{workflow.id}", "button.show")]
    if workflow.state is WorkflowState.PAUSED:
        actions.append(viewer.action(f"resume:{workflow.id}", "button.resume"))
    elif workflow.state is WorkflowState.ACTIVE and triggers:
        if any(one.kind is TriggerKind.SCHEDULE for one in triggers):
            actions.append(viewer.action(f"run-now:{workflow.id}", "button.run_now"))
        actions.append(viewer.action(f"pause:{workflow.id}", "button.pause"))
        detail = " · ".join([detail, *_times(viewer, triggers)])
    elif workflow.state is WorkflowState.ACTIVE:
        actions.append(viewer.action(f"run-now:{workflow.id}", "button.run_now"))
        detail = viewer.phrases.plain("workflow.by_hand")
    return ListItem(title=workflow.name, detail=detail, actions=[*actions, *_more(viewer, workflow)])


def _more(viewer: Viewer, workflow: WorkflowRecord) -> list[Action]:
    return [
        viewer.action(f"ask:edit {workflow.name}", "button.edit"),
        viewer.action(f"show-history:{workflow.id}", "button.history"),
    ]


def _times(viewer: Viewer, triggers: Sequence[TriggerRecord]) -> list[str]:
    schedules = [Schedule.read(one.config) for one in triggers if one.next_at is not None and one.is_active]
    describe, language = viewer.knowledge.describe_schedule, viewer.phrases.language
    return [describe(one, viewer.now, viewer.zone, language) for one in schedules]
