"""Claims runs, holds their leases and lets them be executed. Knows no queue and no step.

One engine per process. A run is advanced by whoever holds its lease; leases are renewed while the process lives, and
expire when it does not.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from catalog.expression import Expressions
from core.errors import StaleError, StoreError
from store.port import Claimed, Event
from store.record import Run, RunState
from worker.attempt import bug, failure_of
from worker.desk import Desk
from worker.ending import failed
from worker.execution import Execution
from worker.frozen import FrozenVersions, NotApprovedError
from worker.held import Held
from worker.lease import Lease
from worker.ledger import Ledger
from worker.task import end

_log = logging.getLogger(__name__)

CANCEL_CHECK_S = 1.0
"""A cancellation whose wake-up got lost is noticed after so long."""


@dataclass(slots=True, kw_only=True)
class _Holding:
    """A run that this engine is busy with."""

    execution: Execution | None = None
    lease: Lease | None = None
    was_nudged: bool = False


class Engine:
    """`lease_s` is how long a run stays with a worker that has fallen silent; `expect` is told when a waiting run is due."""

    def __init__(
        self,
        *,
        desk: Desk,
        expressions: Expressions,
        lease_s: float,
        expect: Callable[[str, datetime], None] = lambda _run_id, _at: None,
    ) -> None:
        self._desk = desk
        self._expressions = expressions
        self._lease_s = lease_s
        self._expect = expect
        self._versions = FrozenVersions(desk.store, desk.clock)
        self._holdings: dict[str, _Holding] = {}
        self._checks: set[asyncio.Task[None]] = set()

    async def advance(self, run_id: str) -> None:
        """Execute a run until it ends or waits. Does nothing when it is not due or is held by another worker.

        When the database stays away the run is left; it is found again when its lease has expired.
        """
        if run_id in self._holdings:
            self.heard(run_id)
            return
        self._holdings[run_id] = holding = _Holding()
        try:
            while True:
                holding.was_nudged = False
                run = await self._advance(run_id, holding)
                if run is None or run.state.is_final or not holding.was_nudged:
                    break
        except StaleError:
            _log.warning("The run %s was taken over by another worker.", run_id)
        except StoreError as error:
            _log.warning("The run %s is left for later: %s", run_id, error)
        finally:
            del self._holdings[run_id]

    def heard(self, run_id: str) -> None:
        """Somebody says that there is something new about a run: a signal, or its cancellation."""
        holding = self._holdings.get(run_id)
        if holding is None:
            return
        holding.was_nudged = True
        if holding.execution is not None:
            holding.execution.nudge()
            check = asyncio.create_task(self._cancel_asked([run_id]), name="cancel check")
            self._checks.add(check)
            check.add_done_callback(self._checks.discard)

    async def beat(self) -> None:
        """Renew leases and notice cancellations, until cancelled."""
        while True:
            await self._desk.clock.sleep(min(CANCEL_CHECK_S, self._lease_s / 3))
            if self._holdings:
                await self._cancel_asked(list(self._holdings))
                await self._renew()

    async def release(self) -> None:
        """Hand back all that this engine holds, for others to continue at once. Call it when nothing runs any more."""
        await end(self._checks)
        await self._desk.store.journal.release(owner=self._desk.owner)

    async def _advance(self, run_id: str, holding: _Holding) -> Run | None:
        desk = self._desk
        lease = Lease.beginning(
            run_id, owner=desk.owner, journal=desk.store.journal, clock=desk.clock, length_s=self._lease_s
        )
        claimed = await desk.store.journal.claim(run_id, owner=desk.owner, now=desk.clock.now(), until=lease.until)
        if claimed is None:
            return None
        holding.lease = lease
        await desk.events.publish(Event(conversation_id=claimed.run.conversation_id, run_id=run_id))
        try:
            run = await self._execute(claimed, holding, lease)
        finally:
            holding.execution = holding.lease = None
        if run.state.is_final:
            await desk.notices.after_end(run)
        elif run.state is RunState.WAITING and run.due_at is not None:
            self._expect(run_id, run.due_at)
        return run

    async def _execute(self, claimed: Claimed, holding: _Holding, lease: Lease) -> Run:
        """Verify and execute. What nobody approved, and what goes wrong inside Errand itself, ends the run."""
        desk, run = self._desk, claimed.run
        try:
            frozen = await self._versions.of(run)
            held = Held(
                run=run,
                ledger=Ledger(frozen.content.workflow, claimed.attempts),
                signals=claimed.signals,
                lease=lease,
                journal=desk.store.journal,
                events=desk.events,
                clock=desk.clock,
                # A step that ends its worker at once must leave a trace of it, also when it only reads.
                is_urgent=not claimed.is_new,
            )
            zone = await self._versions.zone_of(run.person_id)
            holding.execution = Execution(desk=desk, held=held, frozen=frozen, zone=zone, expressions=self._expressions)
            return await holding.execution.run()
        except NotApprovedError as error:
            failure = failure_of(error)
        except (StoreError, StaleError):
            raise
        except Exception:  # noqa: BLE001  the worker's job: a bug ends a run
            failure = failure_of(bug(f"while advancing {run.id}"))
        ended = failed(run, failure, desk.clock.now())
        await desk.notices.before_end(ended)
        await desk.store.journal.record(owner=desk.owner, run=ended)
        await desk.events.publish(Event(conversation_id=run.conversation_id, run_id=run.id, is_end=True))
        return ended

    async def _renew(self) -> None:
        """Prolong what is held. Stop at once what another worker has taken over."""
        due = {
            holding.lease.run_id: (holding.lease, holding.execution)
            for holding in self._holdings.values()
            if holding.lease is not None and holding.execution is not None and holding.lease.is_due
        }
        if not due:
            return
        end = next(iter(due.values()))[0].next_end()
        try:
            ours = await self._desk.store.journal.renew(list(due), owner=self._desk.owner, until=end[0])
        except StoreError as error:
            _log.warning("Leases could not be renewed: %s", error)
            return
        for run_id, (lease, execution) in due.items():
            if run_id in ours:
                lease.renewed(*end)
            elif (holding := self._holdings.get(run_id)) is not None and holding.lease is lease:
                execution.lose()

    async def _cancel_asked(self, run_ids: Sequence[str]) -> None:
        """Cancel those of the given runs that somebody wants cancelled."""
        try:
            asked = await self._desk.store.journal.cancelling(run_ids)
        except StoreError as error:
            _log.warning("Cancellations could not be looked up: %s", error)
            return
        for run_id in asked:
            holding = self._holdings.get(run_id)
            if holding is not None and holding.execution is not None:
                holding.execution.cancel()
