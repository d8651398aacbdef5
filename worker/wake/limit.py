"""Counts what arrives against a limit, in Redis, for all processes together. Decides nothing about what is over it.

The generic cell rate algorithm (ITU-T I.371): one moment for each key says when it is all used up again. The clock is that of
Redis: a caller that stood still since it looked at its own is not refused for that.
"""

from __future__ import annotations

from core.clock import Clock
from core.rate import Rate
from worker.wake.connection import Courtesy, connect

_LIMIT = "errand:limit:"

_ALLOW = """
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local interval, slack = tonumber(ARGV[1]), tonumber(ARGV[2])
local full = math.max(now, tonumber(redis.call('GET', KEYS[1]) or 0))
if full - now > slack then
    return string.format('%.0f', math.ceil(full - now - slack))
end
redis.call('SET', KEYS[1], string.format('%.3f', full + interval), 'PX', string.format('%.0f', full + interval - now + 1000))
return '0'
"""


class RedisRateLimiter:
    """The `worker.gate.RateLimiter` of every process."""

    def __init__(self, redis_url: str, clock: Clock) -> None:
        self._redis = connect(redis_url, timeout_s=1.0)
        self._allow = self._redis.register_script(_ALLOW)
        self._courtesy = Courtesy(clock, "everything is allowed that a limit would count")

    async def allow(self, key: str, rate: Rate) -> float:
        slack_ms = (rate.burst - 1) * rate.interval_ms
        answer = await self._courtesy.ask(self._allow, keys=[_LIMIT + key], args=[rate.interval_ms, slack_ms])
        return int(answer) / 1000 if answer is not None else 0.0

    async def close(self) -> None:
        await self._redis.aclose(close_connection_pool=True)
