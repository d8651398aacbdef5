"""People, their accounts on surfaces, and their groups."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import bindparam, func, select

from store.record import GroupMember, Identity, Person
from store.sql.database import Transaction
from store.sql.mapping import RecordTable
from store.sql.merge import merge_people
from store.sql.table import group_members, identities, people

PEOPLE = RecordTable(Person, people)
_IDENTITIES = RecordTable(Identity, identities)

_OF_IDENTITY = PEOPLE.select.join(identities).where(
    identities.c.surface == bindparam("surface"), identities.c.external_id == bindparam("external_id")
)
_asked = people.alias()
_MEANT = func.coalesce(_asked.c.merged_into, _asked.c.id)
_GET = PEOPLE.select.join(_asked, people.c.id == _MEANT).where(_asked.c.id == bindparam("asked"))
MEANT_BY = select(_asked.c.id, *(people.c[name] for name in PEOPLE.names)).join(_asked, people.c.id == _MEANT)
"""By id the person whom it means: another one where two have turned out to be one."""
ASKED_ID = _asked.c.id
_IS_ONE = people.c.merged_into.is_(None)
_COUNT = select(func.count()).select_from(people).where(_IS_ONE)
_EVERYONE = PEOPLE.select.where(_IS_ONE).order_by(people.c.created_at, people.c.id)
_ACCOUNTS = _IDENTITIES.where("person_id").order_by(identities.c.surface, identities.c.external_id)
_BY_ACCOUNT = _EVERYONE.where(
    people.c.id.in_(
        select(identities.c.person_id).where(
            (func.lower(identities.c.external_id) == func.lower(bindparam("account")))
            | identities.c.external_id.ilike(bindparam("in_a_team"), escape="\\")
        )
    )
)

_MEMBERS = RecordTable(GroupMember, group_members)
_OF_GROUP = (
    PEOPLE.select.join(group_members)
    .where(group_members.c.group == bindparam("group"))
    .order_by(group_members.c.added_at, people.c.id)
)
_GROUPS = select(group_members.c.group).distinct().order_by(group_members.c.group)
_LEAVE = group_members.delete().where(
    group_members.c.group == bindparam("group"), group_members.c.person_id == bindparam("person_id")
)


@dataclass(frozen=True, slots=True)
class SqlPersonStore:
    """Implements `store.port.PersonStore`."""

    _transaction: Transaction

    async def add(self, person: Person, identity: Identity) -> None:
        await PEOPLE.insert(self._transaction, person)
        await _IDENTITIES.insert(self._transaction, identity)

    async def get(self, person_id: str) -> Person | None:
        found = await PEOPLE.all(self._transaction, _GET, asked=person_id)
        return found[0] if found else None

    async def by_identity(self, surface: str, external_id: str) -> Person | None:
        found = await PEOPLE.all(self._transaction, _OF_IDENTITY, surface=surface, external_id=external_id)
        return found[0] if found else None

    async def link(self, identity: Identity) -> None:
        await _IDENTITIES.upsert(self._transaction, identity, "surface", "external_id")

    async def accounts(self, person_id: str) -> list[Identity]:
        return await _IDENTITIES.all(self._transaction, _ACCOUNTS, person_id=person_id)

    async def merge(self, absorbed_id: str, *, into: str) -> None:
        await merge_people(self._transaction, absorbed_id, into)

    async def save(self, person: Person) -> None:
        await PEOPLE.must_change(self._transaction, person.id, PEOPLE.values(person))

    async def count(self) -> int:
        rows = await self._transaction.read(_COUNT)
        return int(rows[0][0])

    async def everyone(self) -> list[Person]:
        return await PEOPLE.all(self._transaction, _EVERYONE)

    async def by_account(self, external_id: str) -> list[Person]:
        in_a_team = "%/" + re.sub(r"([\\%_])", r"\\\1", external_id)
        return await PEOPLE.all(self._transaction, _BY_ACCOUNT, account=external_id, in_a_team=in_a_team)


@dataclass(frozen=True, slots=True)
class SqlGroupStore:
    """Implements `store.port.GroupStore`."""

    _transaction: Transaction

    async def add(self, member: GroupMember) -> bool:
        return await _MEMBERS.insert_new(self._transaction, member, "group", "person_id")

    async def remove(self, group: str, person_id: str) -> bool:
        return await self._transaction.write(_LEAVE, {"group": group, "person_id": person_id}) == 1

    async def members(self, group: str) -> list[Person]:
        return await PEOPLE.all(self._transaction, _OF_GROUP, group=group)

    async def names(self) -> list[str]:
        return [str(row[0]) for row in await self._transaction.read(_GROUPS)]
