"""What an adapter counts for health: how soon it acknowledged, and what its vendor refused or missed. In memory: a new process
begins anew.
"""

from __future__ import annotations

from collections import Counter, deque
from datetime import timedelta
from math import ceil

_KEPT = 500
"""Acknowledgements that are looked at."""
LOOKED_BACK = timedelta(days=1)
"""Messages that were made within it, and given up, are counted."""
_LATE_S = 3.0
"""After so long vendors wait no longer, and whoever pressed sees a failure."""


class Vitals:
    """`missed` counts by code: the vendor's own where it gave one, else a word of ours."""

    def __init__(self) -> None:
        self.missed: Counter[str] = Counter()
        self._took_s: deque[float] = deque(maxlen=_KEPT)

    def acknowledged(self, took_s: float) -> None:
        """From having it to having handed over the answer."""
        self._took_s.append(took_s)
        if took_s > _LATE_S:
            self.miss("late_ack")

    def miss(self, code: str | int) -> None:
        self.missed[str(code)] += 1

    @property
    def ack_p95_ms(self) -> float | None:
        """Of the newest ones; none: there was none yet."""
        took_s = sorted(self._took_s)
        return round(took_s[ceil(len(took_s) * 0.95) - 1] * 1000, 1) if took_s else None
