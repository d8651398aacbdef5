"""The databases that every test of the store runs on."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from store.sql.migrate import migrate
from store.sql.store import SqlStore
from tests.contract.store.world import World
from tests.fakes.postgres import empty_postgres_url, postgres, postgres_url

__all__ = ["empty_postgres_url", "postgres", "postgres_url"]

BOTH = ("sqlite", "postgres")


@dataclass
class Template:
    """A migrated SQLite file to copy: faster than to migrate for each test."""

    path: Path
    is_made: bool = False


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return Template(tmp_path_factory.mktemp("store") / "template.db")


@pytest.fixture
async def sqlite_url(sqlite_template: Template, tmp_path: Path) -> str:
    if not sqlite_template.is_made:
        await migrate(f"sqlite:///{sqlite_template.path}")
        sqlite_template.is_made = True
    shutil.copy(sqlite_template.path, tmp_path / "errand.db")
    return f"sqlite+aiosqlite:///{tmp_path / 'errand.db'}"


@pytest.fixture(params=BOTH)
def url(request: pytest.FixtureRequest) -> str:
    """A migrated database."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture(params=BOTH)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    return str(request.getfixturevalue("empty_postgres_url"))


@pytest.fixture
async def store(url: str) -> AsyncIterator[SqlStore]:
    opened = await SqlStore.open(url, fsync=False)
    yield opened
    await opened.close()


@pytest.fixture
async def world(store: SqlStore) -> World:
    """A person, a conversation and a workflow, which other records belong to."""
    made = World(store)
    await made.settle()
    return made
