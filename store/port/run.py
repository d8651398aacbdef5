"""Where runs are kept, and the hot path by which workers write them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from store.record import Priority, Run, RunState, Signal, StepAttempt


@dataclass(frozen=True, slots=True, kw_only=True)
class DueRun:
    """As much of a run as is needed to wake a worker for it. `is_orphaned`: its worker has fallen silent in the middle."""

    id: str
    person_id: str
    priority: Priority
    is_orphaned: bool = False


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

    async def by_hand(self, person_id: str, template_id: str, *, since: datetime, limit: int = 20) -> list[Run]:
        """Runs of a template's workflows that their owner started, neither replays nor rehearsals; newest first."""
        ...

    async def due(self, now: datetime, *, limit: int = 100) -> list[DueRun]:
        """Runs that want a worker: queued or waiting with `due_at <= now`, running with an expired lease.

        Orphaned ones first, then the most urgent, and of these the longest due.
        """
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

    async def requeue(self, run_id: str, *, at: datetime, priority: Priority = Priority.INTERACTIVE) -> bool:
        """Put a failed or cancelled run back to `queued` (its succeeded steps are kept); False when it is neither, or its
        attempts were pruned.

        A cancellation that came too late for the failed run does not cancel this one; its time begins anew.
        """
        ...

    async def replays(self, run_id: str) -> list[Run]:
        """The runs that repeat this one as a whole, oldest first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A run that this worker may advance, with all that was recorded of it.

    `is_new`: nobody has claimed it and nothing was told to it before.
    """

    run: Run
    attempts: list[StepAttempt]
    signals: list[Signal]
    is_new: bool


class Journal(Protocol):
    """Durable writes of what comes often, in shared commits."""

    async def add(self, run: Run) -> bool:
        """Add a run; returns when it is durable. False when a run with this `fire_key` exists; nothing is added then."""
        ...

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

    async def renew(self, run_ids: Sequence[str], *, owner: str, until: datetime) -> set[str]:
        """Prolong leases; returns those of the given runs that are still this owner's."""
        ...

    async def release(self, *, owner: str) -> None:
        """Give all leases of this owner back, so that others continue at once (clean shutdown)."""
        ...

    async def cancelling(self, run_ids: Sequence[str]) -> set[str]:
        """Those of the given runs whose cancellation was requested."""
        ...
