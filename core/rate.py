"""How often something may happen, as people write it: `50/minute`. Counts nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SPANS_S = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
WRITTEN = rf"^([1-9][0-9]{{0,6}})/({'|'.join(_SPANS_S)})$"
"""How a rate is written, as a regular expression."""


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` in any span of `span_s` seconds."""

    count: int
    span_s: int

    @classmethod
    def parse(cls, text: str) -> Rate:
        """Read e.g. `50/minute`. Raises ValueError."""
        written = re.fullmatch(WRITTEN, text)
        if written is None:
            raise ValueError(f"“{text}” is no rate; write a number and second, minute, hour or day, e.g. 50/minute")
        return cls(int(written[1]), _SPANS_S[written[2]])

    def __str__(self) -> str:
        span = next(word for word, span_s in _SPANS_S.items() if span_s == self.span_s)
        return f"{self.count}/{span}"

    @property
    def burst(self) -> int:
        """So many may come at once: a fifth. The rest is spread over the span, so that no span ever holds more."""
        return max(1, self.count // 5)

    @property
    def interval_ms(self) -> float:
        """The distance of those that come one by one."""
        return 1000 * self.span_s / max(1, self.count - self.burst)
