"""The ports of the store. Implemented in `store.sql`; every implementation passes `tests/contract`.

`Store.begin()` is one transaction: all or nothing, committed when the block ends without an error. Each read in it sees
what was committed by then; one transaction must not be opened inside another. What cannot be written raises StoreError.
The journal is the hot path of runs: callers wait until their records are durable, and records that wait at the
same time share one commit.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pydantic import JsonValue

from store.record import (
    Approval,
    AuditEvent,
    Card,
    Connection,
    Conversation,
    Delivery,
    Identity,
    Message,
    Person,
    Proposal,
    ProposalState,
    Run,
    RunState,
    Shows,
    Signal,
    StepAttempt,
    TriggerRecord,
    WorkflowRecord,
    WorkflowState,
    WorkflowVersion,
)


class PersonStore(Protocol):
    async def add(self, person: Person, identity: Identity) -> None: ...

    async def get(self, person_id: str) -> Person | None: ...

    async def by_identity(self, surface: str, external_id: str) -> Person | None: ...

    async def link(self, identity: Identity) -> None:
        """Add, or give it to this person when it was another's."""
        ...

    async def save(self, person: Person) -> None: ...

    async def count(self) -> int: ...


class ConversationStore(Protocol):
    async def add(self, conversation: Conversation) -> None: ...

    async def get(self, conversation_id: str) -> Conversation | None: ...

    async def by_external(self, surface: str, external_id: str) -> Conversation | None: ...

    async def of_person(self, person_id: str, *, limit: int = 50) -> list[Conversation]:
        """Newest first."""
        ...

    async def save(self, conversation: Conversation) -> None:
        """Save title and state; the revision in the store must equal `conversation.revision` and is raised by one.

        Raises StaleError when another turn saved first.
        """
        ...

    async def append(self, message: Message) -> Message:
        """Add to the log; returns it with its `seq`. The conversation's `updated_at` becomes the message's time."""
        ...

    async def messages(self, conversation_id: str, *, after: int = 0, limit: int = 500) -> list[Message]:
        """Oldest first; those with `seq > after`, and of these the newest `limit`."""
        ...

    async def message(self, message_id: str) -> Message | None: ...

    async def delivery(self, surface: str, delivery_id: str) -> Delivery | None: ...

    async def add_delivery(self, delivery: Delivery) -> bool:
        """False when this delivery is known already; nothing is changed then."""
        ...


class ProposalStore(Protocol):
    async def add(self, proposal: Proposal) -> None: ...

    async def get(self, proposal_id: str) -> Proposal | None: ...

    async def move(self, proposal_id: str, *, expected: ProposalState, to: ProposalState) -> bool:
        """Compare and set; False when it is in another state."""
        ...

    async def add_approval(self, approval: Approval) -> None: ...

    async def approvals(self, subject_id: str) -> list[Approval]: ...

    async def has_yes(self, digest: str) -> bool:
        """Whether anybody said yes to exactly this."""
        ...


class WorkflowStore(Protocol):
    async def add(self, workflow: WorkflowRecord, version: WorkflowVersion) -> None: ...

    async def add_version(self, version: WorkflowVersion, *, at: datetime) -> None:
        """Add and make it the newest version of its workflow."""
        ...

    async def get(self, workflow_id: str) -> WorkflowRecord | None: ...

    async def version(self, workflow_id: str, version: int) -> WorkflowVersion | None: ...

    async def of_person(self, person_id: str) -> list[WorkflowRecord]:
        """Newest first; neither drafts nor deleted ones."""
        ...

    async def set_state(self, workflow_id: str, state: WorkflowState, *, at: datetime) -> None: ...

    async def rename(self, workflow_id: str, name: str, *, at: datetime) -> None: ...


class TriggerStore(Protocol):
    async def add(self, trigger: TriggerRecord) -> None: ...

    async def get(self, trigger_id: str) -> TriggerRecord | None: ...

    async def by_secret(self, secret: str) -> TriggerRecord | None: ...

    async def of_workflow(self, workflow_id: str) -> list[TriggerRecord]: ...

    async def save(self, trigger: TriggerRecord) -> None: ...

    async def delete(self, trigger_id: str) -> None: ...

    async def due(self, now: datetime, *, limit: int = 100) -> list[TriggerRecord]:
        """Active triggers with `next_at <= now`, oldest first."""
        ...

    async def next_at(self) -> datetime | None:
        """The earliest `next_at` of all active triggers."""
        ...

    async def advance(
        self, trigger_id: str, *, expected: datetime, next_at: datetime | None, last_at: datetime
    ) -> bool:
        """Compare and set `next_at`; False when another worker advanced it first or it is no longer active.

        Without a `next_at` the trigger has ended: it is no longer active.
        """
        ...


class RunStore(Protocol):
    async def add(self, run: Run) -> bool:
        """False when a run with this `fire_key` exists; nothing is added then."""
        ...

    async def get(self, run_id: str) -> Run | None: ...

    async def attempts(self, run_id: str) -> list[StepAttempt]:
        """In order of start."""
        ...

    async def of_person(self, person_id: str, *, states: Sequence[RunState] = (), limit: int = 20) -> list[Run]:
        """Newest first."""
        ...

    async def of_workflow(self, workflow_id: str, *, limit: int = 20) -> list[Run]:
        """Newest first."""
        ...

    async def due(self, now: datetime, *, limit: int = 100) -> list[str]:
        """Ids of runs that want a worker: queued or waiting with `due_at <= now`, running with an expired lease."""
        ...

    async def next_due_at(self) -> datetime | None:
        """The earliest `due_at` or `lease_until` of runs that are not final."""
        ...

    async def request_cancel(self, run_id: str, *, at: datetime) -> bool:
        """Mark it and make it due; False when it is final already."""
        ...

    async def signal(self, signal: Signal) -> bool:
        """Record it and make the run due; False when the run is final or the step already has one of this name."""
        ...

    async def signals(self, run_id: str) -> list[Signal]: ...

    async def requeue(self, run_id: str, *, at: datetime) -> bool:
        """Put a failed run back to `queued` (its succeeded steps are kept); False when it is not failed.

        A cancellation that came too late for the failed run does not cancel this one.
        """
        ...


