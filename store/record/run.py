"""Runs and all that is recorded of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum

from pydantic import JsonValue

from store.record.json import JsonObject


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
    """What a run waits for: a time, a person (`approval`, `check`, `connection`), another run, an incoming event, a slot
    among runs that exclude each other, or a service that does not answer at the moment.
    """

    TIMER = "timer"
    APPROVAL = "approval"
    CHECK = "check"
    CONNECTION = "connection"
    RUN = "run"
    EVENT = "event"
    SLOT = "slot"
    SERVICE = "service"


class Priority(IntEnum):
    """Which of several due runs is taken first: somebody watches, a trigger fired, or many at once."""

    INTERACTIVE = 0
    SCHEDULED = 1
    BULK = 2


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
    clears it. Runs of one `concurrency_key` exclude each other. `paused_s` is how long it has waited for people, not
    counting the wait that began at `paused_at`. `started_by` is the person who pressed Run, none when a trigger started it.
    `replay_of` is the run that this one repeats. `dismissed_at`: somebody took
    the failed run out of the list; `pruned_at`: its attempts, signals and input were removed.
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
    priority: Priority = Priority.INTERACTIVE
    concurrency_key: str | None = None
    paused_s: float = 0.0
    paused_at: datetime | None = None
    started_by: str | None = None
    replay_of: str | None = None
    dismissed_at: datetime | None = None
    pruned_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetters:
    """Failed runs of one workflow that failed at the same step for the same cause. `failure` is that of the newest."""

    workflow_id: str
    newest_run_id: str
    failure: Failure
    last_at: datetime
    count: int


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
