"""What was shown for a yes, what approval steps ask, who answered, and who did what."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from store.record.json import JsonObject


class ProposalState(StrEnum):
    OPEN = "open"
    APPROVED = "approved"
    DECLINED = "declined"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What was shown for a yes (`prp`). `content` is exactly what `digest` covers; `shown` explains it on the card."""

    id: str
    conversation_id: str
    person_id: str
    digest: str
    content: JsonObject
    shown: JsonObject
    state: ProposalState
    created_at: datetime


class Verdict(StrEnum):
    YES = "yes"
    NO = "no"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A yes or no to one digest (`apv`): of a proposal, or of an approval request (`subject_id` says which)."""

    id: str
    subject_id: str
    digest: str
    verdict: Verdict
    person_id: str
    surface: str
    at: datetime
    comment: str = ""


class RequestState(StrEnum):
    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRequest:
    """What an approval step asks (`apr`). A yes counts for the `digest` that was shown; an edit of `fields` makes a new one.

    `approvers` are the people who may answer, `quorum` how many yeses are needed; `editable` names the fields that an
    approver may change, `edited_by` who did so last. `handed_over` says of an approver from whom they have their part. Those
    who are `excluded` may not answer: with four eyes whoever asked for it. `escalate_to` are the people who are asked too from `escalate_at` on;
    `reminded_at` and `escalated_at` say that it was done. One request belongs to one go of a step: `number` is that of the
    first attempt of the go. `revision` is compared when it is saved. With `kept_of` it was approved before: in the run that
    its own repeats, by the answers to that request.
    """

    id: str
    run_id: str
    step_id: str
    item: int
    number: int
    requester_id: str
    prompt: str
    fields: JsonObject
    editable: list[str]
    digest: str
    approvers: list[str]
    quorum: int
    state: RequestState
    created_at: datetime
    excluded: list[str] = field(default_factory=list)
    handed_over: dict[str, str] = field(default_factory=dict)
    escalate_to: list[str] = field(default_factory=list)
    remind_at: datetime | None = None
    escalate_at: datetime | None = None
    expires_at: datetime | None = None
    reminded_at: datetime | None = None
    escalated_at: datetime | None = None
    edited_by: str | None = None
    decided_at: datetime | None = None
    decided_by: str | None = None
    kept_of: str | None = None
    revision: int = 0

    @property
    def answered_id(self) -> str:
        """The request whose answers count for this one."""
        return self.kept_of or self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEvent:
    """Who did what to what (`aud`). Kept for good; never holds a secret."""

    id: str
    at: datetime
    person_id: str | None
    verb: str
    subject_id: str
    detail: JsonObject
