"""The port through which a step asks people for a yes, and what goes through it. Implemented in `worker.approval`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from pydantic import JsonValue

Outcome = Literal["open", "approved", "rejected", "expired"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Whom to ask: a person (by name, e-mail or id), everybody in a group, or everybody in a role."""

    kind: Literal["person", "group", "role"]
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked. Without `approvers` the run's owner is. Times are seconds from the moment when it is first asked.

    `fields` are shown with it; those named in `editable` may be changed by whoever answers. With `is_four_eyes` the run's
    owner may not answer. `show_in` is a channel in which it is shown too; who answers there is checked as everywhere.
    """

    prompt: str
    approvers: Sequence[Asked] = ()
    quorum: int = 1
    is_four_eyes: bool = False
    fields: Mapping[str, JsonValue] = field(default_factory=dict)
    editable: Sequence[str] = ()
    remind_after_s: float | None = None
    escalate_after_s: float | None = None
    escalate_to: Sequence[Asked] = ()
    expires_after_s: float | None = None
    show_in: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalStatus:
    """How it stands. `by` names who decided, `fields` are the values that were approved; while it is open, `next_at` is
    when it wants to be looked at again.
    """

    outcome: Outcome
    by: str = ""
    comment: str = ""
    fields: Mapping[str, JsonValue] = field(default_factory=dict)
    is_escalated: bool = False
    next_at: datetime | None = None


class Approvals(Protocol):
    """Asks people in chat, on behalf of one step of one run."""

    async def ask(self, question: Question) -> ApprovalStatus:
        """Ask, or look how it stands when it was asked before; does what is due by now: remind, ask further people,
        end it. Raises RejectedError when it names people whom there are not, or too few can answer.
        """
        ...
