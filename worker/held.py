"""A run under this worker's lease, and the only place that writes it. Decides nothing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from core.clock import Clock
from core.errors import StoreError
from store.port import Event, EventBus, Journal
from store.record import Run, Signal, StepAttempt
from worker.lease import Lease
from worker.ledger import Ledger

_log = logging.getLogger(__name__)

_PATIENCE_S = 60.0
"""So long a run waits for a database that is away, before it is left to whoever finds its lease expired."""
_FIRST_DELAY_S = 0.2
_LONGEST_DELAY_S = 5.0


@dataclass(slots=True, kw_only=True)
class Held:
    """`signals` is all that the run was told so far. `is_urgent`: something happened in the world that is not durable yet."""

    run: Run
    ledger: Ledger
    signals: Sequence[Signal]
    lease: Lease
    journal: Journal
    events: EventBus
    clock: Clock
    is_urgent: bool = False
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def settle(self) -> None:
        """Return when all that has happened in the world is durable."""
        if self.is_urgent or self._turn.locked():
            await self.save()

    async def save(self, run: Run | None = None) -> None:
        """Make all that is unsaved durable, with the run's new state if given, and tell whoever watches.

        A database that is away is waited for. Raises StaleError when another worker has taken the run over.
        """
        async with self._turn:
            attempts = self.ledger.take_unsaved()
            if run is None and not attempts:
                return
            self.is_urgent = False
            try:
                await self._write(run, attempts)
            except BaseException:
                self.ledger.give_back(attempts)
                raise
            if run is not None:
                self.run = run
        await self.events.publish(
            Event(conversation_id=self.run.conversation_id, run_id=self.run.id, is_end=self.run.state.is_final)
        )

    async def _write(self, run: Run | None, attempts: Sequence[StepAttempt]) -> None:
        until_s = self.clock.monotonic_s() + _PATIENCE_S
        delay_s = _FIRST_DELAY_S
        while True:
            try:
                await self.journal.record(owner=self.lease.owner, run=run, attempts=attempts)
            except StoreError as error:
                if self.clock.monotonic_s() + delay_s > until_s:
                    raise
                _log.warning("A record of %s could not be written (%s); trying again.", self.run.id, error)
                await self.clock.sleep(delay_s)
                delay_s = min(delay_s * 2, _LONGEST_DELAY_S)
            else:
                return
