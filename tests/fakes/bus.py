"""An event bus within one process, for tests that need no Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from store.port import Event


class LocalBus:
    """Delivers to whoever has subscribed by now. `lose` drops what is published, as a broken Redis would."""

    def __init__(self) -> None:
        self.is_losing = False
        self.published: list[Event] = []
        self._queues: set[asyncio.Queue[Event]] = set()

    @property
    def subscribers(self) -> int:
        return len(self._queues)

    async def publish(self, *events: Event) -> None:
        self.published.extend(events)
        if not self.is_losing:
            for queue in self._queues:
                for event in events:
                    queue.put_nowait(event)

    @asynccontextmanager
    async def subscribe(self) -> AsyncIterator[AsyncIterator[Event]]:
        queue: asyncio.Queue[Event] = asyncio.Queue()
        self._queues.add(queue)
        try:
            yield self._drain(queue)
        finally:
            self._queues.discard(queue)

    async def settle(self) -> None:
        """Wait until all subscribers have dealt with what was published."""
        await asyncio.gather(*(queue.join() for queue in self._queues))

    async def _drain(self, queue: asyncio.Queue[Event]) -> AsyncIterator[Event]:
        while True:
            yield await queue.get()
            queue.task_done()  # whoever follows comes back for the next
