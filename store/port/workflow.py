"""Where workflows, triggers and what steps remember are kept."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from pydantic import JsonValue

from store.record import TriggerKind, TriggerRecord, WorkflowRecord, WorkflowState, WorkflowVersion


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

    async def with_workflow(self, secret: str) -> tuple[TriggerRecord, WorkflowRecord] | None:
        """The trigger of a webhook's secret and the workflow that it starts."""
        ...

    async def of_kind(self, kind: TriggerKind) -> list[TriggerRecord]:
        """All of them, oldest first; for key rotation."""
        ...

    async def of_workflow(self, workflow_id: str) -> list[TriggerRecord]: ...

    async def listening(self, person_id: str | None = None) -> list[TriggerRecord]:
        """Active event triggers of a person's active workflows, or of all, oldest first."""
        ...

    async def save(self, trigger: TriggerRecord) -> None: ...

    async def delete(self, trigger_id: str) -> None: ...

    async def due(self, kind: TriggerKind, now: datetime, *, limit: int = 100) -> list[TriggerRecord]:
        """Active triggers of a kind with `next_at <= now`, oldest first."""
        ...

    async def next_at(self, kind: TriggerKind) -> datetime | None:
        """The earliest `next_at` of all active triggers of a kind."""
        ...

    async def advance(
        self, trigger_id: str, *, expected: datetime, next_at: datetime | None, last_at: datetime
    ) -> bool:
        """Compare and set `next_at`; False when another worker advanced it first or it is no longer active.

        Without a `next_at` the trigger has ended: it is no longer active.
        """
        ...

    async def settle(self, trigger: TriggerRecord) -> bool:
        """Save what came of a claim; `last_at` says of which. False when it was claimed again or stopped meanwhile."""
        ...

    async def stop(self, trigger_id: str, *, failures: int, problem: str) -> bool:
        """Stop an active trigger because of its failures; false when it is not active (any more)."""
        ...


class MemoryStore(Protocol):
    """Small values that steps and triggers remember between runs, e.g. the last seen content of a page."""

    async def get(self, scope: str, key: str) -> JsonValue: ...

    async def put(self, scope: str, key: str, value: JsonValue, *, at: datetime) -> None: ...

    async def of_scope(self, scope: str) -> dict[str, JsonValue]:
        """All that is remembered there, by key."""
        ...

    async def take(self, scope: str, key: str) -> JsonValue:
        """Return it and forget it; of several who take it at one moment, one gets it."""
        ...
