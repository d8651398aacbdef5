"""How this process reaches Redis, and the names that all processes share there. Sends nothing of its own but a ping."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import orjson
from arq.connections import ArqRedis
from redis.asyncio import ConnectionPool
from redis.commands.core import AsyncScript
from redis.exceptions import RedisError

from core.clock import Clock

_log = logging.getLogger(__name__)

QUEUE = "errand:queue"
WAKE_CHANNEL = "errand:wake"
SCHEDULE_CHANNEL = "errand:schedule"
EVENT_CHANNEL = "errand:events"

RECONNECT_S = 0.5
_ASKED_AGAIN_S = 5.0

UNREACHABLE = (RedisError, OSError, TimeoutError, RuntimeError)
"""The last one is uvloop's word for a line that was closed while redis-py still writes to it or reads from it."""


def connect(redis_url: str, *, timeout_s: float | None = 5.0) -> ArqRedis:
    """Return a client with its own pool; nothing is sent before its first command. Its owner closes it."""
    pool = ConnectionPool.from_url(
        redis_url, socket_connect_timeout=min(2.0, timeout_s or 2.0), socket_timeout=timeout_s, health_check_interval=30
    )
    return ArqRedis(pool_or_conn=pool, default_queue_name=QUEUE, job_serializer=orjson.dumps)


async def ping(redis_url: str) -> str:
    """Return why Redis cannot be used, or the empty string."""
    redis = connect(redis_url)
    try:
        await redis.ping()
    except UNREACHABLE as error:
        return f"Redis cannot be reached: {error}"
    finally:
        await redis.aclose(close_connection_pool=True)
    return ""


class Courtesy:
    """Questions to Redis that nothing depends on: when it is away they are not answered, and not asked for a while."""

    def __init__(self, clock: Clock, meanwhile: str) -> None:
        self._clock = clock
        self._meanwhile = meanwhile
        self._away_until_s = 0.0
        self._is_away = False

    async def ask(self, script: AsyncScript, *, keys: Sequence[str], args: Sequence[str | float]) -> Any:
        """Return a script's answer; none when there is none to be had. Says so once in the log."""
        if self._is_away and self._clock.monotonic_s() < self._away_until_s:
            return None
        try:
            answer = await script(keys=keys, args=args)
        except UNREACHABLE as error:
            if not self._is_away:
                _log.warning("Redis cannot be reached (%s); until it is back, %s.", error, self._meanwhile)
            self._is_away, self._away_until_s = True, self._clock.monotonic_s() + _ASKED_AGAIN_S
            return None
        self._is_away = False
        return answer
