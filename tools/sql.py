"""Runs one SQL statement on the database of a connected account. The only user of SQLAlchemy beside the store.

SQLite files lie inside the files folder, hosts pass the guard, and a statement that only looks cannot change anything:
its transaction is read-only where the database knows such, and rolled back everywhere.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import JsonValue
from sqlalchemy import NullPool, TextClause, create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from core.canonical import encode
from core.errors import BlockedError, ConnectionNeededError, OutcomeUnknownError, RejectedError
from tools.csv_text import unique_names
from tools.json_value import json_value
from tools.sql_error import step_error
from tools.statement import effect_of, with_escaped_texts, words_of
from tools.step import Effect

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

CheckHost = Callable[[str, int], Awaitable[Sequence[str]]]
"""Returns the addresses of a host; raises BlockedError where steps may not go (`tools.guard.AddressGuard.resolve`)."""

Rows = list[dict[str, JsonValue]]

_ASYNC_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}
_PORTS = {"postgresql": 5432, "mysql": 3306, "mariadb": 3306, "mssql": 1433, "oracle": 1521, "cockroachdb": 26257}
_OPTIONS = frozenset({"ssl", "sslmode", "charset", "driver", "Encrypt", "TrustServerCertificate", "service_name"})
_NEVER_IN_SQLITE = frozenset({"attach", "detach", "vacuum", "pragma"})
_LOCK_WAIT_S = 5.0


@dataclass(slots=True, kw_only=True)
class _Call:
    """One statement on its way. `is_committing` says that from now on nobody knows whether a change was kept."""

    url: URL
    statement: TextClause
    parameters: Mapping[str, JsonValue]
    limit: int
    is_reading: bool
    is_committing: bool = False


class SqlDatabase:
    """Implements `tools.outbound.Database`. Opens a connection for each statement and closes it after."""

    def __init__(self, files: Path, check_host: CheckHost, *, timeout_s: float = 30.0) -> None:
        self._files = files
        self._check_host = check_host
        self._timeout_s = timeout_s

    async def query(
        self, statement: str, parameters: Mapping[str, JsonValue], account: Mapping[str, str], *, limit: int
    ) -> tuple[Rows, int]:
        words = words_of(statement)
        url = _parsed(account.get("url", ""))
        is_reading = effect_of(statement) is Effect.READ
        if url.get_backend_name() == "sqlite":
            if words[0] in _NEVER_IN_SQLITE:
                raise BlockedError(f"{words[0].upper()} is not allowed: it could reach other files.", advice="")
            url = url.set(database=str(self._sqlite_file(url, is_reading=is_reading)))
        else:
            addresses = await self._check_host(*_host(url))
            if "ssl" not in url.query:  # with TLS the certificate is for the name
                url = url.set(host=addresses[0])
        call = _Call(
            url=url,
            statement=text(with_escaped_texts(statement)),
            parameters={name: _bindable(value) for name, value in parameters.items()},
            limit=limit,
            is_reading=is_reading,
        )
        return await self._within_time(call)

    def _sqlite_file(self, url: URL, *, is_reading: bool) -> Path:
        folder = self._files.resolve()
        name = url.database or ""
        path = (folder / name).resolve()
        if not name or name.startswith((":", "file:")) or "\0" in name or not path.is_relative_to(folder):
            raise BlockedError(
                "An SQLite database is a file inside the files folder.", advice="Connect it as sqlite:///name.db."
            )
        if path.is_dir() or (is_reading and not path.exists()):
            raise RejectedError(f"There is no database file {path.relative_to(folder)}.")
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    async def _within_time(self, call: _Call) -> tuple[Rows, int]:
        is_async = call.url.get_backend_name() in _ASYNC_DRIVERS
        try:
            async with asyncio.timeout(self._timeout_s):
                if is_async:
                    return await _run(call, self._timeout_s)
                return await asyncio.to_thread(_run_in_thread, call)
        except (NoSuchModuleError, ModuleNotFoundError) as error:
            raise _no_driver(call.url) from error
        except _errors() as error:
            # A thread cannot be stopped: what it was doing to the database may still happen.
            is_lost = isinstance(error, TimeoutError) and not is_async and not call.is_reading
            failure = step_error(error, [call.url.password or "", call.url.render_as_string(hide_password=False)])
            if not isinstance(failure, RejectedError) and (call.is_committing or is_lost):
                raise OutcomeUnknownError("The database was lost while it kept the change.") from error
            raise failure from error


async def _run(call: _Call, timeout_s: float) -> tuple[Rows, int]:
    from sqlalchemy.ext.asyncio import create_async_engine  # not needed before the first statement

    is_sqlite = call.url.get_backend_name() == "sqlite"
    engine = create_async_engine(
        call.url, poolclass=NullPool, connect_args={"timeout": _LOCK_WAIT_S} if is_sqlite else {}
    )
    async with engine.connect() as connection:
        if not is_sqlite:
            await connection.execution_options(postgresql_readonly=call.is_reading)
            return await _execute(call, connection)
        await connection.exec_driver_sql(f"PRAGMA query_only = {'ON' if call.is_reading else 'OFF'}")
        async with _interrupted_after(connection, timeout_s):
            return await _execute(call, connection)


@asynccontextmanager
async def _interrupted_after(connection: AsyncConnection, timeout_s: float) -> AsyncIterator[None]:
    """Stop SQLite in its thread a little before the time is over: closing would wait for it otherwise."""
    driver: Any = (await connection.get_raw_connection()).driver_connection
    tasks: list[asyncio.Task[None]] = []
    loop = asyncio.get_running_loop()
    alarm = loop.call_later(timeout_s * 0.9, lambda: tasks.append(loop.create_task(driver.interrupt())))
    try:
        yield
    finally:
        alarm.cancel()
        await asyncio.gather(*tasks)


async def _execute(call: _Call, connection: AsyncConnection) -> tuple[Rows, int]:
    if call.is_reading:  # streamed, so that a large table is not taken in whole
        async with connection.stream(call.statement, call.parameters) as streamed:
            return _rows(list(streamed.keys()), await streamed.fetchmany(call.limit)), 0
    result = await connection.execute(call.statement, call.parameters)
    rows = _rows(list(result.keys()), result.fetchmany(call.limit)) if result.returns_rows else []
    affected = max(result.rowcount, 0)
    call.is_committing = True
    await connection.commit()
    call.is_committing = False
    return rows, affected


def _run_in_thread(call: _Call) -> tuple[Rows, int]:
    engine = create_engine(call.url, poolclass=NullPool)
    with engine.connect().execution_options(stream_results=call.is_reading, max_row_buffer=1000) as connection:
        result = connection.execute(call.statement, call.parameters)
        rows = _rows(list(result.keys()), result.fetchmany(call.limit)) if result.returns_rows else []
        affected = 0 if call.is_reading else max(result.rowcount, 0)
        result.close()
        if call.is_reading:
            connection.rollback()
        else:
            call.is_committing = True
            connection.commit()
            call.is_committing = False
    return rows, affected


def _rows(columns: list[str], rows: Sequence[Sequence[object]]) -> Rows:
    names = unique_names(columns, len(columns))
    return [dict(zip(names, map(json_value, row), strict=True)) for row in rows]


def _parsed(address: str) -> URL:
    """Return the URL with our driver. Raises ConnectionNeededError for what is none or has options that could lead away."""
    try:
        url = make_url(address.strip().replace("postgres://", "postgresql://", 1))
        backend = url.get_backend_name()
    except (ArgumentError, ValueError) as error:
        raise ConnectionNeededError(
            "The database's address is not an SQLAlchemy URL such as postgresql://user:password@host/name.",
            connector="sql",
        ) from error
    if unknown := set(url.query) - _OPTIONS:
        raise ConnectionNeededError(
            f"The database's address may not have {', '.join(sorted(unknown))}.", connector="sql"
        )
    if backend == "postgresql" and "sslmode" in url.query:
        url = url.difference_update_query(["sslmode"]).update_query_dict({"ssl": url.query["sslmode"]})
    return url.set(drivername=_ASYNC_DRIVERS.get(backend, url.drivername))


def _host(url: URL) -> tuple[str, int]:
    if not url.host:
        raise ConnectionNeededError("The database's address names no host.", connector="sql")
    return url.host, url.port or _PORTS.get(url.get_backend_name(), 0)


def _bindable(value: JsonValue) -> JsonValue:
    return encode(value).decode() if isinstance(value, (list, dict)) else value


def _no_driver(url: URL) -> ConnectionNeededError:
    return ConnectionNeededError(
        f"No driver for {url.drivername} is installed.", connector="sql", advice="Ask the operator to install it."
    )


def _errors() -> tuple[type[Exception], ...]:
    """The errors of asyncpg while connecting come as they are; it is installed and loaded only where it is used."""
    asyncpg = sys.modules.get("asyncpg")
    return (SQLAlchemyError, OSError, *((asyncpg.PostgresError, asyncpg.InterfaceError) if asyncpg else ()))
