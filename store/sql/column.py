"""Column types that give and take exactly what the records hold. Knows no table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Any, Generic, TypeVar

import orjson
from pydantic import JsonValue
from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer, String, Text, TypeDecorator
from sqlalchemy.types import TypeEngine

from store.record import Failure

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

W = TypeVar("W", bound=StrEnum)
N = TypeVar("N", bound=IntEnum)


def readable(value: str) -> str:
    """Return the text without what no database takes: NUL and lone surrogates become a replacement character."""
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "\ufffd")


def dump_json(value: JsonValue) -> str:
    """Return JSON text. Raises TypeError for what JSON cannot hold, e.g. an integer of more than 64 bits."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return orjson.dumps(_readable_json(value)).decode()


def _readable_json(value: JsonValue) -> JsonValue:
    if isinstance(value, str):
        return readable(value)
    if isinstance(value, list):
        return [_readable_json(item) for item in value]
    if isinstance(value, dict):
        return {readable(key): _readable_json(item) for key, item in value.items()}
    return value


class Prose(TypeDecorator[str]):
    """What people or services wrote."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        del dialect
        return None if value is None else readable(value)


class Instant(TypeDecorator[datetime]):
    """An aware moment, UTC when read: `timestamptz` on PostgreSQL, microseconds since 1970 on SQLite.

    Integers sort, compare and index as times do, which SQLite's own texts do only when all are written alike.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(BigInteger() if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | int | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value.isoformat()} has no time zone")
        return (value - _EPOCH) // _MICROSECOND if dialect.name == "sqlite" else value.astimezone(UTC)

    def process_result_value(self, value: datetime | int | None, dialect: Dialect) -> datetime | None:
        del dialect
        return _EPOCH + timedelta(microseconds=value) if isinstance(value, int) else value


class Word(TypeDecorator[W], Generic[W]):
    """One value of a `StrEnum`, kept as its word."""

    impl = String
    cache_ok = True

    def __init__(self, words: type[W]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: W | str | None, dialect: Dialect) -> str | None:
        del dialect
        return None if value is None else self.words(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> W | None:
        del dialect
        return None if value is None else self.words(value)


class Rank(TypeDecorator[N], Generic[N]):
    """One value of an `IntEnum`, kept as its number."""

    impl = Integer
    cache_ok = True

    def __init__(self, ranks: type[N]) -> None:
        super().__init__()
        self.ranks = ranks

    def process_bind_param(self, value: N | int | None, dialect: Dialect) -> int | None:
        del dialect
        return None if value is None else self.ranks(value).value

    def process_result_value(self, value: int | None, dialect: Dialect) -> N | None:
        del dialect
        return None if value is None else self.ranks(value)


class Json(TypeDecorator[JsonValue]):
    """Any JSON; null is NULL. `json` on PostgreSQL, text on SQLite.

    Not PostgreSQL's `jsonb`: that refuses NUL characters and forgets the order of keys. Not what SQLAlchemy makes on
    SQLite: a column that is declared `JSON` there turns the text `1.10` into a number.
    """

    impl = JSON(none_as_null=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else JSON(none_as_null=True))

    def process_bind_param(self, value: JsonValue, dialect: Dialect) -> JsonValue:
        return dump_json(value) if dialect.name == "sqlite" and value is not None else value

    def process_result_value(self, value: Any, dialect: Dialect) -> JsonValue:
        loaded: JsonValue = orjson.loads(value) if dialect.name == "sqlite" and value is not None else value
        return loaded


class FailureColumn(TypeDecorator[Failure]):
    """A `Failure`, kept as a JSON object."""

    impl = Json
    cache_ok = True

    def process_bind_param(self, value: Failure | None, dialect: Dialect) -> dict[str, JsonValue] | None:
        del dialect
        if value is None:
            return None
        return {"cause": value.cause, "message": value.message, "advice": value.advice, "step_id": value.step_id}

    def process_result_value(self, value: dict[str, str] | None, dialect: Dialect) -> Failure | None:
        del dialect
        return None if value is None else Failure(**value)
