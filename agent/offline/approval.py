"""Reads what is said to an approval request: “yes”, “no because …”, “let Ben decide”. Knows no request."""

from __future__ import annotations

from agent.command import AnswerApproval, ChangeGroup, Command, EditApproval, HandOver, ShowGroup
from agent.interpreter import View
from agent.offline.intent import Meaning
from store.record import Verdict

_ALONE = {"reject_with", "edit"}
"""Beside an open card these may be meant for the card."""


def read_approval(meanings: list[Meaning], view: View) -> list[Command] | None:
    """An answer, where a request waits for this person's. With a card open beside it, only the plainest words are one.

    “Great” or “ok” may be said of anything: that is no yes to somebody's payment.
    """
    if not view.is_asked or any(meaning.intent == "acknowledge" for meaning in meanings):
        return None
    is_alone = not view.has_open_card and view.template is None
    for meaning in meanings:
        if is_alone or meaning.intent not in _ALONE:
            command = _command(meaning)
            if command is not None:
                return [command]
    return None


def _command(meaning: Meaning) -> Command | None:
    comment = meaning.slots.get("comment", "").strip()
    match meaning.intent:
        case "yes" | "approve_with":
            return AnswerApproval(verdict=Verdict.YES, comment=comment)
        case "no" | "reject_with":
            return AnswerApproval(verdict=Verdict.NO, comment=comment)
        case "hand_over":
            return HandOver(to=meaning.slots.get("name", "").strip() or None)
        case "edit":
            return EditApproval()
        case _:
            return None


def read_group(meaning: Meaning) -> Command | None:
    """A change of a group, or a question about one."""
    group, person = meaning.slots.get("group", "").strip(), meaning.slots.get("name", "").strip()
    match meaning.intent:
        case "group_add" if group and person:
            return ChangeGroup(verb="add", group=group, person=person)
        case "group_remove" if group and person:
            return ChangeGroup(verb="remove", group=group, person=person)
        case "group_show" if group:
            return ShowGroup(group=group)
        case "groups":
            return ShowGroup()
        case _:
            return None