class ConnectionStore(Protocol):
    async def save(self, connection: Connection) -> None:
        """Add, or replace the one with the same id."""
        ...

    async def get(self, connection_id: str) -> Connection | None: ...

    async def of_person(self, person_id: str) -> list[Connection]: ...

    async def find(self, person_id: str, connector: str) -> Connection | None:
        """The newest of this connector."""
        ...

    async def delete(self, connection_id: str) -> None: ...

    async def everyone(self) -> list[Connection]:
        """All of them; for key rotation."""
        ...


class CardStore(Protocol):
    async def add(self, card: Card) -> None:
        """Add, or replace the `external_id` of the one that is there."""
        ...

    async def of_subject(self, subject: Shows, subject_id: str) -> list[Card]: ...


class AuditStore(Protocol):
    async def add(self, event: AuditEvent) -> None: ...

    async def of_subject(self, subject_id: str) -> list[AuditEvent]: ...


class MemoryStore(Protocol):
    """Small values that steps and triggers remember between runs, e.g. the last seen content of a page."""

    async def get(self, scope: str, key: str) -> JsonValue: ...

    async def put(self, scope: str, key: str, value: JsonValue, *, at: datetime) -> None: ...


class GalleryStore(Protocol):
    """What a whole list of cards shows, in one query for each kind of record. Ids that there are not are left out."""

    async def proposals(self, ids: Collection[str]) -> dict[str, Proposal]: ...

    async def runs(self, ids: Collection[str]) -> dict[str, Run]: ...

    async def attempts(self, run_ids: Collection[str]) -> dict[str, list[StepAttempt]]:
        """By run, in order of start."""
        ...

    async def workflows(self, ids: Collection[str]) -> dict[str, WorkflowRecord]: ...

    async def versions(self, keys: Collection[tuple[str, int]]) -> dict[tuple[str, int], WorkflowVersion]:
        """By workflow and version."""
        ...

    async def triggers(self, workflow_ids: Collection[str]) -> dict[str, list[TriggerRecord]]:
        """By workflow, oldest first."""
        ...

    async def last_runs(self, workflow_ids: Collection[str]) -> dict[str, tuple[Run, int]]:
        """By workflow its newest run and how many there were; rehearsals do not count."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """All stores, in one transaction."""

    people: PersonStore
    conversations: ConversationStore
    proposals: ProposalStore
    workflows: WorkflowStore
    triggers: TriggerStore
    runs: RunStore
    connections: ConnectionStore
    cards: CardStore
    audit: AuditStore
    memory: MemoryStore
    gallery: GalleryStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A run that this worker may advance, with all that was recorded of it."""

    run: Run
    attempts: list[StepAttempt]
    signals: list[Signal]


class Journal(Protocol):
    """Durable writes of workers, in shared commits."""

    async def claim(self, run_id: str, *, owner: str, now: datetime, until: datetime) -> Claimed | None:
        """Take the lease and set `running` (and `started_at` the first time). None when it is not due, final or held.

        A run is claimable when queued, when waiting with `due_at <= now`, or when its lease has expired.
        """
        ...

    async def record(self, *, owner: str, run: Run | None = None, attempts: Sequence[StepAttempt] = ()) -> None:
        """Write attempts (insert or replace) and the run's mutable fields; returns when durable.

        Never touches `is_cancelling`. A run in a final or waiting state gives its lease back.
        Raises StaleError when the lease is no longer `owner`'s; nothing of this call is written then.
        """
        ...

    async def renew(self, run_ids: Sequence[str], *, owner: str, until: datetime) -> None: ...

    async def release(self, *, owner: str) -> None:
        """Give all leases of this owner back, so that others continue at once (clean shutdown)."""
        ...

    async def cancelling(self, run_ids: Sequence[str]) -> set[str]:
        """Those of the given runs whose cancellation was requested."""
        ...


class Store(Protocol):
    """The records of one Errand."""

    @property
    def journal(self) -> Journal: ...

    def begin(self) -> AbstractAsyncContextManager[Records]: ...

    async def close(self) -> None: ...


class RunQueue(Protocol):
    """Wakes a worker. Losing a wake-up loses nothing: the sweeper finds what is due in the store."""

    async def wake(self, run_id: str) -> None: ...

    async def wake_scheduler(self) -> None:
        """A trigger was added or changed: look again when the next one is due."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something changed. Carries ids only: whoever shows it reads the records."""

    conversation_id: str
    run_id: str | None = None
    workflow_id: str | None = None
    message_id: str | None = None


class EventBus(Protocol):
    """Tells everyone who shows things that something changed. Delivery is at most once; records are the truth."""

    async def publish(self, *events: Event) -> None: ...

    def subscribe(self) -> AbstractAsyncContextManager[AsyncIterator[Event]]:
        """Events of all conversations from the moment the block is entered."""
        ...
