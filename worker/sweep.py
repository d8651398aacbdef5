"""Finds runs that are due and wakes workers for them: timers, retries, expired leases, and wake-ups that got lost."""

from __future__ import annotations

import logging
from datetime import datetime

from core.clock import Clock
from core.errors import StoreError
from store.port import RunQueue, Store
from worker.alarm import Alarm

_log = logging.getLogger(__name__)

_AT_ONCE = 5000


class Sweeper:
    """Sleeps until the next run is due, and looks every `sweep_s` in any case.

    A run is woken once in `sweep_s`: one that waits for a free worker is queued already.
    """

    def __init__(self, *, store: Store, queue: RunQueue, clock: Clock, sweep_s: float) -> None:
        self._store = store
        self._queue = queue
        self._clock = clock
        self._sweep_s = sweep_s
        self._alarm = Alarm(clock)
        self._woken: dict[str, float] = {}

    def expect(self, run_id: str, at: datetime) -> None:
        """A run that this process has just put down is due at `at`."""
        self._woken.pop(run_id, None)
        self._alarm.expect(at)

    async def run(self) -> None:
        """Sweep until cancelled."""
        while True:
            next_at: datetime | None = None
            try:
                await self.sweep()
                next_at = await self._next_at()
            except StoreError as error:
                _log.warning("Due runs could not be looked up: %s", error)
            await self._alarm.sleep(next_at, at_most_s=self._sweep_s)

    async def sweep(self, *, all_again: bool = False) -> int:
        """Wake all that is due, or what was not woken lately; returns how many."""
        now_s = self._clock.monotonic_s()
        self._woken = {run_id: at_s for run_id, at_s in self._woken.items() if at_s > now_s - self._sweep_s}
        async with self._store.begin() as records:
            due = await records.runs.due(self._clock.now(), limit=_AT_ONCE)
        fresh = [run for run in due if all_again or run.id not in self._woken]
        self._woken.update((run.id, now_s) for run in fresh)
        await self._queue.wake(*fresh)
        return len(fresh)

    async def _next_at(self) -> datetime | None:
        """When the next run is due; what is due already was woken just now and is looked at with the next sweep."""
        async with self._store.begin() as records:
            at = await records.runs.next_due_at()
        return at if at is not None and at > self._clock.now() else None
