"""The journal: many callers wait for one commit. Knows no SQL beyond leases; batches are written by `store.sql.batch`.

The first caller is flushed at once. Those who come while a flush is under way share the next one, so that the commit costs
less for each the more there are, and nobody waits for a timer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import select

from core.errors import StaleError, StoreError
from store.port import Claimed
from store.record import Run, RunState, StepAttempt
from store.sql.batch import Addition, Claim, Entry, Outcome, Writer
from store.sql.database import Database, RefusedError
from store.sql.table import runs

_LARGEST_BATCH = 200


@dataclass(frozen=True, slots=True)
class _Waiting:
    entry: Entry
    future: asyncio.Future[Outcome]


class SqlJournal:
    """Implements `store.port.Journal`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._writer = Writer(database.dialect)
        self._waiting: list[_Waiting] = []
        self._flusher: asyncio.Task[None] | None = None

    async def add(self, run: Run) -> bool:
        return await self._written(Addition(run=run)) is True

    async def claim(self, run_id: str, *, owner: str, now: datetime, until: datetime) -> Claimed | None:
        outcome = await self._written(Claim(run_id=run_id, owner=owner, now=now, until=until))
        assert outcome is None or isinstance(outcome, Claimed)
        return outcome

    async def record(self, *, owner: str, run: Run | None = None, attempts: Sequence[StepAttempt] = ()) -> None:
        if run is None and not attempts:
            return
        outcome = await self._written(self._writer.record(owner, run, attempts))
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
        while self._flusher is not None:
            await asyncio.wait([self._flusher])

    async def _written(self, entry: Entry) -> Outcome:
        waiting = _Waiting(entry, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._flusher is None:
            self._flusher = asyncio.create_task(self._flush(), name="journal")
        return await waiting.future

    async def _flush(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:_LARGEST_BATCH], self._waiting[_LARGEST_BATCH:]
                # Who was cancelled before its turn has nothing written: its caller will not act on it.
                await self._settle([each for each in batch if not each.future.done()])
        finally:
            self._flusher = None

    async def _settle(self, batch: list[_Waiting]) -> None:
        """Write a batch and answer its callers. Only who brought what the database refuses is told of it."""
        try:
            outcomes = await self._write_twice(batch)
        except RefusedError as error:
            if len(batch) == 1:
                _fail(batch, error)
            else:
                for each in batch:
                    await self._settle([each])
        except StoreError as error:
            _fail(batch, error)
        except BaseException as error:
            # Nobody waits for the flusher: what goes wrong in it is raised in those who wait for their records.
            _fail(batch, error if isinstance(error, Exception) else StoreError("The journal was stopped."))
            if not isinstance(error, Exception):
                raise
        else:
            for each, outcome in zip(batch, outcomes, strict=True):
                if not each.future.done():
                    each.future.set_result(outcome)

    async def _write_twice(self, batch: list[_Waiting]) -> list[Outcome]:
        """A lost connection is worth a second try. If the first commit had succeeded, rows are written again as they
        are; a claim then finds its own lease and gives none, which costs time but never runs anything twice.
        """
        if not batch:
            return []
        work = partial(self._writer.write, entries=[each.entry for each in batch])
        try:
            return await self._database.run(work)
        except RefusedError:
            raise
        except StoreError:
            return await self._database.run(work)


def _fail(batch: list[_Waiting], error: Exception) -> None:
    for each in batch:
        if not each.future.done():
            each.future.set_exception(error)
