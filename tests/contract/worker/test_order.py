"""The order in which runs are taken out of a real Redis: fair between people, urgent before patient, nobody for ever."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from store.record import Priority
from tests.fakes.clock import FixedClock
from worker.wake.order import SHARE_MS, SPAN_MS, FairOrder

PEOPLE = ("ada", "bob", "eve")
ARRIVALS = st.lists(st.tuples(st.sampled_from(PEOPLE), st.sampled_from(list(Priority))), min_size=1, max_size=25)
BRIEFLY = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@dataclass
class Line:
    """Queues runs under telling names, e.g. `ada-0-7`: the person, the priority and the number."""

    redis: Redis
    clock: FixedClock = field(default_factory=FixedClock)
    number: int = 0

    @property
    def order(self) -> FairOrder:
        return FairOrder(self.redis, self.clock)

    async def empty(self) -> Line:
        await self.redis.flushall()
        return Line(self.redis)

    async def queue(self, person: str, priority: Priority = Priority.INTERACTIVE, *, times: int = 1) -> list[str]:
        names = [f"{person}-{priority.value}-{self.number + each}" for each in range(times)]
        self.number += times
        for name in names:
            await self.order.add(name, b"{}", person_id=person, priority=priority)
        return names

    async def take(self, most: int = 10_000) -> list[str]:
        return [run_id for run_id, _ in await self.order.take(most)]


@pytest.fixture
async def line(redis_url: str) -> AsyncIterator[Line]:
    redis = Redis.from_url(redis_url)
    yield Line(redis)
    await redis.aclose()


def person_of(name: str) -> str:
    return name.partition("-")[0]


async def test_who_queues_a_thousand_runs_does_not_delay_a_single_one_of_somebody_else(line: Line) -> None:
    await line.queue("ada", times=1000)
    (single,) = await line.queue("bob")
    assert single in await line.take(2)


async def test_who_was_served_before_anybody_else_came_is_not_made_to_pay_for_it(line: Line) -> None:
    """Ada had the workers for herself; from the moment that Bob comes they take turns."""
    await line.queue("ada", times=300)
    await line.take(200)
    await line.queue("bob", times=100)
    shares = Counter(map(person_of, await line.take(20)))
    assert abs(shares["ada"] - shares["bob"]) <= 2


async def test_a_run_whose_worker_has_died_goes_before_everybody_and_costs_its_person_no_turn(line: Line) -> None:
    waiting = await line.queue("bob", times=30)
    for run_id in ("orphan-1", "orphan-2"):
        await line.order.add(run_id, b"{}", person_id="ada", priority=Priority.SCHEDULED, is_orphaned=True)
    (hers,) = await line.queue("ada")
    assert set(await line.take(2)) == {"orphan-1", "orphan-2"}
    assert set(await line.take(2)) == {waiting[0], hers}


async def test_urgent_runs_are_taken_before_patient_ones(line: Line) -> None:
    bulk = await line.queue("ada", Priority.BULK, times=20)
    scheduled = await line.queue("ada", Priority.SCHEDULED, times=20)
    interactive = await line.queue("ada", times=20)
    assert await line.take() == [*interactive, *scheduled, *bulk]


async def test_somebody_with_much_bulk_work_chats_as_fast_as_before(line: Line) -> None:
    await line.queue("ada", Priority.BULK, times=500)
    await line.take(100)
    chat = await line.queue("ada", times=3)
    assert await line.take(3) == chat


@pytest.mark.parametrize("patient", [Priority.SCHEDULED, Priority.BULK])
async def test_a_patient_run_waits_a_while_behind_urgent_ones_but_not_for_ever(line: Line, patient: Priority) -> None:
    """However many people keep the workers busy: after its span of time nothing new goes before it."""
    (waiting,) = await line.queue("eve", patient)
    seconds = SPAN_MS[patient] // 1000
    for second in range(0, seconds - 1, 10):
        (urgent,) = await line.queue(f"person{second}")
        assert await line.take(1) == [urgent]
        line.clock.move(10)
    line.clock.move(2)
    await line.queue("late")
    assert await line.take(1) == [waiting]


async def test_busy_workers_do_not_make_a_patient_run_wait_longer(line: Line) -> None:
    """A burst moves the virtual time ahead of the clock; the span counts from there all the same."""
    await line.queue("ada", times=400)
    await line.take(300)
    (waiting,) = await line.queue("eve", Priority.SCHEDULED)
    await line.take(100)
    line.clock.move(SPAN_MS[Priority.SCHEDULED] / 1000 + 1)
    await line.queue("late", times=5)
    assert await line.take(1) == [waiting]


async def test_a_run_that_is_queued_again_keeps_its_place_and_takes_no_second_turn(line: Line) -> None:
    first, second = await line.queue("ada", times=2)
    for _ in range(20):
        await line.order.add(first, b"{}", person_id="ada", priority=Priority.INTERACTIVE)
    await line.queue("bob", times=2)
    assert (await line.take(2))[0] == first
    assert second in await line.take(2)


async def test_an_emptied_redis_starts_anew(line: Line) -> None:
    await line.queue("ada", times=50)
    await line.redis.flushall()
    names = await line.queue("ada", times=3)
    assert await line.take() == names


async def test_what_redis_remembers_of_people_expires(line: Line) -> None:
    await line.queue("ada", times=3)
    await line.queue("ada", Priority.BULK)
    remembered = await line.redis.keys("errand:share:*")
    assert len(remembered) == 2
    for key in remembered:
        assert 0 < await line.redis.pttl(key) <= 3 * SHARE_MS


@BRIEFLY
@given(ARRIVALS, st.integers(1, 7))
async def test_every_run_is_taken_once_and_each_persons_own_stay_in_order(
    line: Line, arrivals: list[tuple[str, Priority]], most: int
) -> None:
    line = await line.empty()
    queued = [name for person, priority in arrivals for name in await line.queue(person, priority)]
    taken: list[str] = []
    while some := await line.take(most):
        assert len(some) <= most
        taken += some
    assert sorted(taken) == sorted(queued)
    for person in PEOPLE:
        for priority in Priority:
            mine = f"{person}-{priority.value}-"
            assert [name for name in taken if name.startswith(mine)] == [
                name for name in queued if name.startswith(mine)
            ]


@BRIEFLY
@given(ARRIVALS, st.lists(st.integers(0, 3), min_size=25, max_size=25), st.sampled_from(list(Priority)))
async def test_two_people_with_work_of_one_priority_are_never_more_than_a_turn_apart(
    line: Line, arrivals: list[tuple[str, Priority]], takes: list[int], priority: Priority
) -> None:
    """While both have work queued, whatever was taken before and however they came."""
    line = await line.empty()
    for (person, _), most in zip(arrivals, takes, strict=False):
        await line.queue(person, priority)
        if most:
            await line.take(most)
    await line.queue("ada", priority, times=10)
    await line.queue("bob", priority, times=10)
    apart = 0
    for _ in range(10):
        (name,) = await line.take(1)
        apart += {"ada": 1, "bob": -1}.get(person_of(name), 0)
        assert abs(apart) <= 2


@BRIEFLY
@given(ARRIVALS)
async def test_it_makes_no_difference_how_many_are_taken_at_once(
    line: Line, arrivals: list[tuple[str, Priority]]
) -> None:
    orders = []
    for most in (1, 4, 100):
        line = await line.empty()
        for person, priority in arrivals:
            await line.queue(person, priority)
        taken: list[str] = []
        while some := await line.take(most):
            taken += some
        orders.append(taken)
    assert orders[0] == orders[1] == orders[2]
