"""Puts runs into the queue and announces them. Takes nothing out of it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Sequence

import orjson
from arq.jobs import serialize_job

from core.clock import Clock
from store.port import DueRun
from store.record import Run
from worker.wake.connection import SCHEDULE_CHANNEL, UNREACHABLE, connect
from worker.wake.order import FairOrder

_log = logging.getLogger(__name__)

_AT_ONCE = 200


class ArqQueue:
    """The `RunQueue` of every process. When Redis cannot be reached it says so once and goes on."""

    def __init__(self, redis_url: str, clock: Clock) -> None:
        self._redis = connect(redis_url)
        self._order = FairOrder(self._redis, clock)
        self._clock = clock
        self._is_down = False

    async def wake(self, *runs: Run | DueRun) -> None:
        """Enqueue and announce in one round trip, many in a few."""
        for start in range(0, len(runs), _AT_ONCE):
            await self._try(self._wake(runs[start : start + _AT_ONCE]))

    async def wake_scheduler(self) -> None:
        await self._try(self._redis.publish(SCHEDULE_CHANNEL, ""))

    async def close(self) -> None:
        await self._redis.aclose(close_connection_pool=True)

    async def _wake(self, runs: Sequence[Run | DueRun]) -> None:
        now_ms = int(self._clock.now().timestamp() * 1000)
        async with self._redis.pipeline(transaction=False) as pipe:
            for run in runs:
                await self._order.add(
                    run.id,
                    serialize_job("advance", (run.id,), {}, None, now_ms, serializer=orjson.dumps),
                    person_id=run.person_id,
                    priority=run.priority,
                    is_news=isinstance(run, Run),
                    is_orphaned=isinstance(run, DueRun) and run.is_orphaned,
                    through=pipe if len(runs) > 1 else None,
                )
            await pipe.execute()

    async def _try(self, sending: Awaitable[object]) -> None:
        try:
            await sending
        except UNREACHABLE as error:
            if not self._is_down:
                _log.warning("Redis cannot be reached (%s); due runs are found by the sweeper until it is back.", error)
            self._is_down = True
        else:
            self._is_down = False
