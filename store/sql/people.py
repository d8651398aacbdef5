"""People and their accounts on surfaces."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, func, select

from store.record import Identity, Person
from store.sql.database import Transaction
from store.sql.mapping import RecordTable
from store.sql.table import identities, people

_PEOPLE = RecordTable(Person, people)
_IDENTITIES = RecordTable(Identity, identities)

_OF_IDENTITY = _PEOPLE.select.join(identities).where(
    identities.c.surface == bindparam("surface"), identities.c.external_id == bindparam("external_id")
)
_COUNT = select(func.count()).select_from(people)


@dataclass(frozen=True, slots=True)
class SqlPersonStore:
    """Implements `store.port.PersonStore`."""

    _transaction: Transaction

    async def add(self, person: Person, identity: Identity) -> None:
        await _PEOPLE.insert(self._transaction, person)
        await _IDENTITIES.insert(self._transaction, identity)

    async def get(self, person_id: str) -> Person | None:
        return await _PEOPLE.first(self._transaction, id=person_id)

    async def by_identity(self, surface: str, external_id: str) -> Person | None:
        found = await _PEOPLE.all(self._transaction, _OF_IDENTITY, surface=surface, external_id=external_id)
        return found[0] if found else None

    async def link(self, identity: Identity) -> None:
        await _IDENTITIES.upsert(self._transaction, identity, "surface", "external_id")

    async def save(self, person: Person) -> None:
        await _PEOPLE.must_change(self._transaction, person.id, _PEOPLE.values(person))

    async def count(self) -> int:
        rows = await self._transaction.read(_COUNT)
        return int(rows[0][0])
