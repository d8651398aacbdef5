"""The engine's tests run on SQLite; a few of them also on PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from store.sql.migrate import migrate
from store.sql.store import SqlStore
from tests.contract.worker.lab import Lab
from tests.fakes.clock import FixedClock
from tests.fakes.postgres import postgres, postgres_url

__all__ = ["postgres", "postgres_url"]


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("worker") / "template.db"


@pytest.fixture
async def sqlite_url(migrated: Path, tmp_path: Path) -> str:
    """A migrated database of this test's own."""
    if not migrated.exists():
        await migrate(f"sqlite:///{migrated}")
    shutil.copy(migrated, tmp_path / "errand.db")
    return f"sqlite:///{tmp_path / 'errand.db'}"


@pytest.fixture
async def store(sqlite_url: str) -> AsyncIterator[SqlStore]:
    opened = await SqlStore.open(sqlite_url, fsync=False)
    yield opened
    await opened.close()


@pytest.fixture(params=["sqlite", "postgres"])
def any_url(request: pytest.FixtureRequest) -> str:
    """For what depends on the database."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
async def any_store(any_url: str) -> AsyncIterator[SqlStore]:
    opened = await SqlStore.open(any_url, fsync=False)
    yield opened
    await opened.close()


@pytest.fixture
async def lab(store: SqlStore, clock: FixedClock) -> Lab:
    return await Lab(store, clock).settle()


@pytest.fixture
async def any_lab(any_store: SqlStore, clock: FixedClock) -> Lab:
    return await Lab(any_store, clock).settle()
