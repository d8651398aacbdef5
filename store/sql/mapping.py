"""Records to rows and back, for every table alike: a column is named as its field and its type gives the field's value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Executable, Insert, Row, Select, Table, select
from sqlalchemy.dialects import postgresql, sqlite

from core.errors import StoreError
from store.sql.database import Transaction

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    R = TypeVar("R", bound=DataclassInstance)
else:
    R = TypeVar("R")

Criterion = ColumnElement[bool]


class RecordTable(Generic[R]):
    """One kind of record and the table that it lies in. The table may have columns that the record does not show."""

    def __init__(self, record: type[R], table: Table) -> None:
        self.table = table
        self._record = record
        self.names = tuple(field.name for field in fields(record))

    @cached_property
    def select(self) -> Select[Any]:
        """All records, with their columns in the order of the record's fields."""
        return select(*(self.table.c[name] for name in self.names))

    def values(self, record: R) -> dict[str, object]:
        return {name: getattr(record, name) for name in self.names}

    def record(self, row: Row[Any]) -> R:
        """Read a row of `select`; columns behind the record's own are left."""
        return self._record(**dict(zip(self.names, row, strict=False)))

    async def first(self, transaction: Transaction, *criteria: Criterion) -> R | None:
        rows = await transaction.read(self.select.where(*criteria).limit(1))
        return self.record(rows[0]) if rows else None

    async def all(self, transaction: Transaction, statement: Executable) -> list[R]:
        return [self.record(row) for row in await transaction.read(statement)]

    async def insert(self, transaction: Transaction, record: R) -> None:
        await transaction.write(self.table.insert(), self.values(record))

    async def insert_new(self, transaction: Transaction, record: R, *key: str) -> bool:
        """Insert unless a row has the same unique `key`; false then."""
        if transaction.is_postgres:
            statement: Executable = postgresql.insert(self.table).on_conflict_do_nothing(index_elements=key)
        else:
            statement = sqlite.insert(self.table).on_conflict_do_nothing(index_elements=key)
        return await transaction.write(statement, self.values(record)) == 1

    async def upsert(self, transaction: Transaction, record: R, *key: str) -> None:
        """Insert, or replace the row that has the same unique `key`."""
        await transaction.write(upsert(self.table, key, self.names, transaction.is_postgres), self.values(record))

    async def change(self, transaction: Transaction, values: Mapping[str, object], *criteria: Criterion) -> bool:
        """Set columns of one row; false when no row fits."""
        return await transaction.write(self.table.update().where(*criteria), values) == 1

    async def must_change(self, transaction: Transaction, record_id: str, values: Mapping[str, object]) -> None:
        """Set columns of the row with this id. Raises StoreError when there is none."""
        if not await self.change(transaction, values, self.table.c.id == record_id):
            raise StoreError(f"There is no {record_id} in {self.table.name}.")


def upsert(table: Table, key: Sequence[str], names: Sequence[str], is_postgres: bool) -> Insert:  # noqa: FBT001  # one of two dialects
    """Return the statement that inserts a row, or replaces all but the key of the row that is there."""
    rest = [name for name in names if name not in key]
    if is_postgres:
        wanted = postgresql.insert(table)
        return wanted.on_conflict_do_update(index_elements=key, set_={name: wanted.excluded[name] for name in rest})
    other = sqlite.insert(table)
    return other.on_conflict_do_update(index_elements=key, set_={name: other.excluded[name] for name in rest})
