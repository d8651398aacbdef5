"""Records to rows and back, for every table alike: a column is named as its field and its type gives the field's value.

Statements are built once and take their values as parameters: to build and hash one costs SQLAlchemy more than to run it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sqlalchemy import Executable, Insert, Select, Table, Update, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from core.errors import StoreError
from store.sql.database import Parameters, Transaction

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    R = TypeVar("R", bound=DataclassInstance)
else:
    R = TypeVar("R")


class RecordTable(Generic[R]):
    """One kind of record and the table that it lies in. The table may have columns that the record does not show."""

    def __init__(self, record: type[R], table: Table) -> None:
        self.table = table
        self._record = record
        self.names = tuple(field.name for field in fields(record))
        self._inserted = table.insert()
        self._selects: dict[tuple[str, ...], Select[Any]] = {}
        self._updates: dict[tuple[str, ...], Update] = {}

    @cached_property
    def select(self) -> Select[Any]:
        """All records, with their columns in the order of the record's fields."""
        return select(*(self.table.c[name] for name in self.names))

    def where(self, *names: str) -> Select[Any]:
        """The records whose columns `names` equal the parameters of these names."""
        if names not in self._selects:
            self._selects[names] = self.select.where(*(self.table.c[name] == bindparam(name) for name in names))
        return self._selects[names]

    def values(self, record: R) -> dict[str, object]:
        return {name: getattr(record, name) for name in self.names}

    def record(self, row: Sequence[Any]) -> R:
        """Read a row of `select`; columns behind the record's own are left."""
        return self._record(**dict(zip(self.names, row, strict=False)))

    async def first(self, transaction: Transaction, **key: object) -> R | None:
        """The record with these values, none when there is none."""
        rows = await transaction.read(self.where(*key), key)
        return self.record(rows[0]) if rows else None

    async def all(self, transaction: Transaction, statement: Executable, **parameters: object) -> list[R]:
        return [self.record(row) for row in await transaction.read(statement, parameters)]

    async def insert(self, transaction: Transaction, record: R) -> None:
        await transaction.write(self._inserted, self.values(record))

    async def insert_new(self, transaction: Transaction, record: R, *key: str) -> bool:
        """Insert unless a row has the same unique `key`; false then."""
        statement = insert_new(self.table, key, is_postgres=transaction.is_postgres)
        return await transaction.write(statement, self.values(record)) == 1

    async def upsert(self, transaction: Transaction, record: R, *key: str) -> None:
        """Insert, or replace the row that has the same unique `key`."""
        statement = upsert(self.table, key, self.names, is_postgres=transaction.is_postgres)
        await transaction.write(statement, self.values(record))

    async def change(self, transaction: Transaction, values: Mapping[str, object], **key: object) -> bool:
        """Set columns of the row with this key; false when there is none."""
        names = tuple(key)
        if names not in self._updates:
            is_key = (self.table.c[name] == bindparam(f"key_{name}") for name in names)
            self._updates[names] = self.table.update().where(*is_key)
        parameters: Parameters = {**values, **{f"key_{name}": value for name, value in key.items()}}
        return await transaction.write(self._updates[names], parameters) == 1

    async def must_change(self, transaction: Transaction, record_id: str, values: Mapping[str, object]) -> None:
        """Set columns of the row with this id. Raises StoreError when there is none."""
        if not await self.change(transaction, values, id=record_id):
            raise StoreError(f"There is no {record_id} in {self.table.name}.")


@cache
def upsert(table: Table, key: Sequence[str], names: Sequence[str], *, is_postgres: bool) -> Insert:
    """Return the statement that inserts a row, or replaces all but the key of the row that is there."""
    rest = [name for name in names if name not in key]
    if is_postgres:
        wanted = postgresql.insert(table)
        return wanted.on_conflict_do_update(index_elements=key, set_={name: wanted.excluded[name] for name in rest})
    other = sqlite.insert(table)
    return other.on_conflict_do_update(index_elements=key, set_={name: other.excluded[name] for name in rest})


@cache
def insert_new(table: Table, key: Sequence[str], *, is_postgres: bool) -> Insert:
    if is_postgres:
        return postgresql.insert(table).on_conflict_do_nothing(index_elements=key)
    return sqlite.insert(table).on_conflict_do_nothing(index_elements=key)
