"""A worker's hold on one run, as far as the worker itself can know it. Claims nothing and takes nothing over.

A process may stand still for longer than its lease (a paused machine, a stopped process, a long swap) without knowing it.
So whoever is about to change the world asks here, at the last moment, whether the run is still surely its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from core.clock import Clock
from core.errors import StaleError
from store.port import Journal

End = tuple[datetime, float]
"""When a lease ends, on the wall clock and on the monotonic one: the first may be set, the second stand still in a sleep."""


@dataclass(slots=True, kw_only=True)
class Lease:
    """`length_s` is how long it lasts from each renewal on."""

    run_id: str
    owner: str
    journal: Journal
    clock: Clock
    length_s: float
    until: datetime
    until_s: float
    is_lost: bool = False

    @classmethod
    def beginning(cls, run_id: str, *, owner: str, journal: Journal, clock: Clock, length_s: float) -> Self:
        """Return one that begins now, to be claimed."""
        until, until_s = _end(clock, length_s)
        return cls(
            run_id=run_id,
            owner=owner,
            journal=journal,
            clock=clock,
            length_s=length_s,
            until=until,
            until_s=until_s,
        )

    @property
    def is_due(self) -> bool:
        """Whether a third of it is over: time to renew."""
        return self.until_s - self.clock.monotonic_s() <= self.length_s * 2 / 3

    def next_end(self) -> End:
        """When it ends if it is renewed now."""
        return _end(self.clock, self.length_s)

    def renewed(self, until: datetime, until_s: float) -> None:
        self.until, self.until_s = until, until_s

    def check(self) -> None:
        """Raises StaleError when the run is known to be another worker's."""
        if self.is_lost:
            raise StaleError("Another worker has taken this run over.")

    async def confirm(self) -> None:
        """Return while the run is surely ours. Renews what may have expired; raises StaleError when it is lost."""
        self.check()
        while self.clock.now() >= self.until or self.clock.monotonic_s() >= self.until_s:
            end = self.next_end()
            if not await self.journal.renew([self.run_id], owner=self.owner, until=end[0]):
                self.is_lost = True
            self.check()
            self.renewed(*end)


def _end(clock: Clock, length_s: float) -> End:
    return clock.now() + timedelta(seconds=length_s), clock.monotonic_s() + length_s
