"""An office for each test, on a copy of a database that is migrated once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from store.sql.migrate import migrate
from tests.contract.templates.office import Office
from tests.contract.templates.opening import open_office
from tests.fakes.run_step import registry


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("templates") / "template.db"
    asyncio.run(migrate(f"sqlite:///{path}"))
    return path


@pytest.fixture
async def office(tmp_path: Path, migrated: Path) -> AsyncIterator[Office]:
    async with open_office(tmp_path, migrated, registry()) as opened:
        yield opened
