"""What the store needs of a database, and how a vendor's errors become ours. Knows no table.

There are two: `store.sql.sqlite` and `store.sql.postgres`. Both give read committed isolation: each statement sees what was
committed when it started, and what is read in order to be changed is compared again when it is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Executable, Row
from sqlalchemy.engine import URL, Dialect, make_url
from sqlalchemy.exc import ArgumentError, IntegrityError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from core.errors import ConfigError, StoreError

Parameters = Mapping[str, object] | Sequence[Mapping[str, object]] | None
Rows = Sequence[Row[Any]]
T = TypeVar("T")


class Transaction(Protocol):
    """Statements that are committed together."""

    @property
    def is_postgres(self) -> bool: ...

    async def read(self, statement: Executable, parameters: Parameters = None) -> Rows: ...

    async def write(self, statement: Executable, parameters: Parameters = None) -> int:
        """Return the number of rows that it touched."""
        ...

    async def write_returning(
        self, statement: Executable, parameters: Parameters = None, *, goes_first: bool = False
    ) -> Rows:
        """For RETURNING, and for reads that lock what they read until the end of the transaction. Where writers wait for
        each other, one that `goes_first` is the next.
        """
        ...


class Database(Protocol):
    """One database. Everything that it raises is a StoreError."""

    @property
    def dialect(self) -> Dialect: ...

    def begin(self) -> AbstractAsyncContextManager[Transaction]: ...

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Call `work` in one writing transaction, with as few changes of thread as possible."""
        ...

    async def close(self) -> None: ...


class RefusedError(StoreError):
    """The database refused this record; others may still be written."""


def parse_url(url: str) -> URL:
    """Return the URL with the driver that Errand uses. Raises ConfigError for other databases."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ConfigError("The database URL cannot be read. It looks like sqlite:///path/to/errand.db.") from None
    backend = parsed.drivername.partition("+")[0]
    if backend == "sqlite":
        if parsed.database in (None, "", ":memory:"):
            raise ConfigError("The database must be a file: sqlite:///path/to/errand.db")
        return parsed.set(drivername="sqlite+pysqlite")
    if backend in ("postgresql", "postgres"):
        return _without_libpq_words(parsed.set(drivername="postgresql+asyncpg"))
    raise ConfigError(f"Errand keeps its records in SQLite or PostgreSQL, not in {backend}.")


def _without_libpq_words(url: URL) -> URL:
    """`sslmode` is libpq's word for what asyncpg calls `ssl`."""
    mode = url.query.get("sslmode")
    return url if mode is None else url.difference_update_query(["sslmode"]).update_query_dict({"ssl": mode})


@contextmanager
def store_errors(*more: type[Exception]) -> Iterator[None]:
    """Turn what SQLAlchemy, its driver (`more`) and the network raise into a StoreError."""
    # The last two come from drivers: a number or a text that does not fit.
    vendor: tuple[type[Exception], ...] = (SQLAlchemyError, *more, OverflowError, UnicodeError)
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeoutError, OSError) as error:
        raise StoreError(f"The database cannot be used now: {reason(error)}") from error
    except IntegrityError as error:
        raise RefusedError(
            f"The record exists already, or belongs to one that does not exist: {reason(error)}"
        ) from error
    except vendor as error:
        raise RefusedError(f"The database refused the record: {reason(error)}") from error


def reason(error: Exception) -> str:
    """The driver's own words, one line, without the statement and its values."""
    origin = getattr(error, "orig", None) or error
    return (str(origin).splitlines() or [type(origin).__name__])[0][:200]
