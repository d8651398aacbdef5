"""Small records beside the others: where things are shown, who did what, and what steps remember between runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import JsonValue
from sqlalchemy import bindparam, select

from store.record import AuditEvent, Card, Shows
from store.sql.database import Transaction
from store.sql.mapping import RecordTable, upsert
from store.sql.table import audit_events, cards, memories

_CARDS = RecordTable(Card, cards)
_AUDIT = RecordTable(AuditEvent, audit_events)

_SHOWING = _CARDS.where("subject", "subject_id").order_by(cards.c.message_id)
_OF_SUBJECT = _AUDIT.where("subject_id").order_by(audit_events.c.at, audit_events.c.id)
_REMEMBERED = select(memories.c.value).where(memories.c.scope == bindparam("scope"), memories.c.key == bindparam("key"))

_OF_SCOPE = select(memories.c.key, memories.c.value).where(memories.c.scope == bindparam("scope"))
_FORGET = (
    memories.delete()
    .where(memories.c.scope == bindparam("of_scope"), memories.c.key == bindparam("of_key"))
    .returning(memories.c.value)
)


@dataclass(frozen=True, slots=True)
class SqlCardStore:
    """Implements `store.port.CardStore`. Adding a card again replaces its `external_id`."""

    _transaction: Transaction

    async def add(self, card: Card) -> None:
        await _CARDS.upsert(self._transaction, card, "subject", "subject_id", "surface", "message_id")

    async def of_subject(self, subject: Shows, subject_id: str) -> list[Card]:
        return await _CARDS.all(self._transaction, _SHOWING, subject=subject, subject_id=subject_id)


@dataclass(frozen=True, slots=True)
class SqlAuditStore:
    """Implements `store.port.AuditStore`."""

    _transaction: Transaction

    async def add(self, event: AuditEvent) -> None:
        await _AUDIT.insert(self._transaction, event)

    async def of_subject(self, subject_id: str) -> list[AuditEvent]:
        return await _AUDIT.all(self._transaction, _OF_SUBJECT, subject_id=subject_id)


@dataclass(frozen=True, slots=True)
class SqlMemoryStore:
    """Implements `store.port.MemoryStore`."""

    _transaction: Transaction

    async def get(self, scope: str, key: str) -> JsonValue:
        rows = await self._transaction.read(_REMEMBERED, {"scope": scope, "key": key})
        value: JsonValue = rows[0][0] if rows else None
        return value

    async def put(self, scope: str, key: str, value: JsonValue, *, at: datetime) -> None:
        statement = upsert(
            memories, ("scope", "key"), ("scope", "key", "value", "at"), is_postgres=self._transaction.is_postgres
        )
        await self._transaction.write(statement, {"scope": scope, "key": key, "value": value, "at": at})

    async def of_scope(self, scope: str) -> dict[str, JsonValue]:
        rows: Sequence[Sequence[Any]] = await self._transaction.read(_OF_SCOPE, {"scope": scope})
        return {str(row[0]): row[1] for row in rows}

    async def take(self, scope: str, key: str) -> JsonValue:
        rows = await self._transaction.write_returning(_FORGET, {"of_scope": scope, "of_key": key})
        value: JsonValue = rows[0][0] if rows else None
        return value
