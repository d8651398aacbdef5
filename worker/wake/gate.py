"""The gate before services, shared by all workers: a circuit breaker and a limit for each, one script for each question.

A service is shut when it failed several times without a success in between, or asked for a pause. When its time is over,
one attempt goes ahead to try (half-open), whichever worker makes it; the others wait for its outcome. Each time that fails
the service stays shut for twice as long. A limit hands out places: who has to wait is told when its own place comes, so
that a thousand who wait do not all come back at once.

Redis is not asked about a service that was well a moment ago: what is healthy costs one question a second. The time is the
caller's, which tests move by hours: who stood still since it looked at its clock is only told to wait longer.
"""

from __future__ import annotations

import math
from random import Random

from core.clock import Clock
from worker.gate import Health, Hold, Service, Why
from worker.wake.connection import Courtesy, connect

_GATE = "errand:gate:"
_PLACE = "errand:place:"
_TRUSTED_S = 1.0
"""A service that was well is taken to be so for so long."""
_MOST_TRUSTED = 10_000
_KEPT_MS = 3_600_000
"""What is known of a service that nobody calls is forgotten after so long."""
_GRACE_MS = 60_000
"""A place in a limit is kept for who comes late."""
_LONGEST_PLACE_MS = 86_400_000
_WAIT_FOR_PROBE_MS = 6_000
_DELAY_OF_PROBE_S = 5.0

_ENTER = """
local now, interval, slack = tonumber(ARGV[1]), tonumber(ARGV[3]), tonumber(ARGV[4])
local state = redis.call('HMGET', KEYS[1], 'until', 'why', 'probe', 'full')
local shut = tonumber(state[1])
if shut and shut > now then
    return {string.format('%.0f', shut - now), state[2]}
end
if shut and tonumber(state[3] or 0) > now then
    return {ARGV[5], state[2]}
end
if interval > 0 then
    local place = tonumber(redis.call('GET', KEYS[2]))
    if place and place > now then
        return {string.format('%.0f', place - now), 'limit'}
    end
    if place then
        redis.call('DEL', KEYS[2])
    else
        local full = math.max(now, tonumber(state[4] or 0))
        local wait = math.ceil(full - now - slack)
        if wait > tonumber(ARGV[8]) then
            return {ARGV[8], 'limit'}
        end
        redis.call('HSET', KEYS[1], 'full', string.format('%.3f', full + interval))
        redis.call('PEXPIRE', KEYS[1], string.format('%.0f', full + interval - now + tonumber(ARGV[6])))
        if wait > 0 then
            redis.call('SET', KEYS[2], string.format('%.0f', now + wait), 'PX', wait + tonumber(ARGV[7]))
            return {string.format('%.0f', wait), 'limit'}
        end
    end
end
if shut then
    redis.call('HSET', KEYS[1], 'probe', string.format('%.0f', now + tonumber(ARGV[2])))
    return {'0', 'probe'}
end
return {'0', redis.call('HEXISTS', KEYS[1], 'failures') == 1 and 'ill' or 'well'}
"""

_LEAVE = """
local now, pause = tonumber(ARGV[1]), tonumber(ARGV[3])
local state = redis.call('HMGET', KEYS[1], 'until', 'opened')
local shut = tonumber(state[1])
if ARGV[2] == 'none' then
    redis.call('HDEL', KEYS[1], 'probe')
    return 0
end
if ARGV[2] == 'well' then
    if not (shut and shut > now) then
        redis.call('HDEL', KEYS[1], 'until', 'why', 'probe', 'failures', 'opened')
    end
    return 0
end
local failures = redis.call('HINCRBY', KEYS[1], 'failures', 1)
if pause > 0 then
    if now + pause > (shut or 0) then
        redis.call('HSET', KEYS[1], 'until', string.format('%.0f', now + pause), 'why', 'busy')
        shut = now + pause
    end
    redis.call('HDEL', KEYS[1], 'probe')
elseif (shut and shut <= now) or (not shut and failures >= tonumber(ARGV[4])) then
    local opened = tonumber(state[2] or 0)
    local span = math.min(tonumber(ARGV[5]) * 2 ^ opened, math.max(tonumber(ARGV[6]), tonumber(ARGV[5])))
    shut = now + span
    redis.call('HSET', KEYS[1], 'until', string.format('%.0f', shut), 'why', 'down', 'opened', opened + 1)
    redis.call('HDEL', KEYS[1], 'probe')
end
local left = redis.call('PTTL', KEYS[1])
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', math.max(left, (shut or now) - now + tonumber(ARGV[7]))))
return failures
"""


class RedisGate:
    """The `worker.gate.Gate` of every worker.

    `failures` without a success shut a service for `open_s`, then for twice as long up to `longest_s`.
    """

    def __init__(
        self,
        redis_url: str,
        clock: Clock,
        random: Random,
        *,
        failures: int = 5,
        open_s: float = 30.0,
        longest_s: float = 600.0,
    ) -> None:
        self._redis = connect(redis_url, timeout_s=1.0)
        self._enter = self._redis.register_script(_ENTER)
        self._leave = self._redis.register_script(_LEAVE)
        self._clock = clock
        self._random = random
        self._thresholds = [failures, math.ceil(open_s * 1000), math.ceil(longest_s * 1000)]
        self._trusted_s = min(_TRUSTED_S, open_s / 2)
        self._trusted: dict[str, float] = {}
        self._courtesy = Courtesy(clock, "services are called without asking whether they are up")

    async def enter(self, service: Service, *, ticket: str, timeout_s: float) -> Hold | None:
        if service.rate is None and self._trusted.get(service.key, -math.inf) > self._clock.monotonic_s():
            return None
        rate = service.rate
        interval_ms, slack_ms = (rate.interval_ms, (rate.burst - 1) * rate.interval_ms) if rate else (0, 0)
        self._trusted.pop(service.key, None)
        answer = await self._courtesy.ask(
            self._enter,
            keys=[_GATE + service.key, f"{_PLACE}{service.key}:{ticket}"],
            args=[
                self._now_ms(),
                math.ceil((timeout_s + _DELAY_OF_PROBE_S) * 1000),
                interval_ms,
                slack_ms,
                _WAIT_FOR_PROBE_MS,
                _KEPT_MS,
                _GRACE_MS,
                _LONGEST_PLACE_MS,
            ],
        )
        if answer is None:
            return None
        wait_ms, word = int(answer[0]), answer[1].decode()
        if wait_ms == 0:
            if word == "well":
                self._trust(service.key)
            return None
        why = Why(word)
        # Those who wait for the same moment come one after the other.
        later_s = 0.0 if why is Why.LIMIT else self._random.uniform(0, min(5.0, wait_ms / 10_000))
        return Hold(wait_s=wait_ms / 1000 + later_s, why=why)

    async def leave(self, service: Service, health: Health) -> None:
        if health.is_well is not False and service.key in self._trusted:
            return
        word = {True: "well", False: "ill", None: "none"}[health.is_well]
        if health.is_well is False:
            self._trusted.pop(service.key, None)
        await self._courtesy.ask(
            self._leave,
            keys=[_GATE + service.key],
            args=[self._now_ms(), word, math.ceil(health.pause_s * 1000), *self._thresholds, _KEPT_MS],
        )

    async def close(self) -> None:
        await self._redis.aclose(close_connection_pool=True)

    def _trust(self, key: str) -> None:
        if len(self._trusted) >= _MOST_TRUSTED:
            self._trusted.clear()
        self._trusted[key] = self._clock.monotonic_s() + self._trusted_s

    def _now_ms(self) -> int:
        return int(self._clock.now().timestamp() * 1000)
