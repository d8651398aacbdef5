"""PostgreSQL behind `store.sql.database`, by asyncpg. Imported only when it is used: the driver costs start-up time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, TypeVar

import asyncpg
import orjson
from sqlalchemy import Connection, Executable
from sqlalchemy.engine import URL, Dialect
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from core.errors import StoreError
from store.sql.column import dump_json
from store.sql.database import Parameters, RefusedError, Rows, Transaction, reason, store_errors

T = TypeVar("T")

_CONNECTS_WITHIN_S = 10.0

_REFUSALS = (
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.DataError,
    asyncpg.ProgramLimitExceededError,
    OverflowError,
    UnicodeError,
)
"""What lies with the values of a statement, and would be the same the next time."""
_DRIVER_ERRORS: tuple[type[Exception], ...] = (asyncpg.PostgresError, asyncpg.InterfaceError)


class PostgresDatabase:
    """One database of a server. Connections are checked when they are taken, so that a restarted server does no harm.

    A server that falls silent without closing its lines counts as away after `answers_within_s`.
    """

    def __init__(self, url: URL, *, answers_within_s: float | None) -> None:
        self._engine = create_async_engine(
            url,
            # All are kept: one that is opened for a moment and closed again costs more than all that is asked over it.
            pool_size=20,
            max_overflow=0,
            pool_pre_ping=True,
            connect_args={"timeout": _CONNECTS_WITHIN_S, "command_timeout": answers_within_s},
            json_serializer=dump_json,
            json_deserializer=orjson.loads,
        )
        self._lines: list[AsyncConnection] = []

    @property
    def dialect(self) -> Dialect:
        return self._engine.dialect

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Transaction]:
        with store_errors(*_DRIVER_ERRORS):
            connection = await self._engine.connect()
        try:
            yield _PostgresTransaction(connection)
            with store_errors(*_DRIVER_ERRORS):
                await connection.commit()
        finally:
            with store_errors(*_DRIVER_ERRORS):
                await asyncio.shield(connection.close())

    async def run(self, work: Callable[[Connection], T]) -> T:
        with store_errors(*_DRIVER_ERRORS):
            async with self._engine.begin() as connection:
                return await connection.run_sync(work)

    async def fetch(self, sql: str, *values: object) -> Sequence[Sequence[Any]]:
        """Run one statement as a transaction of its own, and return its rows as the driver gives them.

        It takes one round trip, where a transaction of SQLAlchemy's takes a check of the connection, a BEGIN and a COMMIT
        besides: the connection is kept open for the next statement.
        """
        with _line_errors():
            line = self._lines.pop() if self._lines else await self._engine.connect()
            try:
                driver = (await line.get_raw_connection()).driver_connection
                assert isinstance(driver, asyncpg.Connection)
                rows: Sequence[Sequence[Any]] = await driver.fetch(sql, *values)
            except BaseException:
                await self._hang_up(line)
                raise
        self._lines.append(line)
        return rows

    async def _hang_up(self, line: AsyncConnection) -> None:
        """Throw a connection away, and those that wait for their next statement: what broke one has broken all."""
        while True:
            with suppress(SQLAlchemyError, OSError, asyncpg.InternalClientError, *_DRIVER_ERRORS):
                await line.invalidate()
                await line.close()
            if not self._lines:
                return
            line = self._lines.pop()

    async def close(self) -> None:
        while self._lines:
            await self._lines.pop().close()
        await self._engine.dispose()


@contextmanager
def _line_errors() -> Iterator[None]:
    """As `store_errors`, for the driver itself: a refusal lies with the values, anything else with the connection."""
    with store_errors():
        try:
            yield
        except _REFUSALS as error:
            raise RefusedError(f"The database refused the record: {reason(error)}") from error
        except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, TimeoutError) as error:
            # The internal one: the server's farewell has arrived, the end of the connection not yet.
            raise StoreError(f"The database cannot be used now: {reason(error)}") from error


class _PostgresTransaction:
    is_postgres = True

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def read(self, statement: Executable, parameters: Parameters = None) -> Rows:
        with store_errors(*_DRIVER_ERRORS):
            return (await self._connection.execute(statement, parameters)).all()

    async def write(self, statement: Executable, parameters: Parameters = None) -> int:
        with store_errors(*_DRIVER_ERRORS):
            return (await self._connection.execute(statement, parameters)).rowcount

    async def write_returning(
        self,
        statement: Executable,
        parameters: Parameters = None,
        *,
        goes_first: bool = False,  # noqa: ARG002  # nobody waits here
    ) -> Rows:
        return await self.read(statement, parameters)
