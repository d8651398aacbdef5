"""DBOS's side: an async workflow of three async steps in PostgreSQL, called directly or taken from a DBOS queue."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx
import jmespath
from dbos import DBOS, DBOSConfig

from benchmarks.engine.process import say

QUEUE = "peer"
APP = "peer"
VERSION = "1"
IN_FLIGHT = 50
_POLL_S = 0.01
_EXPRESSION = jmespath.compile("{name: name, total: sum(items[].price)}")


def config(database_url: str, executor: str) -> DBOSConfig:
    """A pool as large as there are runs in flight; everything else as DBOS comes."""
    return DBOSConfig(
        name=APP,
        system_database_url=database_url,
        sys_db_pool_size=IN_FLIGHT,
        application_version=VERSION,
        executor_id=executor,
        log_level="ERROR",
    )


async def work(database_url: str, service_url: str, executor: str, runs: str, one_by_one: str) -> None:
    """Call so many workflows directly, then some one by one; with none, work on the queue until told to end."""
    async with httpx.AsyncClient(limits=httpx.Limits(max_connections=IN_FLIGHT)) as client:

        @DBOS.step()
        async def fetch(number: str) -> Any:
            return (await client.get(f"{service_url}/get?n={number}")).json()

        @DBOS.step()
        async def shape(data: Any) -> Any:
            return _EXPRESSION.search(data)

        @DBOS.step()
        async def send(data: Any) -> int:
            return (await client.post(f"{service_url}/post", json=data)).status_code

        @DBOS.workflow(name="w3")
        async def w3(number: str) -> int:
            return await send(await shape(await fetch(number)))

        DBOS(config=config(database_url, executor))
        DBOS.launch()
        try:
            if int(runs) == 0:
                await DBOS.register_queue_async(QUEUE, worker_concurrency=IN_FLIGHT, polling_interval_sec=_POLL_S)
                say({"ready": True})
                await asyncio.Event().wait()
            say({"ready": True})
            await _many(w3, int(runs))
            say({"done": True})
            say({"latencies": [await _one(w3, number) for number in range(int(one_by_one))]})
            await asyncio.Event().wait()
        finally:
            DBOS.destroy()


async def _many(workflow: Any, runs: int) -> None:
    numbers = iter(range(runs))

    async def lane() -> None:
        for number in numbers:
            await workflow(str(number))

    await asyncio.gather(*(lane() for _ in range(IN_FLIGHT)))


async def _one(workflow: Any, number: int) -> float:
    begun = time.perf_counter()
    await workflow(str(number))
    return time.perf_counter() - begun
