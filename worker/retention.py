"""Removes the details of runs that ended long ago, and old deliveries and arrivals, a few at a time. Runs, approvals and audit stay.

Any number of workers may do so at once: each takes what no other has locked. Nothing waits for it.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from core.clock import Clock
from core.errors import StoreError
from store.port import Store

_log = logging.getLogger(__name__)

EVERY_S = 3600.0
FIRST_AFTER_S = 120.0
"""Not while a worker starts and has other things to do."""
AT_ONCE = 200
_PAUSE_S = 0.2
"""Between two batches, for those who write."""


class Retention:
    """Keeps details for `retain_days`; 0: for ever."""

    def __init__(self, *, store: Store, clock: Clock, retain_days: int) -> None:
        self._store = store
        self._clock = clock
        self._retain_days = retain_days

    async def run(self) -> None:
        """Prune once an hour, until cancelled."""
        await self._clock.sleep(FIRST_AFTER_S)
        while True:
            try:
                await self.prune()
            except StoreError as error:
                _log.warning("Old details could not be removed: %s", error)
            await self._clock.sleep(EVERY_S)

    async def prune(self) -> int:
        """Remove all that is old by now; returns of how many runs."""
        if not self._retain_days:
            return 0
        now = self._clock.now()
        before = now - timedelta(days=self._retain_days)
        pruned = 0
        while True:
            async with self._store.begin() as records:
                runs = await records.retention.prune_runs(before=before, at=now, limit=AT_ONCE)
                deliveries = await records.retention.prune_deliveries(before=before, limit=AT_ONCE)
                arrivals = await records.inbox.prune(before=before, limit=AT_ONCE)
            pruned += runs
            if max(runs, deliveries, arrivals) < AT_ONCE:
                return pruned
            await self._clock.sleep(_PAUSE_S)
