"""Makes two people one: what belonged to the one belongs to the other, and the one's id means the other from then on.

What says who did something at the time stays as it was written: messages, signals, the audit.
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Column, Text, cast, or_, select

from store.record import ApprovalRequest, RequestState
from store.sql.approval import REQUESTS
from store.sql.database import Transaction
from store.sql.model_use_table import model_uses
from store.sql.shelf_table import learned_asks, saved_templates, suggestions
from store.sql.table import (
    approval_requests,
    approvals,
    connections,
    conversations,
    group_members,
    identities,
    people,
    proposals,
    runs,
    workflows,
)

MOVED: tuple[Column[str], ...] = (
    identities.c.person_id,
    conversations.c.person_id,
    proposals.c.person_id,
    approvals.c.person_id,
    workflows.c.person_id,
    runs.c.person_id,
    runs.c.started_by,
    approval_requests.c.requester_id,
    connections.c.person_id,
    saved_templates.c.person_id,
    learned_asks.c.person_id,
    model_uses.c.person_id,
)
MOVED_ONCE: tuple[Column[str], ...] = (group_members.c.person_id, suggestions.c.person_id)
"""Part of what tells rows apart: a row that the other person has too goes."""

_ASKED = ("approvers", "excluded", "escalate_to", "handed_over")


async def merge_people(transaction: Transaction, absorbed_id: str, into: str) -> None:
    """Both must be there, and not the same."""
    for column in MOVED:
        await transaction.write(column.table.update().where(column == absorbed_id).values({column: into}))
    await _move_memberships(transaction, absorbed_id, into)
    await _move_suggestions(transaction, absorbed_id, into)
    await _change_open_requests(transaction, absorbed_id, into)
    is_absorbed = or_(people.c.id == absorbed_id, people.c.merged_into == absorbed_id)
    await transaction.write(people.update().where(is_absorbed).values(merged_into=into))


async def _move_memberships(transaction: Transaction, absorbed_id: str, into: str) -> None:
    other = group_members.alias()
    theirs = select(other.c.group).where(other.c.person_id == into)
    mine = group_members.c.person_id == absorbed_id
    await transaction.write(group_members.delete().where(mine, group_members.c.group.in_(theirs)))
    await transaction.write(group_members.update().where(mine).values(person_id=into))


async def _move_suggestions(transaction: Transaction, absorbed_id: str, into: str) -> None:
    other = suggestions.alias()
    same = select(other.c.id).where(
        other.c.person_id == into,
        other.c.template_id == suggestions.c.template_id,
        other.c.digest == suggestions.c.digest,
    )
    mine = suggestions.c.person_id == absorbed_id
    await transaction.write(suggestions.delete().where(mine, same.exists()))
    await transaction.write(suggestions.update().where(mine).values(person_id=into))


async def _change_open_requests(transaction: Transaction, absorbed_id: str, into: str) -> None:
    """Who is asked now. What was decided stays as it was decided."""
    names_them = or_(*(cast(approval_requests.c[name], Text).contains(absorbed_id) for name in _ASKED))
    naming = REQUESTS.select.where(approval_requests.c.state == RequestState.OPEN, names_them).with_for_update()
    for row in await transaction.write_returning(naming):
        request = _renamed(REQUESTS.record(row), absorbed_id, into)
        values = {name: getattr(request, name) for name in _ASKED}
        await REQUESTS.must_change(transaction, request.id, values | {"revision": request.revision + 1})


def _renamed(request: ApprovalRequest, absorbed_id: str, into: str) -> ApprovalRequest:
    def renamed(one: str) -> str:
        return into if one == absorbed_id else one

    return replace(
        request,
        approvers=list(dict.fromkeys(map(renamed, request.approvers))),
        excluded=list(dict.fromkeys(map(renamed, request.excluded))),
        escalate_to=list(dict.fromkeys(map(renamed, request.escalate_to))),
        handed_over={renamed(heir): renamed(giver) for heir, giver in request.handed_over.items()},
    )
