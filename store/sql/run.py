"""Runs as people, schedules and sweepers see them. Workers write through `store.sql.journal`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BindParameter, Integer, bindparam, false, func, or_, select, true, union_all

from store.port import DueRun
from store.record import Priority, Run, RunState, Signal, StepAttempt
from store.sql.database import Transaction
from store.sql.mapping import RecordTable
from store.sql.table import IS_PENDING, IS_RUNNING, concurrency_slots, runs, signals, step_attempts, workflows

RUNS = RecordTable(Run, runs)
ATTEMPTS = RecordTable(StepAttempt, step_attempts)
SIGNALS = RecordTable(Signal, signals)

ATTEMPTS_ORDER = (step_attempts.c.started_at, step_attempts.c.position)
SIGNALS_ORDER = (signals.c.at, signals.c.id)

_ATTEMPTS = ATTEMPTS.where("run_id").order_by(*ATTEMPTS_ORDER)
_SIGNALS = SIGNALS.where("run_id").order_by(*SIGNALS_ORDER)

_NEWEST_FIRST = (runs.c.created_at.desc(), runs.c.id.desc())
_LIMIT: BindParameter[int] = bindparam("limit", type_=Integer())
_OF_PERSON = RUNS.where("person_id").order_by(*_NEWEST_FIRST).limit(_LIMIT)
_OF_PERSON_IN = (
    RUNS.where("person_id")
    .where(runs.c.state.in_(bindparam("states", expanding=True)))
    .order_by(*_NEWEST_FIRST)
    .limit(_LIMIT)
)
_BY_HAND = (
    RUNS.select.join(workflows, workflows.c.id == runs.c.workflow_id)
    .where(
        runs.c.person_id == bindparam("person_id"),
        runs.c.started_by == bindparam("person_id"),
        workflows.c.template_id == bindparam("template_id"),
        runs.c.created_at >= bindparam("since", type_=runs.c.created_at.type),
        runs.c.trigger_id.is_(None),
        runs.c.replay_of.is_(None),
        runs.c.is_rehearsal.is_(False),
    )
    .order_by(*_NEWEST_FIRST)
    .limit(_LIMIT)
)
_OF_WORKFLOW = RUNS.where("workflow_id").order_by(*_NEWEST_FIRST).limit(_LIMIT)

_NOW = bindparam("now", type_=runs.c.due_at.type)
_WAKES_AT = func.coalesce(runs.c.lease_until, runs.c.due_at)
"""When a running run wants another worker."""

_WANTED = (runs.c.id, runs.c.person_id, runs.c.priority)
_EITHER = union_all(
    select(*_WANTED, false().label("is_orphaned"), runs.c.due_at.label("at")).where(IS_PENDING, runs.c.due_at <= _NOW),
    select(*_WANTED, true().label("is_orphaned"), _WAKES_AT.label("at")).where(
        IS_RUNNING, or_(runs.c.lease_until.is_(None), runs.c.lease_until <= _NOW)
    ),
).subquery()
_DUE = (
    select(_EITHER.c.id, _EITHER.c.person_id, _EITHER.c.priority, _EITHER.c.is_orphaned)
    .order_by(_EITHER.c.is_orphaned.desc(), _EITHER.c.priority, _EITHER.c.at, _EITHER.c.id)
    .limit(_LIMIT)
)
_NEXT_DUE_AT = union_all(
    select(func.min(runs.c.due_at).label("at")).where(IS_PENDING),
    select(func.min(_WAKES_AT).label("at")).where(IS_RUNNING),
)

_IS_OPEN = (
    runs.c.id == bindparam("run_id"),
    runs.c.state.not_in([state for state in RunState if state.is_final]),
)
_LOCK_OPEN = select(runs.c.id).where(*_IS_OPEN).with_for_update()
_NUDGE = runs.update().where(*_IS_OPEN).values(due_at=bindparam("at"), nudged_at=bindparam("at"))
_CANCEL = _NUDGE.values(is_cancelling=True)
_TELL = _NUDGE.values(activity=runs.c.activity + 1)

_REPLAYS = RUNS.where("replay_of").order_by(runs.c.created_at, runs.c.id)
_REQUEUE = (
    runs.update()
    .where(
        runs.c.id == bindparam("run_id"),
        runs.c.state.in_([RunState.FAILED, RunState.CANCELLED]),
        runs.c.pruned_at.is_(None),
    )
    .values(
        state=RunState.QUEUED,
        due_at=bindparam("at"),
        priority=bindparam("priority"),
        failure=None,
        result=None,
        started_at=None,
        ended_at=None,
        waiting_for=None,
        paused_s=0.0,
        paused_at=None,
        is_cancelling=False,
        dismissed_at=None,
        lease_owner=None,
        lease_until=None,
    )
)

_GIVE_SLOT_BACK = concurrency_slots.delete().where(concurrency_slots.c.run_id == bindparam("run_id"))
"""A run that is wanted again asks for a slot again: another one may be about to take over its slot."""


@dataclass(frozen=True, slots=True)
class SqlRunStore:
    """Implements `store.port.RunStore`."""

    _transaction: Transaction

    async def add(self, run: Run) -> bool:
        return await RUNS.insert_new(self._transaction, run, "fire_key")

    async def get(self, run_id: str) -> Run | None:
        return await RUNS.first(self._transaction, id=run_id)

    async def attempts(self, run_id: str) -> list[StepAttempt]:
        return await ATTEMPTS.all(self._transaction, _ATTEMPTS, run_id=run_id)

    async def of_person(self, person_id: str, *, states: Sequence[RunState] = (), limit: int = 20) -> list[Run]:
        wanted = {"person_id": person_id, "limit": limit}
        if states:
            return await RUNS.all(self._transaction, _OF_PERSON_IN, states=list(states), **wanted)
        return await RUNS.all(self._transaction, _OF_PERSON, **wanted)

    async def of_workflow(self, workflow_id: str, *, limit: int = 20) -> list[Run]:
        return await RUNS.all(self._transaction, _OF_WORKFLOW, workflow_id=workflow_id, limit=limit)

    async def by_hand(self, person_id: str, template_id: str, *, since: datetime, limit: int = 20) -> list[Run]:
        wanted = {"person_id": person_id, "template_id": template_id, "since": since, "limit": limit}
        return await RUNS.all(self._transaction, _BY_HAND, **wanted)

    async def due(self, now: datetime, *, limit: int = 100) -> list[DueRun]:
        rows = await self._transaction.read(_DUE, {"now": now, "limit": limit})
        return [DueRun(**row._asdict()) for row in rows]

    async def next_due_at(self) -> datetime | None:
        rows = await self._transaction.read(_NEXT_DUE_AT)
        return min((row[0] for row in rows if row[0] is not None), default=None)

    async def request_cancel(self, run_id: str, *, at: datetime) -> bool:
        return await self._transaction.write(_CANCEL, {"run_id": run_id, "at": at}) == 1

    async def signal(self, signal: Signal) -> bool:
        if not await self._transaction.write_returning(_LOCK_OPEN, {"run_id": signal.run_id}):
            return False
        if not await SIGNALS.insert_new(self._transaction, signal, "run_id", "step_id", "name"):
            return False
        await self._transaction.write(_TELL, {"run_id": signal.run_id, "at": signal.at})
        return True

    async def signals(self, run_id: str) -> list[Signal]:
        return await SIGNALS.all(self._transaction, _SIGNALS, run_id=run_id)

    async def requeue(self, run_id: str, *, at: datetime, priority: Priority = Priority.INTERACTIVE) -> bool:
        if await self._transaction.write(_REQUEUE, {"run_id": run_id, "at": at, "priority": priority}) != 1:
            return False
        await self._transaction.write(_GIVE_SLOT_BACK, {"run_id": run_id})
        return True

    async def replays(self, run_id: str) -> list[Run]:
        return await RUNS.all(self._transaction, _REPLAYS, replay_of=run_id)
