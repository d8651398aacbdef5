"""Failed runs in groups, and what is removed of runs that ended long ago."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Integer, Select, String, bindparam, func, select, tuple_

from store.record import DeadLetters, RunState
from store.sql.database import Transaction
from store.sql.table import (
    IS_DEAD,
    IS_KEPT_WHOLE,
    approval_requests,
    deliveries,
    runs,
    signals,
    step_attempts,
)

_LIMIT = bindparam("limit", type_=Integer())
_replays = runs.alias("replays")
_IS_REPLAYED = (
    select(_replays.c.id).where(_replays.c.replay_of == runs.c.id, _replays.c.state != RunState.CANCELLED).exists()
)

_SOME: BindParameter[Any] = bindparam("some", expanding=True)
_DISMISS = (
    runs.update()
    .where(runs.c.id.in_(_SOME), runs.c.state == RunState.FAILED, runs.c.dismissed_at.is_(None))
    .values(dismissed_at=bindparam("at", type_=runs.c.dismissed_at.type))
)

_BEFORE = bindparam("before", type_=runs.c.ended_at.type)
_PRUNABLE = (
    select(runs.c.id)
    .where(IS_KEPT_WHOLE, runs.c.ended_at < _BEFORE)
    .order_by(runs.c.ended_at)
    .limit(_LIMIT)
    .with_for_update(skip_locked=True)
)
_PRUNE = (
    runs.update().where(runs.c.id.in_(_SOME)).values(input={}, pruned_at=bindparam("at", type_=runs.c.pruned_at.type))
)
_DELETE_ATTEMPTS = step_attempts.delete().where(step_attempts.c.run_id.in_(_SOME))
_DELETE_SIGNALS = signals.delete().where(signals.c.run_id.in_(_SOME))
_EMPTY_REQUESTS = (
    approval_requests.update().where(approval_requests.c.run_id.in_(_SOME)).values(prompt="", fields={}, editable=[])
)
_DELIVERY = (deliveries.c.surface, deliveries.c.delivery_id)
_OLD_DELIVERIES = select(*_DELIVERY).where(deliveries.c.at < _BEFORE).order_by(deliveries.c.at).limit(_LIMIT)
_DELETE_DELIVERIES = deliveries.delete().where(tuple_(*_DELIVERY).in_(_OLD_DELIVERIES))


@dataclass(frozen=True, slots=True)
class SqlDeadLetterStore:
    """Implements `store.port.DeadLetterStore`."""

    _transaction: Transaction

    async def of_person(self, person_id: str, *, limit: int = 50) -> list[DeadLetters]:
        statement = _groups(is_postgres=self._transaction.is_postgres)
        rows = await self._transaction.read(statement, {"person_id": person_id, "limit": limit})
        return [
            DeadLetters(
                workflow_id=row.workflow_id,
                newest_run_id=row.id,
                failure=row.failure,
                last_at=row.ended_at,
                count=row.number,
            )
            for row in rows
        ]

    async def run_ids(self, person_id: str, group: DeadLetters, *, limit: int) -> list[str]:
        wanted = {
            "person_id": person_id,
            "limit": limit,
            "workflow_id": group.workflow_id,
            "step": group.failure.step_id or "",
            "cause": group.failure.cause,
        }
        rows = await self._transaction.read(_group(is_postgres=self._transaction.is_postgres), wanted)
        return [str(row[0]) for row in rows]

    async def dismiss(self, run_ids: Collection[str], *, at: datetime) -> int:
        if not run_ids:
            return 0
        return await self._transaction.write(_DISMISS, {"some": list(run_ids), "at": at})


@dataclass(frozen=True, slots=True)
class SqlRetentionStore:
    """Implements `store.port.RetentionStore`."""

    _transaction: Transaction

    async def prune_runs(self, *, before: datetime, at: datetime, limit: int) -> int:
        found = await self._transaction.write_returning(_PRUNABLE, {"before": before, "limit": limit})
        some = {"some": [str(row[0]) for row in found]}
        if found:
            await self._transaction.write(_DELETE_ATTEMPTS, some)
            await self._transaction.write(_DELETE_SIGNALS, some)
            await self._transaction.write(_EMPTY_REQUESTS, some)
            await self._transaction.write(_PRUNE, {**some, "at": at})
        return len(found)

    async def prune_deliveries(self, *, before: datetime, limit: int) -> int:
        return await self._transaction.write(_DELETE_DELIVERIES, {"before": before, "limit": limit})


@cache
def _groups(*, is_postgres: bool) -> Select[Any]:
    """The newest run of each group, and how many there are."""
    dead = _dead(is_postgres=is_postgres).subquery()
    alike = (dead.c.workflow_id, dead.c.step, dead.c.cause)
    newest_first = (dead.c.ended_at.desc(), dead.c.id.desc())
    ranked = select(
        dead,
        func.count().over(partition_by=alike).label("number"),
        func.row_number().over(partition_by=alike, order_by=newest_first).label("place"),
    ).subquery()
    return (
        select(ranked.c.workflow_id, ranked.c.id, ranked.c.failure, ranked.c.ended_at, ranked.c.number)
        .where(ranked.c.place == 1)
        .order_by(ranked.c.ended_at.desc(), ranked.c.id.desc())
        .limit(_LIMIT)
    )


@cache
def _group(*, is_postgres: bool) -> Select[Any]:
    dead = _dead(is_postgres=is_postgres).subquery()
    return (
        select(dead.c.id)
        .where(*(dead.c[name] == bindparam(name) for name in ("workflow_id", "step", "cause")))
        .order_by(dead.c.ended_at, dead.c.id)
        .limit(_LIMIT)
    )


def _dead(*, is_postgres: bool) -> Select[Any]:
    return select(
        runs.c.id,
        runs.c.workflow_id,
        runs.c.failure,
        runs.c.ended_at,
        _of_failure("step_id", is_postgres=is_postgres).label("step"),
        _of_failure("cause", is_postgres=is_postgres).label("cause"),
    ).where(IS_DEAD, runs.c.person_id == bindparam("person_id"), ~_IS_REPLAYED)


def _of_failure(name: str, *, is_postgres: bool) -> ColumnElement[str]:
    """A member of the failure's JSON; the empty string for null."""
    if is_postgres:
        member = func.json_extract_path_text(runs.c.failure, name, type_=String())
    else:
        member = func.json_extract(runs.c.failure, f"$.{name}", type_=String())
    return func.coalesce(member, "", type_=String())
