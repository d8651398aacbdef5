"""Storms: workers, Redis and PostgreSQL fall over at random moments while runs are on their way. After each of them every
run has ended, nothing that must happen once has happened twice, and no run is lost.

Times are printed, not asserted. The seed is printed too; `CHAOS_SEED` repeats it, `CHAOS_RUNS` makes the storm longer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from random import Random

import pytest

from tests.e2e.chaos.conftest import RUNS
from tests.e2e.chaos.fleet import Fleet
from tests.e2e.chaos.servers import FalliblePostgres, FallibleRedis
from tests.e2e.chaos.storm import Storm

pytestmark = [pytest.mark.xdist_group("chaos"), pytest.mark.timeout(0)]

RUNS_A_KILL = 12

Blow = Callable[[], Awaitable[None]]


class Weather:
    """Everything that may happen to the servers and the workers; counts what it did."""

    def __init__(self, *, storm: Storm, fleet: Fleet, redis: FallibleRedis, postgres: FalliblePostgres) -> None:
        self._storm = storm
        self._fleet = fleet
        self._redis = redis
        self._postgres = postgres
        self._random = storm.random
        self._figures = storm.figures

    async def kill(self) -> None:
        """End a worker in the middle of whatever it does; another one starts."""
        await self._fleet.several()
        victim = self._random.choice(self._fleet.alive)
        await self._fleet.kill(victim)
        self._figures.kills += 1
        await self._storm.orphaned(victim.owner)
        self._fleet.replace()

    async def pause(self) -> None:
        """Let a worker stand still for longer than its lease; then it goes on as if nothing had been."""
        await self._fleet.several()
        paused = self._random.choice(self._fleet.alive)
        self._fleet.freeze(paused)
        self._figures.pauses += 1
        await asyncio.sleep(self._figures.lease_s + self._random.uniform(0.5, 2.0))
        self._fleet.thaw(paused)

    async def flush_redis(self) -> None:
        await self._redis.flush()
        self._figures.redis_flushes += 1

    async def restart_redis(self) -> None:
        await self._redis.stop()
        await asyncio.sleep(self._random.uniform(0, 2))
        await self._redis.start()
        self._figures.redis_restarts += 1

    async def restart_postgres(self) -> None:
        await self._postgres.restart(self._random.choice(["immediate", "fast"]))
        self._figures.postgres_restarts += 1


@pytest.fixture
def weather(storm: Storm, fleet: Fleet, redis: FallibleRedis, postgres_server: FalliblePostgres) -> Weather:
    return Weather(storm=storm, fleet=fleet, redis=redis, postgres=postgres_server)


async def rage(storm: Storm, fleet: Fleet, blows: list[Blow], *, runs: int) -> None:
    """Begin runs a few at a time and strike in between; then wait for the end of all and count."""
    shares = [runs // len(blows) + (number < runs % len(blows)) for number in range(len(blows))]
    async with storm.watched():
        for blow, share in zip(blows, shares, strict=True):
            await storm.begin(share)
            await asyncio.sleep(storm.random.uniform(0.05, 0.6))
            await blow()
        await storm.ended()
    assert set(await fleet.stop()) == {0}, "they end cleanly, whatever has been"
    await storm.judge()


def mixed(random: Random, *blows: tuple[Blow, int]) -> list[Blow]:
    """So many of each, in any order."""
    drawn = [blow for blow, count in blows for _ in range(count)]
    random.shuffle(drawn)
    return drawn


async def test_workers_are_killed(storm: Storm, fleet: Fleet, weather: Weather) -> None:
    await rage(storm, fleet, [weather.kill] * (RUNS // RUNS_A_KILL), runs=RUNS)


async def test_redis_is_emptied_and_restarted(storm: Storm, fleet: Fleet, weather: Weather) -> None:
    few = max(3, RUNS // 60)
    blows = mixed(storm.random, (weather.flush_redis, few), (weather.restart_redis, few))
    await rage(storm, fleet, blows, runs=RUNS // 4)


async def test_postgres_is_restarted(storm: Storm, fleet: Fleet, weather: Weather) -> None:
    await rage(storm, fleet, [weather.restart_postgres] * max(4, RUNS // 50), runs=RUNS // 4)


async def test_everything_at_once(storm: Storm, fleet: Fleet, weather: Weather) -> None:
    few = max(2, RUNS // 100)
    blows = mixed(
        storm.random,
        (weather.kill, 2 * few),
        (weather.pause, few),
        (weather.flush_redis, few),
        (weather.restart_redis, few),
        (weather.restart_postgres, few),
    )
    await rage(storm, fleet, blows, runs=RUNS // 2)
