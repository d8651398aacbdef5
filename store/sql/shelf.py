"""Saved templates, learned words, suggestions.

Every change takes the next revision from one row, which is locked until the commit: so revisions become visible in their
order, and who has seen one misses none before it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Integer, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

from store.record import LearnedAsk, SavedTemplate, Suggestion
from store.sql.database import Transaction
from store.sql.mapping import RecordTable, upsert
from store.sql.shelf_table import learned_asks, saved_templates, shelf_changes, suggestions

_SAVED = RecordTable(SavedTemplate, saved_templates)
_ASKS = RecordTable(LearnedAsk, learned_asks)
_SUGGESTIONS = RecordTable(Suggestion, suggestions)

_COUNTER = ""
"""The row of no template: it counts."""

_SOME: BindParameter[Any] = bindparam("some", expanding=True)
_REVISION = select(shelf_changes.c.revision).where(shelf_changes.c.template_id == _COUNTER)
_CHANGED = (
    select(shelf_changes.c.template_id)
    .where(shelf_changes.c.revision > bindparam("since", type_=Integer()), shelf_changes.c.template_id != _COUNTER)
    .order_by(shelf_changes.c.template_id)
)
_THESE_SAVED = _SAVED.select.where(saved_templates.c.id.in_(_SOME)).order_by(saved_templates.c.id)
_ALL_SAVED = _SAVED.select.order_by(saved_templates.c.name, saved_templates.c.id)
_REMOVE = saved_templates.delete().where(saved_templates.c.id == bindparam("template_id"))

_NEWEST_FIRST = (learned_asks.c.at.desc(), learned_asks.c.words)
_ASKS_OF = _ASKS.select.where(learned_asks.c.template_id.in_(_SOME)).order_by(*_NEWEST_FIRST)
_TAUGHT = select(learned_asks.c.template_id).distinct()
_BEYOND = (
    select(learned_asks.c.words)
    .where(learned_asks.c.template_id == bindparam("template_id"))
    .order_by(*_NEWEST_FIRST)
    .limit(1_000_000)
    .offset(bindparam("keep", type_=Integer()))
)
_DROP = learned_asks.delete().where(learned_asks.c.words.in_(_SOME))
_DROP_OF = learned_asks.delete().where(learned_asks.c.template_id == bindparam("template_id"))
_DROP_ALL = learned_asks.delete()

_OF_PERSON = _SUGGESTIONS.where("person_id", "template_id").order_by(suggestions.c.at, suggestions.c.id)

_CHUNK = 500
"""So many keys go into one query."""


@cache
def _next(*, is_postgres: bool) -> ReturningInsert[tuple[int]]:
    """Begin to count, or count on."""
    insert = postgresql.insert if is_postgres else sqlite.insert
    first = insert(shelf_changes).values(template_id=_COUNTER, revision=1)
    following = first.on_conflict_do_update(
        index_elements=["template_id"], set_={"revision": shelf_changes.c.revision + 1}
    )
    return following.returning(shelf_changes.c.revision)


@dataclass(frozen=True, slots=True)
class SqlShelfStore:
    """Implements `store.port.ShelfStore`."""

    _transaction: Transaction

    async def revision(self) -> int:
        rows = await self._transaction.read(_REVISION)
        return int(rows[0][0]) if rows else 0

    async def changed(self, since: int) -> list[str]:
        return [str(row[0]) for row in await self._transaction.read(_CHANGED, {"since": since})]

    async def saved(self, ids: Collection[str]) -> list[SavedTemplate]:
        return [one for some in _chunks(ids) for one in await _SAVED.all(self._transaction, _THESE_SAVED, some=some)]

    async def all_saved(self) -> list[SavedTemplate]:
        return await _SAVED.all(self._transaction, _ALL_SAVED)

    async def add(self, template: SavedTemplate) -> bool:
        await self._changing([template.id])
        return await _SAVED.insert_new(self._transaction, template, "id")

    async def replace(self, template: SavedTemplate) -> bool:
        await self._changing([template.id])
        values = _SAVED.values(template)
        return await _SAVED.change(self._transaction, values, id=template.id, version=template.version - 1)

    async def remove(self, template_id: str) -> bool:
        await self._changing([template_id])
        await self._transaction.write(_DROP_OF, {"template_id": template_id})
        return await self._transaction.write(_REMOVE, {"template_id": template_id}) == 1

    async def learn(self, ask: LearnedAsk, *, keep: int) -> None:
        before = await _ASKS.first(self._transaction, words=ask.words)
        await self._changing({ask.template_id, *((before.template_id,) if before else ())})
        await _ASKS.upsert(self._transaction, ask, "words")
        beyond = await self._transaction.read(_BEYOND, {"template_id": ask.template_id, "keep": keep})
        if beyond:
            await self._transaction.write(_DROP, {"some": [row[0] for row in beyond]})

    async def asks(self, template_ids: Collection[str]) -> list[LearnedAsk]:
        found = [
            one for some in _chunks(template_ids) for one in await _ASKS.all(self._transaction, _ASKS_OF, some=some)
        ]
        return sorted(found, key=lambda ask: ask.at, reverse=True)

    async def forget(self) -> int:
        taught = [str(row[0]) for row in await self._transaction.read(_TAUGHT)]
        if not taught:
            return 0
        await self._changing(taught)
        return await self._transaction.write(_DROP_ALL)

    async def _changing(self, template_ids: Collection[str]) -> None:
        """Take the next revision for what is about to change. First, so that all wait for each other in one place."""
        transaction = self._transaction
        put = upsert(shelf_changes, ("template_id",), ("template_id", "revision"), is_postgres=transaction.is_postgres)
        revision = int((await transaction.write_returning(_next(is_postgres=transaction.is_postgres)))[0][0])
        for template_id in sorted(template_ids):
            await transaction.write(put, {"template_id": template_id, "revision": revision})


@dataclass(frozen=True, slots=True)
class SqlSuggestionStore:
    """Implements `store.port.SuggestionStore`."""

    _transaction: Transaction

    async def add(self, suggestion: Suggestion) -> bool:
        return await _SUGGESTIONS.insert_new(self._transaction, suggestion, "person_id", "template_id", "digest")

    async def get(self, suggestion_id: str) -> Suggestion | None:
        return await _SUGGESTIONS.first(self._transaction, id=suggestion_id)

    async def of_person(self, person_id: str, template_id: str) -> list[Suggestion]:
        return await _SUGGESTIONS.all(self._transaction, _OF_PERSON, person_id=person_id, template_id=template_id)


def _chunks(keys: Collection[str]) -> list[list[str]]:
    listed = sorted(set(keys))
    return [listed[start : start + _CHUNK] for start in range(0, len(listed), _CHUNK)]
