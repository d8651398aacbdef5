"""How messages are shown on outside surfaces, and who posts into which of their channels."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Insert, and_, bindparam, case, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from store.record import Backlog, Message, Place, Posting
from store.sql.database import Transaction
from store.sql.mapping import RecordTable
from store.sql.surface_table import IS_DUE_SOMETIME, IS_GIVEN_UP, IS_UNPOSTED, lanes, postings

_POSTINGS = RecordTable(Posting, postings)

_HAS_FAILED = (postings.c.external_id == "") & (postings.c.problem != "")
_TOUCHED = select(postings.c.message_id).where(
    postings.c.message_id.in_(bindparam("some", expanding=True)), ~_HAS_FAILED
)
_TOUCH = (
    postings.update()
    .where(postings.c.message_id.in_(bindparam("these", expanding=True)))
    .values(due_at=bindparam("at"))
)
_IS_WORKED_IN = (
    select(lanes.c.lane)
    .where(lanes.c.surface == postings.c.surface, lanes.c.lane == postings.c.lane, lanes.c.until > bindparam("now"))
    .exists()
)
_LANES = (
    select(postings.c.surface, postings.c.lane)
    .where(
        IS_DUE_SOMETIME,
        postings.c.surface.in_(bindparam("some", expanding=True)),
        postings.c.due_at <= bindparam("now"),
        ~_IS_WORKED_IN,
    )
    .group_by(postings.c.surface, postings.c.lane)
    .order_by(func.min(postings.c.due_at))
    .limit(bindparam("limit"))
)
_OWN = lanes.update().where(
    lanes.c.surface == bindparam("of_surface"),
    lanes.c.lane == bindparam("of_lane"),
    lanes.c.owner == bindparam("of_owner"),
)
_RENEW = _OWN.values(until=bindparam("renewed_until"))
_RELEASE = _OWN.values(owner="", until=bindparam("rest_until"))
_DUE = (
    _POSTINGS.where("surface", "lane")
    .where(IS_DUE_SOMETIME, postings.c.due_at <= bindparam("now"))
    .order_by(case((postings.c.external_id == "", 0), else_=1), postings.c.position)
    .limit(bindparam("limit"))
)
_BEGIN = postings.update().where(postings.c.message_id == bindparam("begun")).values(attempts=postings.c.attempts + 1)
_is_as_seen = or_(postings.c.due_at == bindparam("seen"), postings.c.due_at.is_(None))
_SETTLE = (
    postings.update()
    .where(postings.c.message_id == bindparam("settled"))
    .values(
        external_id=bindparam("external_id"),
        shown=bindparam("shown"),
        shown_at=bindparam("shown_at"),
        attempts=bindparam("attempts"),
        problem=bindparam("problem"),
        due_at=case((_is_as_seen, bindparam("next_at", type_=postings.c.due_at.type)), else_=postings.c.due_at),
    )
)
_BACKLOG = (
    select(postings.c.surface, func.count(), func.min(postings.c.created_at))
    .where(IS_UNPOSTED)
    .group_by(postings.c.surface)
)
_is_given_up_since = and_(IS_GIVEN_UP, postings.c.created_at >= bindparam("since"))
_COUNT_GIVEN_UP = select(postings.c.surface, func.count()).where(_is_given_up_since).group_by(postings.c.surface)
_GIVEN_UP = (
    _POSTINGS.select.where(_is_given_up_since)
    .order_by(postings.c.created_at.desc(), postings.c.position.desc())
    .limit(bindparam("limit"))
)


async def make_posting(transaction: Transaction, message: Message, place: Place) -> None:
    """A message is in the log: it is to be shown there as soon as may be."""
    posting = Posting(
        message_id=message.id,
        conversation_id=message.conversation_id,
        surface=place.surface,
        lane=place.lane,
        created_at=message.at,
        due_at=message.at,
    )
    values = _POSTINGS.values(posting)
    del values["position"]
    await transaction.write(postings.insert(), values)


@dataclass(frozen=True, slots=True)
class SqlPostingStore:
    """Implements `store.port.PostingStore`."""

    _transaction: Transaction

    async def get(self, message_id: str) -> Posting | None:
        return await _POSTINGS.first(self._transaction, message_id=message_id)

    async def by_external(self, surface: str, lane: str, external_id: str) -> Posting | None:
        return await _POSTINGS.first(self._transaction, surface=surface, lane=lane, external_id=external_id)

    async def touch(self, message_ids: Collection[str], *, at: datetime) -> int:
        rows: Sequence[Sequence[Any]] = await self._transaction.read(_TOUCHED, {"some": list(message_ids)})
        if not rows:  # most changes are shown on no outside surface: then nobody waits for a turn to write
            return 0
        return await self._transaction.write(_TOUCH, {"these": [row[0] for row in rows], "at": at})

    async def lanes(self, surfaces: Collection[str], *, now: datetime, limit: int) -> list[tuple[str, str]]:
        wanted = {"some": list(surfaces), "now": now, "limit": limit}
        rows: Sequence[Sequence[Any]] = await self._transaction.read(_LANES, wanted)
        return [(str(row[0]), str(row[1])) for row in rows]

    async def claim(self, surface: str, lane: str, owner: str, *, now: datetime, until: datetime) -> bool:
        lease = {"surface": surface, "lane": lane, "owner": owner, "until": until, "now": now, "claimer": owner}
        return await self._transaction.write(_claim(is_postgres=self._transaction.is_postgres), lease) == 1

    async def renew(self, surface: str, lane: str, owner: str, *, until: datetime) -> bool:
        held = {"of_surface": surface, "of_lane": lane, "of_owner": owner, "renewed_until": until}
        return await self._transaction.write(_RENEW, held) == 1

    async def release(self, surface: str, lane: str, owner: str, *, rest_until: datetime) -> None:
        held = {"of_surface": surface, "of_lane": lane, "of_owner": owner, "rest_until": rest_until}
        await self._transaction.write(_RELEASE, held)

    async def due(self, surface: str, lane: str, *, now: datetime, limit: int) -> list[Posting]:
        wanted = {"surface": surface, "lane": lane, "now": now, "limit": limit}
        return await _POSTINGS.all(self._transaction, _DUE, **wanted)

    async def begin(self, message_id: str) -> None:
        await self._transaction.write(_BEGIN, {"begun": message_id})

    async def settle(self, posting: Posting, *, seen: datetime | None) -> None:
        outcome: dict[str, object] = {
            "settled": posting.message_id,
            "external_id": posting.external_id,
            "shown": posting.shown,
            "shown_at": posting.shown_at,
            "attempts": posting.attempts,
            "problem": posting.problem,
            "next_at": posting.due_at,
            "seen": seen,
        }
        await self._transaction.write(_SETTLE, outcome)

    async def backlog(self) -> dict[str, Backlog]:
        rows: Sequence[Sequence[Any]] = await self._transaction.read(_BACKLOG)
        return {str(surface): Backlog(count=count, since=since) for surface, count, since in rows}

    async def count_given_up(self, since: datetime) -> dict[str, int]:
        rows: Sequence[Sequence[Any]] = await self._transaction.read(_COUNT_GIVEN_UP, {"since": since})
        return {str(surface): int(count) for surface, count in rows}

    async def given_up(self, since: datetime, *, limit: int) -> list[Posting]:
        return await _POSTINGS.all(self._transaction, _GIVEN_UP, since=since, limit=limit)


@cache
def _claim(*, is_postgres: bool) -> Insert:
    """One statement, so that of two who come at one moment only one has it."""
    wanted: Any = (postgresql if is_postgres else sqlite).insert(lanes)
    is_free = or_(lanes.c.until <= bindparam("now"), lanes.c.owner == bindparam("claimer"))
    statement: Insert = wanted.on_conflict_do_update(
        index_elements=["surface", "lane"],
        set_={"owner": wanted.excluded.owner, "until": wanted.excluded.until},
        where=is_free,
    )
    return statement
