"""The journal: durable writes of workers, which share commits (`store.sql.lane`). Writes no row of its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from core.errors import StaleError
from store.port import Claimed
from store.record import Run, RunState, StepAttempt
from store.sql.database import Database
from store.sql.entry import Addition, Batches, Claim
from store.sql.lane import Lane
from store.sql.table import runs


class SqlJournal:
    """Implements `store.port.Journal`."""

    def __init__(self, database: Database, batches: Batches) -> None:
        self._database = database
        self._batches = batches
        self._records = Lane(batches.write)
        self._claims = self._records if batches.is_one_lane else Lane(batches.write)
        self._additions = self._records if batches.is_one_lane else Lane(batches.write)

    async def add(self, run: Run) -> bool:
        return await self._additions.written(Addition(run=run)) is True

    async def claim(self, run_id: str, *, owner: str, now: datetime, until: datetime) -> Claimed | None:
        outcome = await self._claims.written(Claim(run_id=run_id, owner=owner, now=now, until=until))
        assert outcome is None or isinstance(outcome, Claimed)
        return outcome

    async def record(self, *, owner: str, run: Run | None = None, attempts: Sequence[StepAttempt] = ()) -> None:
        if run is None and not attempts:
            return
        outcome = await self._records.written(self._batches.record(owner, run, attempts))
        if isinstance(outcome, StaleError):
            raise outcome

    async def renew(self, run_ids: Sequence[str], *, owner: str, until: datetime) -> set[str]:
        if not run_ids:
            return set()
        is_ours = (runs.c.id.in_(run_ids), runs.c.lease_owner == owner)
        async with self._database.begin() as transaction:
            # Locked in the order of ids, as every batch does.
            held = select(runs.c.id).where(*is_ours).order_by(runs.c.id).with_for_update()
            renewed = runs.update().where(runs.c.id.in_(held)).values(lease_until=until).returning(runs.c.id)
            return {str(row[0]) for row in await transaction.write_returning(renewed)}

    async def release(self, *, owner: str) -> None:
        held = select(runs.c.id).where(runs.c.lease_owner == owner).order_by(runs.c.id).with_for_update()
        async with self._database.begin() as transaction:
            await transaction.write(
                # A running run was started in the past, so that it is due now.
                runs.update()
                .where(runs.c.id.in_(held), runs.c.state == RunState.RUNNING)
                .values(lease_owner=None, lease_until=None, due_at=runs.c.started_at)
            )

    async def cancelling(self, run_ids: Sequence[str]) -> set[str]:
        if not run_ids:
            return set()
        statement = select(runs.c.id).where(runs.c.id.in_(run_ids), runs.c.is_cancelling)
        async with self._database.begin() as transaction:
            return {str(row[0]) for row in await transaction.read(statement)}

    async def close(self) -> None:
        """Wait until nothing waits any more."""
        for lane in {self._records, self._claims, self._additions}:
            await lane.close()
