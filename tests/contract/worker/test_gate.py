"""The gate before services and the limiter, on a real Redis; two gates stand for two workers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from core.rate import Rate
from tests.fakes.clock import FixedClock
from worker.gate import Health, Hold, Service, Why
from worker.wake.gate import RedisGate
from worker.wake.limit import RedisRateLimiter

WELL, ILL, NOTHING = Health(is_well=True), Health(is_well=False), Health(is_well=None)
SHOP = Service(key="host:shop.example", name="shop.example")
BRIEFLY = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@dataclass
class Workers:
    """Two workers, whose clocks agree. `send` asks and tells at once, `ask` only asks."""

    one: RedisGate
    other: RedisGate
    clock: FixedClock
    number: int = 0
    sent: list[float] = field(default_factory=list)

    async def ask(self, gate: RedisGate | None = None, service: Service = SHOP, *, ticket: str = "") -> Hold | None:
        self.number += 1
        return await (gate or self.one).enter(service, ticket=ticket or str(self.number), timeout_s=10)

    async def send(self, health: Health, gate: RedisGate | None = None, service: Service = SHOP) -> bool:
        if await self.ask(gate, service) is not None:
            return False
        self.sent.append(self.clock.monotonic_s())
        await (gate or self.one).leave(service, health)
        return True

    async def shut(self, times: int = 3) -> None:
        for _ in range(times):
            assert await self.send(ILL)


@pytest.fixture
async def workers(redis_url: str, clock: FixedClock) -> AsyncIterator[Workers]:
    gates = [RedisGate(redis_url, clock, Random(each), failures=3, open_s=30, longest_s=120) for each in range(2)]
    yield Workers(gates[0], gates[1], clock)
    for gate in gates:
        await gate.close()


async def test_a_service_that_fails_in_a_row_is_shut_for_all_workers(workers: Workers) -> None:
    await workers.shut()
    for gate in (workers.one, workers.other):
        hold = await workers.ask(gate)
        assert hold is not None
        assert hold.why is Why.DOWN
        assert 30 <= hold.wait_s <= 33


async def test_failures_of_several_workers_count_together(workers: Workers) -> None:
    await workers.send(ILL, workers.one)
    await workers.send(ILL, workers.other)
    await workers.send(ILL, workers.one)
    assert await workers.ask(workers.other) is not None


async def test_a_success_in_between_counts_from_the_start_again(workers: Workers) -> None:
    for _ in range(5):
        await workers.send(ILL)
        await workers.send(ILL)
        await workers.send(WELL)
    assert await workers.ask() is None


async def test_services_do_not_answer_for_each_other(workers: Workers) -> None:
    await workers.shut()
    assert await workers.ask(service=Service(key="host:other.example", name="other.example")) is None


async def test_exactly_one_attempt_of_all_workers_tries_when_the_time_is_over(workers: Workers) -> None:
    await workers.shut()
    workers.clock.move(30.1)
    asked = await asyncio.gather(*(workers.ask(gate) for gate in (workers.one, workers.other) for _ in range(20)))
    assert sum(hold is None for hold in asked) == 1
    assert all(hold is None or 5 < hold.wait_s <= 11 for hold in asked)


async def test_what_was_tried_and_went_well_opens_it_for_all(workers: Workers) -> None:
    await workers.shut()
    workers.clock.move(30.1)
    assert await workers.send(WELL, workers.other)
    assert all([await workers.send(WELL, gate) for gate in (workers.one, workers.other) for _ in range(10)])


async def test_each_try_that_fails_shuts_it_for_twice_as_long_up_to_a_limit(workers: Workers) -> None:
    await workers.shut()
    workers.sent.clear()
    for _ in range(1000):
        await workers.send(ILL)
        workers.clock.move(1)
    gaps = [round(later - earlier) for earlier, later in pairwise(workers.sent)]
    assert gaps[:3] == [60, 120, 120]
    assert len(workers.sent) <= 10


async def test_a_try_that_was_never_heard_of_again_makes_room_for_another(workers: Workers) -> None:
    """Its worker died. Nobody waits for it for longer than its timeout."""
    await workers.shut()
    workers.clock.move(30.1)
    assert await workers.ask(workers.one) is None
    workers.clock.move(14)
    assert await workers.ask(workers.other) is not None
    workers.clock.move(2)
    assert await workers.ask(workers.other) is None


async def test_a_try_that_shows_nothing_makes_room_for_another_at_once(workers: Workers) -> None:
    await workers.shut()
    workers.clock.move(30.1)
    assert await workers.send(NOTHING, workers.one)
    assert await workers.ask(workers.other) is None


async def test_a_late_success_of_an_attempt_that_began_before_does_not_open_it(workers: Workers) -> None:
    assert await workers.ask(workers.other) is None
    await workers.shut()
    await workers.other.leave(SHOP, WELL)
    assert await workers.ask(workers.one) is not None


async def test_a_service_that_asks_for_a_pause_gets_it_from_everybody(workers: Workers) -> None:
    assert await workers.send(Health(is_well=False, pause_s=90))
    hold = await workers.ask(workers.other)
    assert hold is not None
    assert (hold.why, round(hold.wait_s) >= 90) == (Why.BUSY, True)
    workers.clock.move(91)
    assert await workers.send(WELL, workers.other)
    assert await workers.ask(workers.one) is None


async def test_a_healthy_service_is_not_asked_about_each_time(workers: Workers, redis_url: str) -> None:
    redis = Redis.from_url(redis_url)
    await workers.send(WELL)
    before = (await redis.info("commandstats"))["cmdstat_evalsha"]["calls"]
    for _ in range(50):
        assert await workers.send(WELL)
    assert (await redis.info("commandstats"))["cmdstat_evalsha"]["calls"] == before
    await redis.aclose()


async def test_a_limit_is_kept_by_all_workers_together_and_gives_everybody_a_place(workers: Workers) -> None:
    """Sixty want to, ten may in a minute: nobody has to ask more than twice."""
    mail = Service(key="connection:con_1", name="E-mail", rate=Rate(10, 60))
    waiting: dict[str, float] = {}
    begun: list[float] = []
    for number in range(60):
        gate = (workers.one, workers.other)[number % 2]
        hold = await workers.ask(gate, mail, ticket=f"t{number}")
        if hold is None:
            begun.append(0)
        else:
            assert hold.why is Why.LIMIT
            waiting[f"t{number}"] = hold.wait_s
    for ticket, at_s in sorted(waiting.items(), key=lambda item: item[1]):
        workers.clock.move(at_s - workers.clock.monotonic_s())
        assert await workers.ask(workers.one, mail, ticket=ticket) is None
        begun.append(at_s)
    assert len(begun) == 60
    assert all(sum(start <= at < start + 60 for at in begun) <= 10 for start in begun)
    assert max(begun) < 60 / 8 * 60


async def test_who_asks_before_its_place_comes_keeps_it(workers: Workers) -> None:
    mail = Service(key="connection:con_1", name="E-mail", rate=Rate(1, 60))
    assert await workers.ask(service=mail, ticket="a") is None
    first = await workers.ask(service=mail, ticket="b")
    workers.clock.move(10)
    again = await workers.ask(workers.other, mail, ticket="b")
    assert first is not None
    assert again is not None
    assert round(first.wait_s - again.wait_s) == 10


async def test_without_redis_everything_passes_with_one_warning(
    clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    gate = RedisGate("redis://127.0.0.1:1", clock, Random(1))
    limiter = RedisRateLimiter("redis://127.0.0.1:1", clock)
    with caplog.at_level(logging.WARNING):
        for _ in range(10):
            assert await gate.enter(SHOP, ticket="t", timeout_s=1) is None
            await gate.leave(SHOP, ILL)
            assert await limiter.allow("k", Rate(1, 60)) == 0
            clock.move(10)
    assert len(caplog.records) == 2
    await gate.close()
    await limiter.close()


async def test_a_flushed_redis_forgets_and_goes_on(workers: Workers, redis_url: str) -> None:
    await workers.shut()
    redis = Redis.from_url(redis_url)
    await redis.flushall()
    assert await workers.ask(workers.other) is None
    await workers.shut(3)
    for key in await redis.keys("errand:gate:*"):
        assert await redis.pttl(key) > 0, "what nobody asks about is forgotten"
    await redis.aclose()


@BRIEFLY
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 90)), min_size=5, max_size=40))
async def test_a_service_that_is_down_gets_ever_fewer_requests_whoever_asks_when(
    redis_url: str, asks: list[tuple[int, int]]
) -> None:
    clock = FixedClock()
    redis = Redis.from_url(redis_url)
    await redis.flushall()
    await redis.aclose()
    gates = [RedisGate(redis_url, clock, Random(1), failures=3, open_s=30, longest_s=120) for _ in range(2)]
    workers = Workers(gates[0], gates[1], clock)
    for which, later_s in asks:
        clock.move(later_s)
        await workers.send(ILL, gates[which])
    for gate in gates:
        await gate.close()
    after = workers.sent[2:]  # the three that shut it
    least = [30, 60, 120]
    for number, (earlier, later) in enumerate(pairwise(after)):
        assert later - earlier >= least[min(number, 2)]


async def test_a_limiter_counts_for_all_processes_by_the_clock_of_redis(redis_url: str, clock: FixedClock) -> None:
    """The callers' own clocks, of which one is hours behind, make no difference."""
    redis = Redis.from_url(redis_url)
    limiters = [RedisRateLimiter(redis_url, clock), RedisRateLimiter(redis_url, FixedClock())]
    clock.move(7200)
    rate = Rate(50, 86_400)
    waits = [await limiters[number % 2].allow("hook", rate) for number in range(20)]
    assert sum(wait == 0 for wait in waits) == rate.burst == 10
    assert 0 < waits[-1] <= rate.interval_ms / 1000
    assert await limiters[0].allow("another", rate) == 0
    full_at = float(await redis.get("errand:limit:hook"))
    await redis.set("errand:limit:hook", full_at - rate.interval_ms)  # as if so much time had passed
    assert await limiters[1].allow("hook", rate) == 0
    assert await limiters[0].allow("hook", rate) > 0
    for limiter in limiters:
        await limiter.close()
    await redis.aclose()
