"""The systems that do the three-step work, each behind the same three verbs: fill the queue, work, do one at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from benchmarks.engine.errand import W3, Caller, open_caller
from benchmarks.engine.place import Load, Place
from benchmarks.engine.process import read, start, start_part

IN_FLIGHT = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """`latencies_s` is from asking for a run to knowing that it has ended, one at a time."""

    load: Load
    latencies_s: list[float]


Round = Callable[[Place, int, int, int], Awaitable[Result]]
"""Takes the place, how many runs, how many workers, and how many runs to do one at a time afterwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """`share` is the part of the wished runs that it is given, so that slow ones take no longer than others."""

    name: str
    workers: tuple[int, ...]
    round: Round
    share: float = 1.0


@asynccontextmanager
async def _parts(
    workers: int, make: Callable[[int], AbstractAsyncContextManager[asyncio.subprocess.Process]]
) -> AsyncIterator[list[asyncio.subprocess.Process]]:
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(make(number)) for number in range(workers)]


async def _timed(times: int, work: Callable[[int], Awaitable[object]]) -> list[float]:
    latencies = []
    for number in range(times):
        begun = time.perf_counter()
        await work(number)
        latencies.append(time.perf_counter() - begun)
    return latencies


def errand(*, is_postgres: bool) -> Round:
    async def one(caller: Caller) -> None:
        await caller.one()

    async def work(place: Place, runs: int, workers: int, singles: int) -> Result:
        url = await place.new_database(is_postgres=is_postgres)
        async with open_caller(place.redis_url, url, W3, {"url": place.service_url}) as caller:
            await caller.add(runs)
            part = lambda _: start_part("errand", place.redis_url, url, str(IN_FLIGHT))  # noqa: E731  short and used once
            async with _parts(workers, part) as processes:
                load = await place.watch([process.pid for process in processes], runs)
                await caller.verify(runs)
                return Result(load=load, latencies_s=await _timed(singles, lambda _: one(caller)))

    return work


async def bare_arq(place: Place, runs: int, workers: int, singles: int) -> Result:
    from benchmarks.engine import peer_arq

    pool = await peer_arq.connect(place.redis_url)

    async def ask(number: int, *, tells: bool) -> None:
        await pool.enqueue_job("job", number, tells=tells, _queue_name=peer_arq.QUEUE)

    for number in range(runs):
        await ask(number, tells=False)
    async with _parts(workers, lambda _: start_part("arq", place.redis_url, place.service_url)) as processes:
        load = await place.watch([process.pid for process in processes], runs)
        latencies_s = await _told(place, peer_arq.DONE, singles, lambda number: ask(number, tells=True))
    await pool.aclose(close_connection_pool=True)
    return Result(load=load, latencies_s=latencies_s)


async def _told(place: Place, channel: str, singles: int, ask: Callable[[int], Awaitable[None]]) -> list[float]:
    """Time runs one by one; each tells on a Redis channel that it is done."""
    redis = Redis.from_url(place.redis_url)
    async with redis.pubsub(ignore_subscribe_messages=True) as pubsub:
        await pubsub.subscribe(channel)
        await pubsub.get_message(timeout=5)

        async def one(number: int) -> None:
            await ask(number)
            while await pubsub.get_message(timeout=10) is None:
                pass

        latencies_s = await _timed(singles, one)
    await redis.aclose()
    return latencies_s


async def celery(place: Place, runs: int, workers: int, singles: int) -> Result:
    from benchmarks.engine import peer_celery

    url = await place.new_database(is_postgres=True, has_tables=False)
    engine = peer_celery.engine(url)
    peer_celery.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(peer_celery.runs.insert(), [{"id": n, "state": "queued"} for n in range(runs)])
    app = peer_celery.make_app(place.redis_url)

    def ask(number: int, *, tells: bool) -> None:
        app.send_task("w3", (number,), {"service_url": place.service_url, "tells": tells})

    async def one(number: int) -> None:
        with engine.begin() as connection:
            connection.execute(peer_celery.runs.insert(), {"id": runs + number, "state": "queued"})
        ask(runs + number, tells=True)

    for number in range(runs):
        ask(number, tells=False)
    names = [f"w{number}@bench" for number in range(workers)]
    part = lambda number: start(  # noqa: E731  short and used once
        *("-m", "celery", "-A", "benchmarks.engine.peer_celery", "--quiet", "worker", "-n", names[number]),
        *("--pool", "prefork", "-c", "2", "--without-gossip", "--without-mingle", "-l", "error"),
        PEER_REDIS_URL=place.redis_url,
        PEER_DATABASE_URL=url,
        PYTHONWARNINGS="ignore",  # it warns of the superuser, who owns many a container
    )
    async with _parts(workers, part) as processes:
        load = await place.watch([process.pid for process in processes], runs)
        latencies_s = await _told(place, peer_celery.DONE, singles, one)
    with engine.begin() as connection:
        assert len(connection.execute(peer_celery.steps.select()).all()) == 3 * (runs + singles)
    engine.dispose()
    app.close()
    return Result(load=load, latencies_s=latencies_s)


async def dbos_direct(place: Place, runs: int, workers: int, singles: int) -> Result:
    """The worker calls its workflows itself, 50 at a time."""
    url = await place.new_database(is_postgres=True, has_tables=False)
    share = runs // workers
    part = lambda number: start_part(  # noqa: E731  short and used once
        "dbos", url, place.service_url, f"executor-{number}", str(share), str(singles if number == 0 else 0)
    )
    async with _parts(workers, part) as processes:
        load = await place.watch([process.pid for process in processes], share * workers)
        said: list[dict[str, Any]] = [await read(processes[0]) for _ in range(3)]
    return Result(load=load, latencies_s=said[2]["latencies"])


async def dbos_queue(place: Place, runs: int, workers: int, singles: int) -> Result:
    """A client puts the workflows into DBOS's own queue."""
    from dbos import DBOSClient, EnqueueOptions

    from benchmarks.engine import peer_dbos

    url = await place.new_database(is_postgres=True, has_tables=False)
    async with start_part("dbos", url, place.service_url, "setup", "0", "0") as first:  # makes the tables and the queue
        await read(first)
    client = DBOSClient(system_database_url=url)
    options: EnqueueOptions = {"workflow_name": "w3", "queue_name": peer_dbos.QUEUE, "app_version": peer_dbos.VERSION}

    async def one(number: int) -> None:
        handle: Any = await client.enqueue_async(options, str(number))
        await handle.get_result(polling_interval_sec=0.005)

    await asyncio.gather(*(client.enqueue_async(options, str(number)) for number in range(runs)))
    part = lambda number: start_part("dbos", url, place.service_url, f"executor-{number}", "0", "0")  # noqa: E731
    async with _parts(workers, part) as processes:
        load = await place.watch([process.pid for process in processes], runs)
        latencies_s = await _timed(singles, one)
    client.destroy()
    return Result(load=load, latencies_s=latencies_s)


SYSTEMS = (
    System(name="Errand, every step durable, PostgreSQL", workers=(1, 2), round=errand(is_postgres=True)),
    System(name="Errand, every step durable, SQLite", workers=(1, 2), round=errand(is_postgres=False)),
    System(name="bare arq, httpx, no records", workers=(1, 2), round=bare_arq),
    System(name="Celery, prefork 2, records in PostgreSQL", workers=(1, 2), round=celery),
    System(name="DBOS, PostgreSQL, called directly", workers=(1, 2), round=dbos_direct, share=0.2),
    System(name="DBOS, PostgreSQL, through its queue", workers=(1, 2), round=dbos_queue, share=0.2),
)
