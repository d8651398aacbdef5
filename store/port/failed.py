"""Runs that failed and wait for somebody, and what is removed of runs that ended long ago."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from store.record import DeadLetters


class DeadLetterStore(Protocol):
    """Failed runs that nobody has replayed, dismissed or pruned. Rehearsals are none of them.

    A run that was replayed as a whole is represented by its replay, whatever became of that one, unless it was cancelled.
    """

    async def of_person(self, person_id: str, *, limit: int = 50) -> list[DeadLetters]:
        """Grouped by workflow, step and cause, the group with the newest failure first."""
        ...

    async def run_ids(self, person_id: str, group: DeadLetters, *, limit: int) -> list[str]:
        """The runs of one group, oldest failure first."""
        ...

    async def dismiss(self, run_ids: Collection[str], *, at: datetime) -> int:
        """Take failed runs out of the list; returns how many. One that is tried again and fails again is back in it."""
        ...


class RetentionStore(Protocol):
    """Removes details of what ended long ago, a few at a time; any number of processes may do so at once."""

    async def prune_runs(self, *, before: datetime, at: datetime, limit: int) -> int:
        """Delete attempts, signals and input of runs that ended before; returns of how many.

        The run itself stays, with its fire key, result and failure; `pruned_at` says that its details are gone.
        """
        ...

    async def prune_deliveries(self, *, before: datetime, limit: int) -> int:
        """Forget inbound deliveries that were answered before; returns how many."""
        ...
