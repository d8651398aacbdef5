"""What waits in the journal to be written, and what becomes of it. Writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.errors import StaleError
from store.port import Claimed
from store.record import Run, StepAttempt

Row = tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """A run that is to be there. The outcome is whether it was new."""

    run: Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A wish for a lease."""

    run_id: str
    owner: str
    now: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Rows of one caller, ready to be written. `gives_back` names the run that no longer needs its lease."""

    owner: str
    run_ids: frozenset[str]
    attempts: list[Row]
    runs: list[Row]
    gives_back: str | None


Entry = Addition | Claim | Record
Outcome = Claimed | StaleError | bool | None


class Batches(Protocol):
    """Writes many entries at once, in as few statements and commits as the database allows.

    `is_one_lane` says whether entries of all kinds share their commits; otherwise each kind is written on its own.
    """

    @property
    def is_one_lane(self) -> bool: ...

    def record(self, owner: str, run: Run | None, attempts: Sequence[StepAttempt]) -> Record:
        """Encode what a caller wants to write. Raises StoreError when it cannot be stored."""
        ...

    async def write(self, entries: Sequence[Entry]) -> list[Outcome]:
        """Write all entries, of one kind unless there is one lane. The outcome of each: whether a run was new, what was
        claimed, StaleError for a lost lease, or none. Raises RefusedError when one of them cannot be written.
        """
        ...


def first_of_each(claims: Sequence[Claim]) -> dict[str, int]:
    """Of several claims of one run the first may have it; returns where they stand."""
    first: dict[str, int] = {}
    for index, claim in enumerate(claims):
        first.setdefault(claim.run_id, index)
    return first


CHANGED = (
    "state",
    "waiting_for",
    "result",
    "failure",
    "started_at",
    "ended_at",
    "concurrency_key",
    "paused_s",
    "paused_at",
)
"""What a worker may change of its run, beside its lease and `due_at`."""
ATTEMPT_KEY = ("run_id", "step_id", "item", "number")
LOST = "Another worker has taken this run over."
