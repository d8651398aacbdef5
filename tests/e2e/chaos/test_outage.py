"""Redis or PostgreSQL is away for longer than a lease and a sweep, and a worker stands still for longer than its lease."""

from __future__ import annotations

import asyncio

import pytest

from tests.contract.worker.lab import until
from tests.e2e.chaos.conftest import LEASE_S, RUNS
from tests.e2e.chaos.fleet import Fleet
from tests.e2e.chaos.servers import FalliblePostgres, FallibleRedis
from tests.e2e.chaos.storm import Storm

pytestmark = [pytest.mark.xdist_group("chaos"), pytest.mark.timeout(0)]

FEW = 6
AWAY_S = LEASE_S * 1.5 if RUNS <= 200 else 25.0


async def test_the_database_is_away_while_workers_idle_and_while_steps_are_in_flight(
    storm: Storm, fleet: Fleet, postgres_server: FalliblePostgres
) -> None:
    """What was sent before it went is not sent again, though its outcome could not be recorded."""
    async with storm.watched():
        for is_idle in (True, False):
            if not is_idle:
                storm.service.gate.clear()
                await storm.begin(FEW)
                await until(lambda: storm.service.arrived("look") == FEW, timeout_s=60)
                storm.service.gate.set()
                await until(lambda: storm.service.arrived("charge") > 0, timeout_s=60)
            await postgres_server.stop()
            await asyncio.sleep(AWAY_S)
            await postgres_server.start()
            storm.figures.postgres_restarts += 1
        await storm.begin(FEW)
        await storm.ended()
    assert len(fleet.alive) > 1, "they have waited for it"
    assert set(await fleet.stop()) == {0}
    await storm.judge()


async def test_what_is_recorded_while_redis_is_away_begins_when_it_is_back(
    storm: Storm, fleet: Fleet, redis: FallibleRedis
) -> None:
    async with storm.watched():
        await redis.stop()
        await storm.begin(FEW)
        await asyncio.sleep(AWAY_S)
        await redis.start()
        storm.figures.redis_restarts += 1
        await storm.ended()
    assert set(await fleet.stop()) == {0}
    await storm.judge()


async def test_a_worker_that_stands_still_begins_nothing_when_it_goes_on(storm: Storm, fleet: Fleet) -> None:
    """Others have taken its runs over and ended them by then."""
    async with storm.watched():
        storm.service.gate.clear()
        await storm.begin(FEW * 2)
        await until(lambda: storm.service.arrived("look") == FEW * 2, timeout_s=60)
        storm.service.gate.set()
        holders = await storm.holders()
        paused = next(worker for worker in fleet.alive if worker.owner in holders)
        fleet.freeze(paused)
        storm.figures.pauses += 1
        await storm.ended()
        fleet.thaw(paused)
        await asyncio.sleep(LEASE_S / 2)
    assert set(await fleet.stop()) == {0}
    await storm.judge()
