"""PostgreSQL behind `store.sql.database`, by asyncpg. Imported only when it is used: the driver costs start-up time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import asyncpg
import orjson
from sqlalchemy import Connection, Executable
from sqlalchemy.engine import URL, Dialect
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from store.sql.column import dump_json
from store.sql.database import Parameters, Rows, Transaction, store_errors

T = TypeVar("T")

_CONNECTS_WITHIN_S = 10.0

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

    async def close(self) -> None:
        await self._engine.dispose()


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

    async def write_returning(self, statement: Executable, parameters: Parameters = None) -> Rows:
        return await self.read(statement, parameters)
