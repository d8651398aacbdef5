"""What was shown for a yes, what approval steps ask, who answered, and who did what."""

from __future__ import annotations

from dataclasses import dataclass
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
    """A yes or no to one digest (`apv`): of a proposal, or of an approval step of a run (`subject_id` says which)."""

    id: str
    subject_id: str
    digest: str
    verdict: Verdict
    person_id: str
    surface: str
    at: datetime


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
    approver may change. One request belongs to one attempt of a step: (`run_id`, `step_id`, `item`, `number`).
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
    expires_at: datetime | None = None
    decided_at: datetime | None = None
    decided_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEvent:
    """Who did what to what (`aud`). Kept for good; never holds a secret."""

    id: str
    at: datetime
    person_id: str | None
    verb: str
    subject_id: str
    detail: JsonObject
