"""What the storms share: servers that may fall over, one seed, and where the figures go."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from store.sql.store import SqlStore
from tests.e2e.chaos.figures import Figures
from tests.e2e.chaos.fleet import Fleet, Nursery
from tests.e2e.chaos.recorder import Recorder
from tests.e2e.chaos.servers import FalliblePostgres, FallibleRedis
from tests.e2e.chaos.storm import CLOCK, Storm
from tests.fakes.postgres import Postgres, start_server
from worker.wake.queue import ArqQueue

RUNS = int(os.environ.get("CHAOS_RUNS", "200"))
"""Runs of the storm of kills; all other storms are sized by it. `make chaos` sets it for a long one."""
SEED = int(os.environ.get("CHAOS_SEED", "0")) or Random().randrange(1, 1_000_000)
WORKERS = 3
LEASE_S = 2.0
SWEEP_S = 0.5


@pytest.fixture(scope="session")
def own_server() -> Iterator[tuple[Postgres, FalliblePostgres]]:
    """A PostgreSQL that no other test uses. Unlike theirs it must keep what it has committed when it is aborted."""
    with tempfile.TemporaryDirectory(prefix="errand-chaos-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        server = start_server(Path(folder) / "data")
        made = Postgres(server, "chaos")
        settings = [f"ALTER SYSTEM SET {name}" for name in ("fsync = off", "full_page_writes = off")]
        asyncio.run(made.execute(*settings, "SELECT pg_reload_conf()"))
        yield made, FalliblePostgres(server)
        server.cleanup()


@pytest.fixture
async def database_url(own_server: tuple[Postgres, FalliblePostgres]) -> AsyncIterator[str]:
    name = await own_server[0].borrow()
    yield own_server[0].url(name)
    await own_server[0].give_back(name)


@pytest.fixture
def postgres_server(own_server: tuple[Postgres, FalliblePostgres]) -> FalliblePostgres:
    return own_server[1]


@pytest.fixture
async def redis() -> AsyncIterator[FallibleRedis]:
    async with FallibleRedis() as server:
        yield server


@pytest.fixture
def settings(database_url: str, redis: FallibleRedis) -> dict[str, str]:
    return {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis.url,
        "LEASE_S": str(LEASE_S),
        "SWEEP_S": str(SWEEP_S),
    }


@pytest.fixture
def random(request: pytest.FixtureRequest) -> Random:
    """Each storm's own; the same again with the same `CHAOS_SEED`."""
    return Random(f"{SEED} {request.node.name}")


@pytest.fixture
def figures(record_property: Callable[[str, object], None], request: pytest.FixtureRequest) -> Iterator[Figures]:
    """Printed at the end of the test run, see `tests/conftest.py`."""
    name = request.node.name.removeprefix("test_").replace("_", " ")
    made = Figures(storm=name, seed=SEED, lease_s=LEASE_S)
    yield made
    record_property("figures", made.as_json())


@pytest.fixture
async def storm(database_url: str, redis: FallibleRedis, figures: Figures, random: Random) -> AsyncIterator[Storm]:
    store = await SqlStore.open(database_url)
    queue = ArqQueue(redis.url, CLOCK)
    async with Recorder(random) as service:
        made = Storm(store=store, queue=queue, service=service, figures=figures, random=random)
        await made.settle()
        yield made
    await queue.close()
    await store.close()


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    with Nursery() as made:
        yield made


@pytest.fixture
async def fleet(nursery: Nursery, tmp_path: Path, settings: dict[str, str]) -> AsyncIterator[Fleet]:
    async with Fleet(nursery, tmp_path / "data", settings) as made:
        await made.start(WORKERS)
        yield made
