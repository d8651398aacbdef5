"""What arrived from outside surfaces and is not done yet."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Executable, bindparam, func, or_, select

from store.record import Backlog, EntryState, InboxEntry
from store.sql.database import Transaction
from store.sql.mapping import RecordTable, insert_new
from store.sql.surface_table import IS_NEW, inbox

_ENTRIES = RecordTable(InboxEntry, inbox)
_KEY = ("surface", "delivery_id")

_earlier = inbox.alias()
_IS_FREE = or_(inbox.c.lease_until.is_(None), inbox.c.lease_until <= bindparam("now"))
_IS_OLDEST = ~(
    select(_earlier.c.position)
    .where(
        _earlier.c.state == EntryState.NEW,
        _earlier.c.surface == inbox.c.surface,
        _earlier.c.place == inbox.c.place,
        _earlier.c.position < inbox.c.position,
    )
    .exists()
)
_READY = (
    select(inbox.c.position)
    .where(
        IS_NEW,
        inbox.c.surface.in_(bindparam("some", expanding=True)),
        inbox.c.due_at <= bindparam("now"),
        _IS_FREE,
        _IS_OLDEST,
    )
    .order_by(inbox.c.position)
    .limit(bindparam("limit"))
)
# Compared again, so that of two who saw the same one free only one has it.
_TAKE = (
    inbox.update()
    .where(inbox.c.position == bindparam("at"), inbox.c.state == EntryState.NEW, _IS_FREE)
    .values(lease_owner=bindparam("owner"), lease_until=bindparam("until"), attempts=inbox.c.attempts + 1)
    .returning(*(inbox.c[name] for name in _ENTRIES.names))
)
_BACKLOG = select(inbox.c.surface, func.count(), func.min(inbox.c.received_at)).where(IS_NEW).group_by(inbox.c.surface)
_OLD = (
    select(inbox.c.position)
    .where(inbox.c.received_at < bindparam("before"), inbox.c.state != EntryState.NEW)
    .order_by(inbox.c.received_at)
    .limit(bindparam("limit"))
)
_PRUNE = inbox.delete().where(inbox.c.position.in_(_OLD))


@dataclass(frozen=True, slots=True)
class SqlInboxStore:
    """Implements `store.port.InboxStore`."""

    _transaction: Transaction

    async def add(self, entries: Sequence[InboxEntry]) -> list[bool]:
        if not entries:
            return []
        statement = _add(is_postgres=self._transaction.is_postgres)
        given = [_without_position(entry) for entry in entries]
        rows: Sequence[Sequence[Any]] = await self._transaction.write_returning(statement, given, goes_first=True)
        new = {(row[0], row[1]) for row in rows}
        # One that is among them twice is new once.
        return [_taken_out(new, (entry.surface, entry.delivery_id)) for entry in entries]

    async def get(self, surface: str, delivery_id: str) -> InboxEntry | None:
        return await _ENTRIES.first(self._transaction, surface=surface, delivery_id=delivery_id)

    async def move(self, entry: InboxEntry) -> bool:
        return await _ENTRIES.change(
            self._transaction,
            {"place": entry.place, "payload": entry.payload, "due_at": entry.due_at},
            surface=entry.surface,
            delivery_id=entry.delivery_id,
            state=EntryState.NEW,
            attempts=0,
        )

    async def take(
        self, surfaces: Collection[str], owner: str, *, now: datetime, until: datetime, limit: int
    ) -> list[InboxEntry]:
        taken: list[InboxEntry] = []
        for row in await self._transaction.read(_READY, {"some": list(surfaces), "now": now, "limit": limit}):
            lease = {"at": row[0], "owner": owner, "now": now, "until": until}
            taken += map(_ENTRIES.record, await self._transaction.write_returning(_TAKE, lease))
        return taken

    async def renew(self, entry: InboxEntry, *, until: datetime) -> bool:
        lease = {"position": entry.position, "lease_owner": entry.lease_owner, "attempts": entry.attempts}
        return await _ENTRIES.change(self._transaction, {"lease_until": until}, state=EntryState.NEW, **lease)

    async def settle(self, entry: InboxEntry) -> bool:
        return await _ENTRIES.change(
            self._transaction,
            {
                "state": entry.state,
                "due_at": entry.due_at,
                "problem": entry.problem,
                "lease_owner": None,
                "lease_until": None,
            },
            position=entry.position,
            lease_owner=entry.lease_owner,
            attempts=entry.attempts,
        )

    async def backlog(self) -> dict[str, Backlog]:
        rows: Sequence[Sequence[Any]] = await self._transaction.read(_BACKLOG)
        return {str(surface): Backlog(count=count, since=since) for surface, count, since in rows}

    async def prune(self, *, before: datetime, limit: int) -> int:
        return await self._transaction.write(_PRUNE, {"before": before, "limit": limit})


@cache
def _add(*, is_postgres: bool) -> Executable:
    return insert_new(inbox, _KEY, is_postgres=is_postgres).returning(inbox.c.surface, inbox.c.delivery_id)


def _taken_out(new: set[tuple[str, str]], key: tuple[str, str]) -> bool:
    is_new = key in new
    new.discard(key)
    return is_new


def _without_position(entry: InboxEntry) -> dict[str, object]:
    values = _ENTRIES.values(entry)
    del values["position"]
    return values
