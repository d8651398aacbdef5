"""Wake-ups and events through a real Redis."""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from redis.asyncio import Redis

from bot.redis_server import find_redis_server
from core.clock import SystemClock
from store.port import DueRun, Event
from store.record import Priority
from tests.contract.worker.lab import until
from worker.wake.bus import RedisBus
from worker.wake.connection import QUEUE
from worker.wake.queue import ArqQueue
from worker.wake.worker import WakingWorker

CLOCK = SystemClock()


def due(run_id: str, person_id: str = "usr_ada", priority: Priority = Priority.INTERACTIVE) -> DueRun:
    return DueRun(id=run_id, person_id=person_id, priority=priority)


class Advancing:
    """Stands for the engine: keeps what it was called with."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.heard: list[str] = []
        self.schedule_changes = 0
        self.hold: asyncio.Event | None = None
        self.most = self._busy = 0

    async def __call__(self, run_id: str) -> None:
        self.begun.append(run_id)
        self._busy += 1
        self.most = max(self.most, self._busy)
        if self.hold is not None:
            await self.hold.wait()
        self._busy -= 1
        if run_id == "broken":
            raise ZeroDivisionError

    def schedule_changed(self) -> None:
        self.schedule_changes += 1


@asynccontextmanager
async def working(
    redis_url: str, engine: Advancing, *, max_jobs: int = 10, poll_s: float = 30.0
) -> AsyncIterator[WakingWorker]:
    """A worker that looks only when it is woken, unless told otherwise."""
    worker = WakingWorker(
        redis_url=redis_url,
        clock=CLOCK,
        advance=engine,
        heard=engine.heard.append,
        schedule_changed=engine.schedule_changed,
        max_jobs=max_jobs,
        poll_s=poll_s,
    )
    running = asyncio.create_task(worker.async_run())
    await asyncio.wait_for(worker._listener.is_connected.wait(), 5)
    yield worker
    if engine.hold:
        engine.hold.set()
    await worker.stop(5)
    await asyncio.gather(running, return_exceptions=True)


@pytest.fixture
async def queue(redis_url: str) -> AsyncIterator[ArqQueue]:
    made = ArqQueue(redis_url, CLOCK)
    yield made
    await made.close()


async def test_a_wake_up_is_heard_without_polling(redis_url: str, queue: ArqQueue) -> None:
    engine = Advancing()
    async with working(redis_url, engine):
        for number in range(3):
            await queue.wake(due(f"run_{number}"))
            await until(lambda number=number: len(engine.begun) == number + 1)
    assert engine.begun == ["run_0", "run_1", "run_2"]
    assert engine.heard == engine.begun


async def test_a_wake_up_from_before_the_worker_started_is_found(redis_url: str, queue: ArqQueue) -> None:
    await queue.wake(due("run_early"))
    engine = Advancing()
    async with working(redis_url, engine):
        await until(lambda: engine.begun == ["run_early"])


async def test_the_same_run_is_queued_once_and_can_be_queued_again_later(redis_url: str, queue: ArqQueue) -> None:
    """No key of a finished job stands in the way, and nothing is left in Redis for good."""
    engine = Advancing()
    for _ in range(5):
        await queue.wake(due("run_1"))
    async with working(redis_url, engine):
        await until(lambda: len(engine.begun) == 1)
        await queue.wake(due("run_1"))
        await until(lambda: len(engine.begun) == 2)
    redis = Redis.from_url(redis_url)
    left = {key: await redis.pttl(key) for key in await redis.keys("*")}
    await redis.aclose()
    assert not [key for key in left if key.startswith(b"arq:job:")]
    assert [key for key, expires_ms in left.items() if expires_ms <= 0] == []


async def test_no_more_than_its_limit_are_taken_and_a_free_slot_is_filled_at_once(
    redis_url: str, queue: ArqQueue
) -> None:
    """Without waiting for the next poll, which is half a minute away."""
    engine = Advancing()
    engine.hold = asyncio.Event()
    for number in range(9):
        await queue.wake(due(f"run_{number}"))
    async with working(redis_url, engine, max_jobs=3):
        await until(lambda: len(engine.begun) == 3)
        assert engine.most == 3
        engine.hold.set()
        await until(lambda: len(engine.begun) == 9)
    assert engine.most <= 3


async def test_two_workers_never_take_the_same_wake_up(redis_url: str, queue: ArqQueue) -> None:
    first, second = Advancing(), Advancing()
    async with working(redis_url, first, max_jobs=5), working(redis_url, second, max_jobs=5):
        for number in range(100):
            await queue.wake(due(f"run_{number}"))
        await until(lambda: len(first.begun) + len(second.begun) == 100)
        await until(lambda: len(first.heard) == len(second.heard) == 100)  # everyone hears of everything
    assert len({*first.begun, *second.begun}) == 100


async def test_a_job_that_fails_is_logged_and_the_worker_goes_on(
    redis_url: str, queue: ArqQueue, caplog: pytest.LogCaptureFixture
) -> None:
    engine = Advancing()
    redis = Redis.from_url(redis_url)
    async with working(redis_url, engine):
        await queue.wake(due("broken"))
        await redis.set("arq:job:garbage", b"\x80\x04not json")
        await redis.zadd(QUEUE, {"garbage": 1})
        await queue.wake(due("run_fine"))
        await until(lambda: "run_fine" in engine.begun)
    await redis.aclose()
    errors = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert len(errors) == 2
    assert all("reference ref_" in error for error in errors)


async def test_a_change_of_a_schedule_is_heard(redis_url: str, queue: ArqQueue) -> None:
    engine = Advancing()
    async with working(redis_url, engine):
        await queue.wake_scheduler()
        await until(lambda: engine.schedule_changes == 1)


async def test_stopping_lets_what_runs_finish_and_takes_no_more(redis_url: str, queue: ArqQueue) -> None:
    engine = Advancing()
    engine.hold = asyncio.Event()
    async with working(redis_url, engine) as worker:
        await queue.wake(due("run_1"))
        await until(lambda: engine.begun == ["run_1"])
        stopping = asyncio.create_task(worker.stop(5))
        await asyncio.sleep(0.05)
        await queue.wake(due("run_2"))
        assert not stopping.done()
        engine.hold.set()
        await stopping
    assert engine.begun == ["run_1"]


async def test_a_worker_can_be_stopped_at_any_moment(redis_url: str) -> None:
    """Also in the middle of taking its first connection, where redis-py swallows cancellations."""
    for turns in range(12):
        async with working(redis_url, Advancing()) as worker:
            for _ in range(turns):
                await asyncio.sleep(0)
            await asyncio.wait_for(worker.stop(1), 5)


async def test_what_does_not_finish_in_time_is_cancelled(redis_url: str, queue: ArqQueue) -> None:
    engine = Advancing()
    engine.hold = asyncio.Event()
    async with working(redis_url, engine) as worker:
        await queue.wake(due("run_1"))
        await until(lambda: engine.begun == ["run_1"])
        await worker.stop(0.05)
        assert not worker.tasks


async def test_without_redis_a_wake_up_is_given_up_with_one_warning(caplog: pytest.LogCaptureFixture) -> None:
    queue = ArqQueue("unix:///nonexistent/redis.sock", CLOCK)
    await queue.wake(due("run_1"))
    await queue.wake(due("run_2"))
    await queue.wake_scheduler()
    await queue.close()
    assert len([record for record in caplog.records if "Redis cannot be reached" in record.getMessage()]) == 1


class RestartableRedis:
    """A redis-server that comes back under the same address, empty."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "redis.sock"
        self.url = f"unix://{self.socket}"
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *(str(find_redis_server()), "--port", "0", "--unixsocket", str(self.socket), "--save", ""),
            stdout=asyncio.subprocess.DEVNULL,
        )
        await until(self.socket.exists)

    async def stop(self) -> None:
        assert self._process is not None
        self._process.terminate()
        await self._process.wait()
        self.socket.unlink(missing_ok=True)


