"""What one process holds of what only one at a time may work on: a channel, an arrival. As `worker.lease` is for runs.

A lease is short, so that others go on soon when its holder dies, and is renewed while work goes on. A process that stood still
for longer does not know that others went on: so whoever is about to be heard of outside asks here at the last moment.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from core.clock import Clock
from core.errors import StaleError
from store.port import Records, Store

K = TypeVar("K")

LEASE = timedelta(seconds=15)
_LEASE_S = LEASE.total_seconds()


@dataclass(frozen=True, slots=True)
class End:
    """When a lease ends, on the wall clock and on the monotonic one: the first may be set, the second stand still in a sleep."""

    at: datetime
    at_s: float


class Holds(Generic[K]):
    """All that one worker holds. `prolong` writes a later end into the records; false: it is not this worker's any more."""

    def __init__(self, store: Store, clock: Clock, prolong: Callable[[Records, K, datetime], Awaitable[bool]]) -> None:
        self._store = store
        self._clock = clock
        self._prolong = prolong
        self._ends: dict[K, End | None] = {}

    def next_end(self) -> End:
        """Of what is taken or renewed now; asked for before that is written."""
        return End(self._clock.now() + LEASE, self._clock.monotonic_s() + _LEASE_S)

    def add(self, key: K, end: End) -> None:
        self._ends[key] = end

    def drop(self, key: K) -> None:
        """It was given back, or is left to whoever has it."""
        self._ends.pop(key, None)

    async def renew(self) -> list[K]:
        """Prolong what has lasted for a third of its time; return what is lost. Raises StoreError."""
        due_s = self._clock.monotonic_s() + _LEASE_S * 2 / 3
        return await self._renew([key for key, end in self._ends.items() if end is not None and end.at_s <= due_s])

    async def confirm(self, key: K) -> None:
        """Return while it is surely held. Renews what may be over; raises StaleError when it is lost, StoreError."""
        while (end := self._ends.get(key)) is not None:
            if self._clock.now() < end.at and self._clock.monotonic_s() < end.at_s:
                return
            await self._renew([key])
        raise StaleError("Another process has taken this over.")

    async def _renew(self, keys: list[K]) -> list[K]:
        """In one transaction. None in place of an end: it was lost."""
        if not keys:
            return []
        end = self.next_end()
        async with self._store.begin() as records:
            kept = {key for key in keys if key in self._ends and await self._prolong(records, key, end.at)}
        still = [key for key in keys if key in self._ends]  # some may have been given back meanwhile
        for key in still:
            self._ends[key] = end if key in kept else None
        return [key for key in still if key not in kept]
