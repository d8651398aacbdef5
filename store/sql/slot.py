"""Slots are rows, and the primary key is what keeps two runs from having the same one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import Insert, and_, bindparam, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from store.record import Run, RunState, Waiting
from store.sql.database import Transaction
from store.sql.mapping import RecordTable
from store.sql.table import concurrency_slots, runs

_RUNS = RecordTable(Run, runs)
_FINAL = [state for state in RunState if state.is_final]
_KEY = bindparam("key", type_=runs.c.concurrency_key.type)
_AGE = (runs.c.created_at, runs.c.id)

_KEEP = (
    concurrency_slots.update()
    .where(concurrency_slots.c.concurrency_key == _KEY, concurrency_slots.c.run_id == bindparam("run_id"))
    .values(run_id=bindparam("run_id"))
)
_RELEASE = concurrency_slots.delete().where(concurrency_slots.c.run_id == bindparam("run_id"))
_WAITS = and_(runs.c.concurrency_key == _KEY, runs.c.state == RunState.WAITING, runs.c.waiting_for == Waiting.SLOT)
_IS_OLDER = or_(
    runs.c.created_at < bindparam("created_at", type_=runs.c.created_at.type),
    and_(runs.c.created_at == bindparam("created_at", type_=runs.c.created_at.type), runs.c.id < bindparam("run_id")),
)
_EARLIER = select(runs.c.id).where(_WAITS, _IS_OLDER).limit(1)
_OLDER = _RUNS.select.where(runs.c.concurrency_key == _KEY, runs.c.state.not_in(_FINAL), _IS_OLDER).order_by(*_AGE)
_NEXT = _RUNS.select.where(_WAITS).order_by(*_AGE).limit(bindparam("free"))
_TAKEN = (
    select(func.count())
    .select_from(concurrency_slots.join(runs, runs.c.id == concurrency_slots.c.run_id))
    .where(
        concurrency_slots.c.concurrency_key == _KEY,
        concurrency_slots.c.slot < bindparam("limit"),
        runs.c.state.not_in(_FINAL),
    )
)
_NUDGE = (
    runs.update()
    .where(runs.c.id == bindparam("run_id"), runs.c.state == RunState.WAITING)
    .values(due_at=bindparam("at"), nudged_at=bindparam("at"))
)


@cache
def _take(*, is_postgres: bool) -> Insert:
    """Insert a slot, or take over that of a run that has ended; touches no row when it is held."""
    ended = concurrency_slots.c.run_id.in_(select(runs.c.id).where(runs.c.state.in_(_FINAL)))
    if is_postgres:
        wanted = postgresql.insert(concurrency_slots)
        return wanted.on_conflict_do_update(
            index_elements=["concurrency_key", "slot"], set_={"run_id": wanted.excluded.run_id}, where=ended
        )
    other = sqlite.insert(concurrency_slots)
    return other.on_conflict_do_update(
        index_elements=["concurrency_key", "slot"], set_={"run_id": other.excluded.run_id}, where=ended
    )


@dataclass(frozen=True, slots=True)
class SqlSlotStore:
    """Implements `store.port.SlotStore`."""

    _transaction: Transaction

    async def take(self, run: Run, key: str, limit: int) -> bool:
        if await self._transaction.write(_KEEP, {"key": key, "run_id": run.id}):
            return True
        if await self._transaction.read(_EARLIER, {"key": key, "run_id": run.id, "created_at": run.created_at}):
            return False
        for slot in range(limit):
            wanted = {"concurrency_key": key, "slot": slot, "run_id": run.id}
            if await self._transaction.write(_take(is_postgres=self._transaction.is_postgres), wanted) == 1:
                return True
        return False

    async def release(self, run_id: str) -> None:
        await self._transaction.write(_RELEASE, {"run_id": run_id})

    async def next(self, key: str, limit: int, *, at: datetime) -> list[Run]:
        taken = (await self._transaction.read(_TAKEN, {"key": key, "limit": limit}))[0][0]
        free = limit - int(taken)
        waiting = await _RUNS.all(self._transaction, _NEXT, key=key, free=free) if free > 0 else []
        for run in waiting:
            await self._transaction.write(_NUDGE, {"run_id": run.id, "at": at})
        return waiting

    async def older(self, run: Run, key: str) -> list[Run]:
        return await _RUNS.all(self._transaction, _OLDER, key=key, run_id=run.id, created_at=run.created_at)
