"""Where it is kept which runs exclude each other, and who has a slot."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from store.record import Run


class SlotStore(Protocol):
    """Runs of one concurrency key share its slots. The slot of a run that has ended is free."""

    async def take(self, run: Run, key: str, limit: int) -> bool:
        """Take one of the first `limit` slots, or keep the one that it has; false when none is free for it.

        However many ask at once, each slot has one run. A run that has waited longer goes first.
        """
        ...

    async def release(self, run_id: str) -> None:
        """Give the run's slot back, if it has one."""
        ...

    async def next(self, key: str, limit: int, *, at: datetime) -> list[Run]:
        """Make those due that have waited longest for one, as many as there are free slots; returns them."""
        ...

    async def older(self, run: Run, key: str) -> list[Run]:
        """Runs of this key that were added before this one and have not ended, the oldest first."""
        ...
