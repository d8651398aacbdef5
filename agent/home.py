"""What concerns a person now, on one page: their automations, what runs, what waits for their yes, their accounts. Made from the
records each time; for surfaces that have such a page. Changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from agent.reply import ListItem, ListPart
from agent.reporting import GOING
from agent.viewer import Viewer
from agent.workflow_list import paged
from store.port import Records
from store.record import Run, WorkflowRecord

_LISTED = 10


async def home_parts(records: Records, viewer: Viewer, page: int, turn: Callable[[int], str]) -> list[ListPart]:
    """`page` is that of the automations, `turn` the action that leads to another."""
    mine = await records.workflows.of_person(viewer.person_id)
    plain = viewer.phrases.plain
    workflows = paged(
        viewer,
        mine,
        await records.gallery.triggers([one.id for one in mine]),
        title=plain("tell.workflows"),
        empty=plain("workflow.none"),
        page=page,
        turn=turn,
    )
    going = await records.runs.of_person(viewer.person_id, states=GOING, limit=_LISTED)
    return [workflows, _going(viewer, mine, going), await _waiting(records, viewer), await _accounts(records, viewer)]


def _going(viewer: Viewer, mine: Sequence[WorkflowRecord], going: Sequence[Run]) -> ListPart:
    plain, names = viewer.phrases.plain, {one.id: one.name for one in mine}
    items = [
        ListItem(
            title=names.get(one.workflow_id) or plain("run.unnamed"),
            detail=plain(f"run.state_{one.state.value}"),
            actions=[
                viewer.action(f"show-run:{one.id}", "button.show"),
                viewer.action(f"cancel-run:{one.id}", "button.cancel_run"),
            ],
        )
        for one in going
    ]
    return ListPart(title=plain("home.running"), items=items, empty=plain("home.nothing_runs"))


async def _waiting(records: Records, viewer: Viewer) -> ListPart:
    """A yes is given on the card, which shows what it is to: here is the way there."""
    plain = viewer.phrases.plain
    waiting = await records.approval_requests.open_for(viewer.person_id, limit=_LISTED)
    items = [
        ListItem(title=one.prompt, actions=[viewer.action(f"show-approval:{one.id}", "button.decide", style="primary")])
        for one in waiting
    ]
    return ListPart(title=plain("home.waiting"), items=items, empty=plain("approval.none_wait"))


async def _accounts(records: Records, viewer: Viewer) -> ListPart:
    plain = viewer.phrases.plain
    connections = await records.connections.of_person(viewer.person_id)
    items = [
        ListItem(
            title=viewer.knowledge.connector_title(one.connector), detail=plain("connect.connected", name=one.name)
        )
        for one in connections[:_LISTED]
    ]
    return ListPart(title=plain("connect.list"), items=items, empty=plain("connect.none"))
