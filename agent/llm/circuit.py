"""Whether the model is worth asking now: one that failed is left alone for a while, so that it does not cost its time limit
at each turn. Kept in the process; asks nobody.
"""

from __future__ import annotations

from core.clock import Clock

_FAILURES = 2
_FIRST_S = 30.0
_LONGEST_S = 600.0


class Circuit:
    """Opens after failures in a row, lets one question try when the pause is over, and pauses twice as long each time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures = 0
        self._pause_s = _FIRST_S
        self._until: float | None = None

    @property
    def is_open(self) -> bool:
        return self._until is not None and self._clock.monotonic_s() < self._until

    def allows(self) -> bool:
        """Whether to ask. After a pause one is let through, and the others wait for how it went."""
        if self.is_open:
            return False
        if self._until is not None:
            self._until = self._clock.monotonic_s() + self._pause_s
        return True

    def worked(self) -> None:
        self._failures, self._pause_s, self._until = 0, _FIRST_S, None

    def failed(self, *, wait_s: float | None = None) -> None:
        """`wait_s` is how long the service asked to be left alone."""
        self._failures += 1
        if wait_s is not None:
            self._open(max(wait_s, 1.0))
        elif self._until is not None:
            self._pause_s = min(2 * self._pause_s, _LONGEST_S)
            self._open(self._pause_s)
        elif self._failures >= _FAILURES:
            self._open(self._pause_s)

    def _open(self, pause_s: float) -> None:
        self._until = self._clock.monotonic_s() + min(pause_s, _LONGEST_S)
