"""A whole worker on the real clock, with a real store and a real Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from redis.asyncio import Redis

from catalog.expression import Expressions
from catalog.schedule import Schedule
from core.clock import SystemClock
from store.record import Priority, Run, RunState
from store.sql.store import SqlStore
from tests.contract.worker.lab import Lab, LabParams, until
from tools.registry import load_steps
from tools.step import StepContext
from worker.service import WorkerService
from worker.wake.bus import RedisBus
from worker.wake.queue import ArqQueue

CLOCK = SystemClock()
SELDOM_S = 60.0
"""Long enough that only a wake-up can be the reason when something happens in a test."""


@pytest.fixture
async def lab(store: SqlStore, redis_url: str) -> AsyncIterator[Lab]:
    queue, bus = ArqQueue(redis_url, CLOCK), RedisBus(redis_url, CLOCK)
    made = await Lab(store, CLOCK, queue=queue, events=bus).settle()
    made.more = list(load_steps())
    yield made
    await queue.close()
    await bus.close()


Working = Callable[..., Awaitable[WorkerService]]


@asynccontextmanager
async def service(
    lab: Lab, redis_url: str, *, sweep_s: float = SELDOM_S, lease_s: float = 15.0
) -> AsyncIterator[WorkerService]:
    made = WorkerService(
        desk=lab.desk(),
        expressions=Expressions(),
        redis_url=redis_url,
        lease_s=lease_s,
        sweep_s=sweep_s,
        poll_s=SELDOM_S,
    )
    await made.start()
    assert made._worker is not None
    await asyncio.wait_for(made._worker._listener.is_connected.wait(), 5)
    yield made
    await made.stop(1)


async def is_over(lab: Lab, run: Run, *, timeout_s: float = 15.0) -> Run:
    """Wait for a run's end."""

    async def ended() -> bool:
        return (await lab.run(run.id)).state.is_final

    await until(ended, timeout_s=timeout_s)
    return await lab.run(run.id)


async def test_a_run_that_is_woken_is_executed(lab: Lab, redis_url: str) -> None:
    async with service(lab, redis_url):
        run = await lab.queued(await lab.workflow({"id": "a", "uses": "lab.once", "with": {"say": 1}}))
        await lab.queue.wake(run)
        assert (await is_over(lab, run)).state is RunState.SUCCEEDED
    assert lab.said == [1]


async def test_a_wake_up_that_got_lost_is_made_up_for_by_the_sweeper(lab: Lab, redis_url: str) -> None:
    async with service(lab, redis_url, sweep_s=0.05):
        run = await lab.queued(await lab.workflow({"id": "a"}))
        assert (await is_over(lab, run)).state is RunState.SUCCEEDED


async def test_nothing_is_lost_when_redis_is_emptied(lab: Lab, redis_url: str) -> None:
    """Neither what was queued nor whose turn it is: the sweeper finds all that is due in the records."""
    workflow = await lab.workflow({"id": "a", "uses": "lab.once", "with": {"say": 1}})
    runs = [await lab.queued(workflow, priority=priority) for priority in Priority for _ in range(10)]
    for run in runs:
        await lab.queue.wake(run)
    redis = Redis.from_url(redis_url)
    await redis.flushall()
    await redis.aclose()
    async with service(lab, redis_url, sweep_s=0.05):
        for run in runs:
            assert (await is_over(lab, run)).state is RunState.SUCCEEDED
    assert len(lab.calls) == len(runs)


async def test_a_timer_fires_when_it_is_due_and_not_with_the_next_sweep(lab: Lab, redis_url: str) -> None:
    async with service(lab, redis_url):
        run = await lab.queued(
            await lab.workflow(
                {"id": "wait", "uses": "flow.delay", "with": {"seconds": 0.3}},
                {"id": "more", "uses": "flow.delay", "with": {"seconds": 0.2}},
                {"id": "b"},
            )
        )
        await lab.queue.wake(run)
        ended = await is_over(lab, run)
    assert ended.ended_at is not None
    assert ended.started_at is not None
    assert ended.ended_at - ended.started_at >= timedelta(seconds=0.5)
    assert [attempt.step_id for attempt in await lab.attempts(run)] == ["wait", "more", "b"]


