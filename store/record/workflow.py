"""Saved workflows and what starts their runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pydantic import JsonValue

from store.record.json import JsonObject


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
    POLL = "poll"
    EVENT = "event"


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerRecord:
    """What starts runs of a workflow (`trg`). `config` holds a schedule (`catalog.schedule`) or a webhook's settings
    (`catalog.signing`).

    `secret` is the webhook's unguessable path part. `next_at` is the next fire time or look, none when ended or paused.
    `cursor` is how far a poll has come. `failures` counts the looks that failed in a row, or the runs that stopped it;
    `problem` is what the last of them said, fit to be shown.
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
    cursor: JsonValue = None
    failures: int = 0
    problem: str | None = None
