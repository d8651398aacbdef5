"""Sleeps until a moment, or until somebody says that it has to be looked at again. Knows not what is looked at."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime

from core.clock import Clock

_LATE_S = 0.001
"""Waking a little late is better than a little early: then nothing is due yet."""


class Alarm:
    """For one sleeper."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rung = asyncio.Event()
        self._expected: datetime | None = None

    def ring(self) -> None:
        """Wake the sleeper now."""
        self._rung.set()

    def expect(self, at: datetime) -> None:
        """Wake the sleeper at `at`, if it would sleep longer."""
        if self._expected is None or at < self._expected:
            self._expected = at
            self._rung.set()

    async def sleep(self, until: datetime | None, *, at_most_s: float) -> None:
        """Return at `until`, when rung, or after `at_most_s`, whatever is first."""
        self._expected = until
        deadline_s = asyncio.get_running_loop().time() + at_most_s
        while True:
            left_s = deadline_s - asyncio.get_running_loop().time()
            if self._expected is not None:
                left_s = min(left_s, (self._expected - self._clock.now()).total_seconds() + _LATE_S)
            before = self._expected
            with suppress(TimeoutError):
                async with asyncio.timeout(max(left_s, 0.0)):
                    await self._rung.wait()
            self._rung.clear()
            if before == self._expected:  # neither sooner than thought: it rang, or the time has come
                return