@pytest.fixture
async def restartable() -> AsyncIterator[RestartableRedis]:
    with tempfile.TemporaryDirectory(prefix="redis-") as folder:
        redis = RestartableRedis(Path(folder))
        await redis.start()
        yield redis
        await redis.stop()


async def test_a_worker_goes_on_after_redis_was_restarted(restartable: RestartableRedis) -> None:
    engine = Advancing()
    queue = ArqQueue(restartable.url, CLOCK)
    async with working(restartable.url, engine, poll_s=0.05):
        await queue.wake(due("run_1"))
        await until(lambda: engine.begun == ["run_1"])
        await restartable.stop()
        await queue.wake(due("run_lost"))
        await restartable.start()

        async def is_woken() -> bool:
            await queue.wake(due("run_2"))
            return "run_2" in engine.begun

        await until(is_woken)
        assert "run_lost" not in engine.begun, "that is for the sweeper"
    await queue.close()


async def test_events_reach_subscribers_in_this_process_and_in_others(redis_url: str) -> None:
    mine, other = RedisBus(redis_url, CLOCK), RedisBus(redis_url, CLOCK)
    event = Event(conversation_id="cnv_1", run_id="run_1")
    async with mine.subscribe() as here, other.subscribe() as there:
        await mine.publish(event, event)
        async with asyncio.timeout(5):
            assert [await anext(here), await anext(here)] == [event, event]
            assert await anext(there) == event, "what goes over the wire has no doubles"
        await mine.publish(Event(conversation_id="cnv_2"))
        async with asyncio.timeout(5):
            assert (await anext(there)).conversation_id == "cnv_2"
    await mine.close()
    await other.close()


