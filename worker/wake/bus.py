"""Events between processes through Redis. Carries ids only; keeps nothing for who was not there."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict

import orjson

from core.clock import Clock
from core.ids import new_id
from store.port import Event
from worker.task import end
from worker.wake.connection import EVENT_CHANNEL, UNREACHABLE, connect
from worker.wake.listener import Listener

_log = logging.getLogger(__name__)

_EVENTS_KEPT = 1000
"""A subscriber that is further behind loses the oldest ones; it reads the records anyway."""


class RedisBus:
    """The `EventBus`. Subscribers in this process are told at once, others through Redis.

    Events that are published while an earlier message is on its way go together in the next one, without doubles.
    """

    def __init__(self, redis_url: str, clock: Clock) -> None:
        self._redis = connect(redis_url)
        self._me = new_id("bus")
        self._listener = Listener(redis_url, clock, {EVENT_CHANNEL: self._receive})
        self._listening: asyncio.Task[None] | None = None
        self._sending: asyncio.Task[None] | None = None
        self._outgoing: dict[Event, None] = {}
        self._subscribers: set[asyncio.Queue[Event]] = set()

    async def publish(self, *events: Event) -> None:
        self._deliver(events)
        self._outgoing.update(dict.fromkeys(events))
        if self._outgoing and (self._sending is None or self._sending.done()):
            self._sending = asyncio.create_task(self._send(), name="events")

    @asynccontextmanager
    async def subscribe(self) -> AsyncIterator[AsyncIterator[Event]]:
        if self._listening is None:
            self._listening = asyncio.create_task(self._listener.run(), name="event listener")
        with suppress(TimeoutError):  # without Redis, this process still hears itself
            async with asyncio.timeout(1.0):
                await self._listener.is_connected.wait()
        inbox: asyncio.Queue[Event] = asyncio.Queue(_EVENTS_KEPT)
        self._subscribers.add(inbox)
        try:
            yield _events(inbox)
        finally:
            self._subscribers.discard(inbox)

    async def close(self) -> None:
        """Send what is still outgoing, then end."""
        if self._sending is not None:
            await self._sending
        if self._listening is not None:
            await end([self._listening])
        await self._listener.close()
        await self._redis.aclose(close_connection_pool=True)

    async def _send(self) -> None:
        while self._outgoing:
            events = [asdict(event) for event in self._outgoing]
            self._outgoing.clear()
            with suppress(*UNREACHABLE):  # delivery is at most once
                await self._redis.publish(EVENT_CHANNEL, orjson.dumps({"from": self._me, "events": events}))

    def _receive(self, data: bytes) -> None:
        try:
            message = orjson.loads(data)
            events = [] if message["from"] == self._me else [Event(**event) for event in message["events"]]
        except (ValueError, TypeError, KeyError):
            _log.warning("Something that is not ours was published on %s.", EVENT_CHANNEL)
        else:
            self._deliver(events)

    def _deliver(self, events: tuple[Event, ...] | list[Event]) -> None:
        for inbox in self._subscribers:
            for event in events:
                if inbox.full():
                    inbox.get_nowait()
                inbox.put_nowait(event)


async def _events(inbox: asyncio.Queue[Event]) -> AsyncIterator[Event]:
    while True:
        yield await inbox.get()
