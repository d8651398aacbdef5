"""Puts runs into the queue and announces them. Takes nothing out of it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable

import orjson
from arq.constants import job_key_prefix
from arq.jobs import serialize_job

from core.clock import Clock
from worker.wake.connection import QUEUE, SCHEDULE_CHANNEL, UNREACHABLE, WAKE_CHANNEL, connect

_log = logging.getLogger(__name__)

_JOB_EXPIRES_MS = 86_400_000


class ArqQueue:
    """The `RunQueue` of every process. When Redis cannot be reached it says so once and goes on."""

    def __init__(self, redis_url: str, clock: Clock) -> None:
        self._redis = connect(redis_url)
        self._clock = clock
        self._is_down = False

    async def wake(self, run_id: str) -> None:
        """Enqueue and announce in one round trip."""
        now_ms = int(self._clock.now().timestamp() * 1000)
        job = serialize_job("advance", (run_id,), {}, None, now_ms, serializer=orjson.dumps)
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.psetex(job_key_prefix + run_id, _JOB_EXPIRES_MS, job)
            pipe.zadd(QUEUE, {run_id: now_ms}, nx=True)
            pipe.publish(WAKE_CHANNEL, run_id)
            await self._try(pipe.execute())

    async def wake_scheduler(self) -> None:
        await self._try(self._redis.publish(SCHEDULE_CHANNEL, ""))

    async def close(self) -> None:
        await self._redis.aclose(close_connection_pool=True)

    async def _try(self, sending: Awaitable[object]) -> None:
        try:
            await sending
        except UNREACHABLE as error:
            if not self._is_down:
                _log.warning("Redis cannot be reached (%s); due runs are found by the sweeper until it is back.", error)
            self._is_down = True
        else:
            self._is_down = False
