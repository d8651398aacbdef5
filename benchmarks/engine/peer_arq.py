"""Bare arq: the same two requests with httpx, and no record of anything. What a fast engine without promises costs."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import httpx
import jmespath
from arq.connections import ArqRedis, RedisSettings, create_pool
from arq.worker import Worker, func

from benchmarks.engine.process import say

QUEUE = "peer:arq"
DONE = "peer:done"
IN_FLIGHT = 50
_POLL_S = 0.005
_EXPRESSION = jmespath.compile("{name: name, total: sum(items[].price)}")


def _pack(value: object) -> bytes:
    return json.dumps(value).encode()


async def connect(redis_url: str) -> ArqRedis:
    return await create_pool(_settings(redis_url), job_serializer=_pack)


def _settings(redis_url: str) -> RedisSettings:
    return replace(RedisSettings.from_dsn(redis_url), conn_timeout=5)


async def work(redis_url: str, service_url: str) -> None:
    async with httpx.AsyncClient(limits=httpx.Limits(max_connections=IN_FLIGHT)) as client:

        async def job(ctx: dict[Any, Any], number: int, *, tells: bool) -> None:
            fetched = (await client.get(f"{service_url}/get?n={number}")).json()
            await client.post(f"{service_url}/post", json=_EXPRESSION.search(fetched))
            if tells:
                await ctx["redis"].publish(DONE, str(number))

        worker = Worker(
            functions=[func(job, name="job")],
            redis_settings=_settings(redis_url),
            queue_name=QUEUE,
            max_jobs=IN_FLIGHT,
            poll_delay=_POLL_S,
            keep_result=0,
            handle_signals=False,
            job_serializer=_pack,
            job_deserializer=json.loads,
        )
        say({"ready": True})
        try:
            await worker.async_run()
        finally:
            await worker.close()
