"""What starts runs, and when it is due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, select

from store.record import TriggerKind, TriggerRecord, WorkflowRecord, WorkflowState
from store.sql.database import Transaction
from store.sql.mapping import RecordTable
from store.sql.table import IS_ACTIVE, triggers, workflows
from store.sql.workflow import WORKFLOWS

_TRIGGERS = RecordTable(TriggerRecord, triggers)

_OF_WORKFLOW = _TRIGGERS.where("workflow_id").order_by(triggers.c.created_at, triggers.c.id)
_OF_KIND = _TRIGGERS.where("kind").order_by(triggers.c.created_at, triggers.c.id)
_WITH_WORKFLOW = (
    select(*(triggers.c[name] for name in _TRIGGERS.names), *(workflows.c[name] for name in WORKFLOWS.names))
    .join(workflows, workflows.c.id == triggers.c.workflow_id)
    .where(triggers.c.secret == bindparam("secret"))
)
_DUE = (
    _TRIGGERS.where("kind")
    .where(IS_ACTIVE, triggers.c.next_at <= bindparam("now"))
    .order_by(triggers.c.next_at)
    .limit(bindparam("limit"))
)
_LISTENING = (
    _TRIGGERS.where("kind")
    .join(workflows, workflows.c.id == triggers.c.workflow_id)
    .where(
        triggers.c.is_active,
        workflows.c.state == bindparam("state"),
    )
    .order_by(triggers.c.created_at, triggers.c.id)
)
_LISTENING_OF = _LISTENING.where(workflows.c.person_id == bindparam("person_id"))
_NEXT_AT = select(func.min(triggers.c.next_at)).where(IS_ACTIVE, triggers.c.kind == bindparam("kind"))


@dataclass(frozen=True, slots=True)
class SqlTriggerStore:
    """Implements `store.port.TriggerStore`."""

    _transaction: Transaction

    async def add(self, trigger: TriggerRecord) -> None:
        await _TRIGGERS.insert(self._transaction, trigger)

    async def get(self, trigger_id: str) -> TriggerRecord | None:
        return await _TRIGGERS.first(self._transaction, id=trigger_id)

    async def with_workflow(self, secret: str) -> tuple[TriggerRecord, WorkflowRecord] | None:
        rows = await self._transaction.read(_WITH_WORKFLOW, {"secret": secret})
        if not rows:
            return None
        width = len(_TRIGGERS.names)
        return _TRIGGERS.record(rows[0][:width]), WORKFLOWS.record(rows[0][width:])

    async def of_kind(self, kind: TriggerKind) -> list[TriggerRecord]:
        return await _TRIGGERS.all(self._transaction, _OF_KIND, kind=kind)

    async def of_workflow(self, workflow_id: str) -> list[TriggerRecord]:
        return await _TRIGGERS.all(self._transaction, _OF_WORKFLOW, workflow_id=workflow_id)

    async def listening(self, person_id: str | None = None) -> list[TriggerRecord]:
        wanted: dict[str, object] = {"kind": TriggerKind.EVENT, "state": WorkflowState.ACTIVE}
        if person_id is None:
            return await _TRIGGERS.all(self._transaction, _LISTENING, **wanted)
        return await _TRIGGERS.all(self._transaction, _LISTENING_OF, person_id=person_id, **wanted)

    async def save(self, trigger: TriggerRecord) -> None:
        await _TRIGGERS.must_change(self._transaction, trigger.id, _TRIGGERS.values(trigger))

    async def delete(self, trigger_id: str) -> None:
        await self._transaction.write(triggers.delete().where(triggers.c.id == trigger_id))

    async def due(self, kind: TriggerKind, now: datetime, *, limit: int = 100) -> list[TriggerRecord]:
        return await _TRIGGERS.all(self._transaction, _DUE, kind=kind, now=now, limit=limit)

    async def next_at(self, kind: TriggerKind) -> datetime | None:
        rows = await self._transaction.read(_NEXT_AT, {"kind": kind})
        earliest: datetime | None = rows[0][0]
        return earliest

    async def advance(
        self, trigger_id: str, *, expected: datetime, next_at: datetime | None, last_at: datetime
    ) -> bool:
        return await _TRIGGERS.change(
            self._transaction,
            {"next_at": next_at, "last_at": last_at, "is_active": next_at is not None},
            id=trigger_id,
            next_at=expected,
            is_active=True,
        )

    async def settle(self, trigger: TriggerRecord) -> bool:
        values = _TRIGGERS.values(trigger)
        return await _TRIGGERS.change(self._transaction, values, id=trigger.id, last_at=trigger.last_at, is_active=True)

    async def stop(self, trigger_id: str, *, failures: int, problem: str) -> bool:
        return await _TRIGGERS.change(
            self._transaction,
            {"is_active": False, "next_at": None, "failures": failures, "problem": problem},
            id=trigger_id,
            is_active=True,
        )
