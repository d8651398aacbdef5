"""A clock that stands still until a test moves it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta


class FixedClock:
    """Sleeping moves this clock at once and gives other tasks a turn."""

    def __init__(self, now: datetime | None = None) -> None:
        self._now = now or datetime(2026, 12, 2, 10, 0, tzinfo=UTC)
        self._started = self._now

    def now(self) -> datetime:
        return self._now

    def monotonic_s(self) -> float:
        return (self._now - self._started).total_seconds()

    async def sleep(self, delay_s: float) -> None:
        self.move(delay_s)
        await asyncio.sleep(0)

    def move(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
