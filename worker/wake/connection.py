"""How this process reaches Redis, and the names that all processes share there. Sends nothing of its own but a ping."""

from __future__ import annotations

import orjson
from arq.connections import ArqRedis
from redis.asyncio import ConnectionPool
from redis.exceptions import RedisError

QUEUE = "errand:queue"
WAKE_CHANNEL = "errand:wake"
SCHEDULE_CHANNEL = "errand:schedule"
EVENT_CHANNEL = "errand:events"

RECONNECT_S = 0.5

UNREACHABLE = (RedisError, OSError, TimeoutError)


def connect(redis_url: str, *, timeout_s: float | None = 5.0) -> ArqRedis:
    """Return a client with its own pool; nothing is sent before its first command. Its owner closes it."""
    pool = ConnectionPool.from_url(
        redis_url, socket_connect_timeout=2.0, socket_timeout=timeout_s, health_check_interval=30
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
