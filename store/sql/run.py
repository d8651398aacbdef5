"""Runs as people, schedules and sweepers see them. Workers write through `store.sql.journal`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, or_, select, union_all

from store.record import Run, RunState, Signal, StepAttempt
from store.sql.database import Transaction
from store.sql.mapping import Criterion, RecordTable
from store.sql.table import IS_PENDING, IS_RUNNING, runs, signals, step_attempts

RUNS = RecordTable(Run, runs)
ATTEMPTS = RecordTable(StepAttempt, step_attempts)
SIGNALS = RecordTable(Signal, signals)

ATTEMPTS_IN_ORDER = ATTEMPTS.select.order_by(step_attempts.c.started_at, step_attempts.c.position)
SIGNALS_IN_ORDER = SIGNALS.select.order_by(signals.c.at, signals.c.id)

_FINAL = [state for state in RunState if state.is_final]
_WAKES_AT = func.coalesce(runs.c.lease_until, runs.c.due_at)
"""When a running run wants another worker."""


@dataclass(frozen=True, slots=True)
class SqlRunStore:
    """Implements `store.port.RunStore`."""

    _transaction: Transaction

    async def add(self, run: Run) -> bool:
        return await RUNS.insert_new(self._transaction, run, "fire_key")

    async def get(self, run_id: str) -> Run | None:
        return await RUNS.first(self._transaction, runs.c.id == run_id)

    async def attempts(self, run_id: str) -> list[StepAttempt]:
        return await ATTEMPTS.all(self._transaction, ATTEMPTS_IN_ORDER.where(step_attempts.c.run_id == run_id))

    async def of_person(self, person_id: str, *, states: Sequence[RunState] = (), limit: int = 20) -> list[Run]:
        criteria = [runs.c.person_id == person_id]
        if states:
            criteria.append(runs.c.state.in_(states))
        return await RUNS.all(self._transaction, _newest(limit, *criteria))

    async def of_workflow(self, workflow_id: str, *, limit: int = 20) -> list[Run]:
        return await RUNS.all(self._transaction, _newest(limit, runs.c.workflow_id == workflow_id))

    async def due(self, now: datetime, *, limit: int = 100) -> list[str]:
        pending = select(runs.c.id, runs.c.due_at.label("at")).where(IS_PENDING, runs.c.due_at <= now)
        is_free = or_(runs.c.lease_until.is_(None), runs.c.lease_until <= now)
        abandoned = select(runs.c.id, _WAKES_AT.label("at")).where(IS_RUNNING, is_free)
        both = union_all(pending, abandoned).subquery()
        rows = await self._transaction.read(select(both.c.id).order_by(both.c.at, both.c.id).limit(limit))
        return [str(row[0]) for row in rows]

    async def next_due_at(self) -> datetime | None:
        pending = select(func.min(runs.c.due_at).label("at")).where(IS_PENDING)
        running = select(func.min(_WAKES_AT).label("at")).where(IS_RUNNING)
        rows = await self._transaction.read(union_all(pending, running))
        return min((row[0] for row in rows if row[0] is not None), default=None)

    async def request_cancel(self, run_id: str, *, at: datetime) -> bool:
        return await RUNS.change(
            self._transaction,
            {"is_cancelling": True, "due_at": at, "nudged_at": at},
            runs.c.id == run_id,
            runs.c.state.not_in(_FINAL),
        )

    async def signal(self, signal: Signal) -> bool:
        is_open = (runs.c.id == signal.run_id, runs.c.state.not_in(_FINAL))
        if not await self._transaction.write_returning(select(runs.c.id).where(*is_open).with_for_update()):
            return False
        if not await SIGNALS.insert_new(self._transaction, signal, "run_id", "step_id", "name"):
            return False
        await self._transaction.write(
            runs.update().where(*is_open).values(activity=runs.c.activity + 1),
            {"due_at": signal.at, "nudged_at": signal.at},
        )
        return True

    async def signals(self, run_id: str) -> list[Signal]:
        return await SIGNALS.all(self._transaction, SIGNALS_IN_ORDER.where(signals.c.run_id == run_id))

    async def requeue(self, run_id: str, *, at: datetime) -> bool:
        return await RUNS.change(
            self._transaction,
            {
                "state": RunState.QUEUED,
                "due_at": at,
                "failure": None,
                "result": None,
                "ended_at": None,
                "waiting_for": None,
                "is_cancelling": False,
                "lease_owner": None,
                "lease_until": None,
            },
            runs.c.id == run_id,
            runs.c.state == RunState.FAILED,
        )


def _newest(limit: int, *criteria: Criterion) -> Select[tuple[object, ...]]:
    return RUNS.select.where(*criteria).order_by(runs.c.created_at.desc(), runs.c.id.desc()).limit(limit)
