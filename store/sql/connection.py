"""Stored credentials. Knows no key: what is secret comes and goes as ciphertext (`store.vault`)."""

from __future__ import annotations

from dataclasses import dataclass

from store.record import Connection
from store.sql.database import Transaction
from store.sql.mapping import RecordTable
from store.sql.table import connections

_CONNECTIONS = RecordTable(Connection, connections)

_BY_AGE = (connections.c.created_at, connections.c.id)
_ALL = _CONNECTIONS.select.order_by(*_BY_AGE)
_OF_PERSON = _CONNECTIONS.where("person_id").order_by(*_BY_AGE)
_OF_CONNECTOR = _CONNECTIONS.where("person_id", "connector").order_by(*_BY_AGE)


@dataclass(frozen=True, slots=True)
class SqlConnectionStore:
    """Implements `store.port.ConnectionStore`."""

    _transaction: Transaction

    async def save(self, connection: Connection) -> None:
        await _CONNECTIONS.upsert(self._transaction, connection, "id")

    async def get(self, connection_id: str) -> Connection | None:
        return await _CONNECTIONS.first(self._transaction, id=connection_id)

    async def of_person(self, person_id: str) -> list[Connection]:
        return await _CONNECTIONS.all(self._transaction, _OF_PERSON, person_id=person_id)

    async def find(self, person_id: str, connector: str) -> Connection | None:
        found = await _CONNECTIONS.all(self._transaction, _OF_CONNECTOR, person_id=person_id, connector=connector)
        return found[-1] if found else None

    async def delete(self, connection_id: str) -> None:
        await self._transaction.write(connections.delete().where(connections.c.id == connection_id))

    async def everyone(self) -> list[Connection]:
        return await _CONNECTIONS.all(self._transaction, _ALL)
