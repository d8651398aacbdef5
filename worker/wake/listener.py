"""Hears what is published through Redis. Knows nothing of what it means."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping

from redis.asyncio import Redis

from core.clock import Clock
from worker.wake.connection import RECONNECT_S, UNREACHABLE, connect

_log = logging.getLogger(__name__)


class Listener:
    """Hands what is published on some channels to plain functions; connects again by itself, for ever.

    `on_connect` is called each time the line is up, because what was published before is lost.
    """

    def __init__(
        self,
        redis_url: str,
        clock: Clock,
        handlers: Mapping[str, Callable[[bytes], None]],
        on_connect: Callable[[], None] = lambda: None,
    ) -> None:
        self._redis: Redis = connect(redis_url, timeout_s=None)
        self._clock = clock
        self._handlers = handlers
        self._on_connect = on_connect
        self.is_connected = asyncio.Event()

    async def run(self) -> None:
        while True:
            try:
                await self._listen()
            except UNREACHABLE as error:
                _log.debug("The line to Redis broke: %s", error)
            self.is_connected.clear()
            await self._clock.sleep(RECONNECT_S)

    async def close(self) -> None:
        await self._redis.aclose(close_connection_pool=True)

    async def _listen(self) -> None:
        async with self._redis.pubsub(ignore_subscribe_messages=True) as pubsub:
            await pubsub.subscribe(*self._handlers)
            await pubsub.get_message(timeout=5.0)  # the subscription itself, answered
            self.is_connected.set()
            self._on_connect()
            while True:
                message = await pubsub.get_message(timeout=30.0)
                if message is not None:
                    self._handlers[message["channel"].decode()](message["data"])
