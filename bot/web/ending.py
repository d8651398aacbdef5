"""Waiting for the end of runs: one subscription to the event bus, however many wait. Reads no record itself."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from bot.following import follow
from core.clock import Clock
from store.port import Event, EventBus


class Endings:
    """Maps the ids of runs to those who wait for them.

    A wait that ends says only that it is worth while to look: events may be lost, and a bus that broke may have lost
    some, so that all who wait look then. Who begins to wait before the run is started misses nothing.
    """

    def __init__(self, bus: EventBus, clock: Clock) -> None:
        self._bus = bus
        self._clock = clock
        self._waiting: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._has_closed = False

    async def run(self) -> None:
        """Follow the bus until cancelled; when it breaks, follow it again."""
        await follow(self._bus, self._clock, self._note, begun=self._tell_all)

    def _note(self, event: Event) -> None:
        if event.is_end and event.run_id is not None and event.run_id in self._waiting:
            self._tell(event.run_id)

    @contextmanager
    def expect(self, run_id: str) -> Iterator[asyncio.Event]:
        """An event that is set when the run may have ended."""
        told = asyncio.Event()
        if self._has_closed:
            told.set()
        self._waiting[run_id].add(told)
        try:
            yield told
        finally:
            self._waiting[run_id].discard(told)
            if not self._waiting[run_id]:
                del self._waiting[run_id]

    def close(self) -> None:
        """Let all go who wait, now and from here on: this process is about to end."""
        self._has_closed = True
        self._tell_all()

    def _tell_all(self) -> None:
        for run_id in self._waiting:
            self._tell(run_id)

    def _tell(self, run_id: str) -> None:
        for told in self._waiting[run_id]:
            told.set()
