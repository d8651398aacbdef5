"""The journal on a PostgreSQL that ends its connections, as a restart does."""

from __future__ import annotations

import asyncio

import asyncpg

from store.record import StepAttempt
from store.sql.store import SqlStore
from tests.contract.store.test_journal import claimed
from tests.contract.store.world import World, attempt


async def test_connections_that_were_ended_are_replaced_without_anybody_noticing(postgres_url: str) -> None:
    """All that were kept for the next statement are gone at once, in every lane; each entry is written all the same."""
    store = await SqlStore.open(postgres_url)
    world = World(store)
    await world.settle()
    made = [await world.add_run() for _ in range(3)]
    for run in made[:2]:
        await claimed(world, run.id)
    await asyncio.gather(*(store.journal.record(owner="a", attempts=[attempt(run.id)]) for run in made[:2]))
    await _end_all(postgres_url)
    await asyncio.gather(
        claimed(world, made[2].id),
        *(store.journal.record(owner="a", attempts=[attempt(run.id, number=2)]) for run in made[:2]),
    )
    assert [[each.number for each in await _attempts(store, run.id)] for run in made] == [[1, 2], [1, 2], []]
    await store.close()


async def _attempts(store: SqlStore, run_id: str) -> list[StepAttempt]:
    async with store.begin() as records:
        return await records.runs.attempts(run_id)


async def _end_all(url: str) -> None:
    """End every connection to this database but the one that does it."""
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    await connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await connection.close()
