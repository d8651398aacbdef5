"""Opens what processes of one Errand tell each other over Redis: what is due, what happened, what is to be left alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from random import Random

from core.clock import Clock
from core.settings import Settings
from worker.wake.bus import RedisBus
from worker.wake.gate import RedisGate
from worker.wake.limit import RedisRateLimiter
from worker.wake.queue import ArqQueue


@dataclass(frozen=True, slots=True, kw_only=True)
class Wake:
    redis_url: str
    queue: ArqQueue
    bus: RedisBus
    gate: RedisGate
    limiter: RedisRateLimiter


@asynccontextmanager
async def open_wake(settings: Settings, redis_url: str, clock: Clock) -> AsyncIterator[Wake]:
    gate = RedisGate(
        redis_url,
        clock,
        Random(),  # noqa: S311  jitter, not a secret
        failures=settings.breaker_failures,
        open_s=settings.breaker_open_s,
        longest_s=settings.breaker_longest_s,
    )
    wake = Wake(
        redis_url=redis_url,
        queue=ArqQueue(redis_url, clock),
        bus=RedisBus(redis_url, clock),
        gate=gate,
        limiter=RedisRateLimiter(redis_url, clock),
    )
    async with AsyncExitStack() as stack:
        for one in (wake.queue, wake.bus, wake.gate, wake.limiter):
            stack.push_async_callback(one.close)
        yield wake
