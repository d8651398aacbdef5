"""What Errand remembers, as plain frozen records. Knows nothing of how it is stored.

All times are aware and in UTC. Identifiers come from `core.ids.new_id` with the word given beside each record.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pydantic import JsonValue

JsonObject = dict[str, JsonValue]
"""A JSON object."""


class Role(StrEnum):
    OWNER = "owner"
    MEMBER = "member"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who uses Errand (`usr`). `time_zone` is an IANA name, `locale` a BCP 47 tag."""

    id: str
    name: str
    time_zone: str
    locale: str
    role: Role
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """One account on one surface that belongs to a person."""

    surface: str
    external_id: str
    person_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """One thread of talk (`cnv`). `state` is the dialogue's state; `revision` is compared when it is saved."""

    id: str
    surface: str
    external_id: str
    person_id: str
    title: str
    state: JsonObject
    revision: int
    created_at: datetime
    updated_at: datetime


class Author(StrEnum):
    PERSON = "person"
    ERRAND = "errand"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One entry of a conversation's log (`msg`). `seq` counts from 1 in each conversation; the store assigns it.

    `parts` are what `agent.reply` defines, or references (see `reference`) that are rendered from the records each time
    they are shown.
    """

    id: str
    conversation_id: str
    author: Author
    parts: list[JsonObject]
    at: datetime
    person_id: str | None = None
    seq: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One inbound that a surface delivered, so that a repeated delivery is recognised."""

    surface: str
    delivery_id: str
    conversation_id: str
    message_ids: list[str]
    at: datetime


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


class WorkflowState(StrEnum):
    DRAFT = "draft"
    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowRecord:
    """A workflow (`wfl`): its name, owner, place and newest version. It is a draft until a proposal of it is approved."""

    id: str
    name: str
    person_id: str
    conversation_id: str
    template_id: str | None
    state: WorkflowState
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowVersion:
    """One frozen version. `content` is the proposal's content, `digest` the one that was approved."""

    workflow_id: str
    version: int
    digest: str
    content: JsonObject
    created_at: datetime


class TriggerKind(StrEnum):
    SCHEDULE = "schedule"
    WEBHOOK = "webhook"
    EVENT = "event"


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerRecord:
    """What starts runs of a workflow (`trg`). `config` holds a schedule (`catalog.schedule`) or a webhook's settings.

    `secret` is the webhook's unguessable path part. `next_at` is the next fire time, none when ended or paused.
    """

    id: str
    workflow_id: str
    kind: TriggerKind
    config: JsonObject
    is_active: bool
    created_at: datetime
    next_at: datetime | None = None
    last_at: datetime | None = None
    secret: str | None = None


class RunState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        return self in (RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED)


class Waiting(StrEnum):
    TIMER = "timer"
    APPROVAL = "approval"
    CHECK = "check"
    CONNECTION = "connection"
    RUN = "run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why an attempt or a run failed, fit to be shown: no secret, no stack."""

    cause: str
    message: str
    advice: str = ""
    step_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One execution of one frozen version (`run`).

    `fire_key` is unique: a second run for the same fire time or webhook delivery cannot be added. `due_at` says when it
    wants a worker next. `lease_owner` holds it until `lease_until`. `params` are the resolved values, `input` what the
    trigger brought. A rehearsal needs no approval and sends nothing. `is_cancelling` is set by people; only `requeue`
    clears it.
    """

    id: str
    workflow_id: str
    version: int
    digest: str
    person_id: str
    conversation_id: str
    state: RunState
    created_at: datetime
    due_at: datetime | None
    trigger_id: str | None = None
    fire_key: str | None = None
    input: JsonObject = field(default_factory=dict)
    waiting_for: Waiting | None = None
    result: str | None = None
    failure: Failure | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    is_rehearsal: bool = False
    is_cancelling: bool = False
    lease_owner: str | None = None
    lease_until: datetime | None = None


class AttemptState(StrEnum):
    STARTED = "started"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SKIPPED = "skipped"
    WAITING = "waiting"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepAttempt:
    """One try of one step; its key is (run, step, item, number). `item` is the index in `for_each`, else -1.

    `output` is the step's result as JSON (size-limited); `input` its parameters, redacted. `due_at` is when a waiting
    step or the next try is due. A skipped step is one attempt in state `skipped`. `requests` is what a rehearsal would
    have sent: `{"service", "method", "url", "headers", "body"}`, secrets redacted.
    """

    run_id: str
    step_id: str
    item: int
    number: int
    state: AttemptState
    idempotency_key: str
    started_at: datetime
    ended_at: datetime | None = None
    due_at: datetime | None = None
    input: JsonValue = None
    output: JsonValue = None
    requests: list[JsonObject] = field(default_factory=list)
    failure: Failure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """Something a waiting run was told (`sig`), e.g. the answer to an approval step or to a check."""

    id: str
    run_id: str
    step_id: str
    name: str
    payload: JsonObject
    person_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """Stored credentials (`con`) of a person for a connector. `secret` is ciphertext; `public` may be shown."""

    id: str
    person_id: str
    connector: str
    name: str
    public: JsonObject
    secret: bytes
    created_at: datetime
    updated_at: datetime


class Shows(StrEnum):
    PROPOSAL = "proposal"
    RUN = "run"
    WORKFLOW = "workflow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """Where a proposal, run or workflow is shown, so that a change re-renders it everywhere."""

    subject: Shows
    subject_id: str
    surface: str
    conversation_id: str
    message_id: str
    external_id: str = ""


def reference(subject: Shows, subject_id: str) -> JsonObject:
    """Return the message part that stands for a proposal, run or workflow."""
    return {"kind": "reference", "subject": subject.value, "id": subject_id}


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEvent:
    """Who did what to what (`aud`). Kept for good; never holds a secret."""

    id: str
    at: datetime
    person_id: str | None
    verb: str
    subject_id: str
    detail: JsonObject