async def test_events_flow_again_after_redis_was_restarted(restartable: RestartableRedis) -> None:
    mine, other = RedisBus(restartable.url, CLOCK), RedisBus(restartable.url, CLOCK)
    async with mine.subscribe() as events:
        await restartable.stop()
        await other.publish(Event(conversation_id="cnv_lost"))
        await restartable.start()
        heard = asyncio.ensure_future(anext(events))

        async def is_heard() -> bool:
            await other.publish(Event(conversation_id="cnv_2"))
            return heard.done()

        await until(is_heard)
        assert (await heard).conversation_id == "cnv_2"
    await mine.close()
    await other.close()


async def test_without_redis_a_process_still_hears_itself() -> None:
    bus = RedisBus("unix:///nonexistent/redis.sock", CLOCK)
    async with bus.subscribe() as events:
        await bus.publish(Event(conversation_id="cnv_1"))
        assert (await anext(events)).conversation_id == "cnv_1"
    await bus.close()


async def test_a_slow_subscriber_loses_the_oldest_events(redis_url: str) -> None:
    bus = RedisBus(redis_url, CLOCK)
    async with bus.subscribe() as events:
        for number in range(1005):
            await bus.publish(Event(conversation_id=f"cnv_{number}"))
        assert (await anext(events)).conversation_id == "cnv_5"
    await bus.close()


async def test_what_others_publish_on_our_channel_harms_nobody(
    redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    bus, redis = RedisBus(redis_url, CLOCK), Redis.from_url(redis_url)
    async with bus.subscribe() as events:
        for garbage in (b"\xff", b"[]", b'{"from": 1}', b'{"from": 1, "events": [{"x": 1}]}'):
            await redis.publish("errand:events", garbage)
        other = RedisBus(redis_url, CLOCK)
        await other.publish(Event(conversation_id="cnv_1"))
        async with asyncio.timeout(5):
            assert (await anext(events)).conversation_id == "cnv_1"
        await other.close()
    assert "not ours" in caplog.text
    await redis.aclose()
    await bus.close()


async def test_many_are_woken_at_once_and_what_is_queued_already_is_not_announced_again(
    redis_url: str, queue: ArqQueue
) -> None:
    """The sweeper finds again and again what waits in a long queue; workers need not hear of it each time."""
    engine = Advancing()
    engine.hold = asyncio.Event()
    many = [due(f"run_{number}", person_id=f"usr_{number}") for number in range(450)]
    async with working(redis_url, engine, max_jobs=1):
        await queue.wake(*many)
        await queue.wake(*many[1:], due("run_last"))
        await until(lambda: "run_last" in engine.heard)
        assert sorted(engine.heard) == sorted([*(run.id for run in many), "run_last"])