async def test_a_schedule_that_is_added_is_heard_of_and_runs(lab: Lab, redis_url: str) -> None:
    async with service(lab, redis_url):
        workflow = await lab.workflow({"id": "a"})
        soon = CLOCK.now() + timedelta(seconds=0.1)
        await lab.scheduled(workflow, Schedule(at=soon, timezone="UTC"), soon)
        await lab.queue.wake_scheduler()

        async def has_run() -> bool:
            return [run.state for run in await lab.runs(workflow)] == [RunState.SUCCEEDED]

        await until(has_run)


async def test_what_a_worker_was_doing_when_it_was_stopped_another_goes_on_with(lab: Lab, redis_url: str) -> None:
    """At once: it does not wait for the lease to expire, or for a sweep."""
    is_stopping = asyncio.Event()

    async def hang(_params: LabParams, _context: StepContext) -> None:
        if not is_stopping.is_set():
            await asyncio.Event().wait()

    lab.on("hang", hang)
    async with service(lab, redis_url) as first:
        run = await lab.queued(
            await lab.workflow(
                {"id": "a", "uses": "lab.once", "with": {"say": "sent"}}, {"id": "b", "with": {"do": "hang", "say": 2}}
            )
        )
        await lab.queue.wake(run)
        await until(lambda: lab.said == ["sent", 2])
        async with service(lab, redis_url, lease_s=600):
            is_stopping.set()
            await first.stop(0.05)
            assert (await is_over(lab, run)).state is RunState.SUCCEEDED
    assert lab.said == ["sent", 2, 2]


async def test_stopping_waits_for_what_is_about_to_be_done(lab: Lab, redis_url: str) -> None:
    is_stopping = asyncio.Event()

    async def brief(_params: LabParams, _context: StepContext) -> None:
        await is_stopping.wait()

    lab.on("brief", brief)
    async with service(lab, redis_url) as worker:
        run = await lab.queued(await lab.workflow({"id": "a", "uses": "lab.once", "with": {"do": "brief"}}))
        await lab.queue.wake(run)
        await until(lambda: len(lab.calls) == 1)
        stopping = asyncio.create_task(worker.stop(10))
        await asyncio.sleep(0)
        is_stopping.set()
        await stopping
        assert (await lab.run(run.id)).state is RunState.SUCCEEDED


async def test_a_cancellation_reaches_whichever_worker_has_the_run(lab: Lab, redis_url: str) -> None:
    async def hang(_params: LabParams, _context: StepContext) -> None:
        await asyncio.Event().wait()

    lab.on("hang", hang)
    async with service(lab, redis_url), service(lab, redis_url):
        run = await lab.queued(await lab.workflow({"id": "a", "with": {"do": "hang"}}))
        await lab.queue.wake(run)
        await until(lambda: len(lab.calls) == 1)
        await lab.cancel(run)
        await lab.queue.wake(run)
        assert (await is_over(lab, run)).state is RunState.CANCELLED


async def test_many_runs_on_two_workers_each_do_their_step_once(lab: Lab, redis_url: str) -> None:
    async with service(lab, redis_url), service(lab, redis_url):
        workflow = await lab.workflow({"id": "a", "uses": "lab.once"}, {"id": "b", "uses": "lab.idempotent"})
        runs = [await lab.queued(workflow) for _ in range(60)]
        for run in runs:
            await lab.queue.wake(run)
        for run in runs:
            assert (await is_over(lab, run)).state is RunState.SUCCEEDED
    assert len(lab.calls) == len({call.key for call in lab.calls}) == 120


async def test_a_part_that_breaks_is_not_passed_over(lab: Lab, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the service learns of it, and ends the process."""
    async with service(lab, redis_url) as worker:
        waiting = asyncio.create_task(worker.wait())

        async def broken() -> int:
            raise ZeroDivisionError

        monkeypatch.setattr(worker.scheduler, "fire_due", broken)
        worker.scheduler.look_again()
        with pytest.raises(ZeroDivisionError):
            await asyncio.wait_for(waiting, 5)
