"""People and their accounts on surfaces."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from store.record import Identity, Person
from store.sql.database import Transaction
from store.sql.mapping import RecordTable
from store.sql.table import identities, people

_PEOPLE = RecordTable(Person, people)
_IDENTITIES = RecordTable(Identity, identities)


@dataclass(frozen=True, slots=True)
class SqlPersonStore:
    """Implements `store.port.PersonStore`."""

    _transaction: Transaction

    async def add(self, person: Person, identity: Identity) -> None:
        await _PEOPLE.insert(self._transaction, person)
        await _IDENTITIES.insert(self._transaction, identity)

    async def get(self, person_id: str) -> Person | None:
        return await _PEOPLE.first(self._transaction, people.c.id == person_id)

    async def by_identity(self, surface: str, external_id: str) -> Person | None:
        rows = await self._transaction.read(
            _PEOPLE.select.join(identities).where(
                identities.c.surface == surface, identities.c.external_id == external_id
            )
        )
        return _PEOPLE.record(rows[0]) if rows else None

    async def link(self, identity: Identity) -> None:
        await _IDENTITIES.upsert(self._transaction, identity, "surface", "external_id")

    async def save(self, person: Person) -> None:
        await _PEOPLE.must_change(self._transaction, person.id, _PEOPLE.values(person))

    async def count(self) -> int:
        rows = await self._transaction.read(select(func.count()).select_from(people))
        return int(rows[0][0])
