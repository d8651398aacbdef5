"""Whether times of a day follow each other at even steps, and from when to when. Knows no words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, product

_DAY = 1440
_HOUR = 60
_FEWEST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class EvenTimes:
    """Every `step` minutes, from minute `opens` of the day to minute `closes`; all day long where those are none."""

    step: int
    opens: int | None = None
    closes: int | None = None


def picked_times(hours: Sequence[int], minutes: Sequence[int], positions: Sequence[int]) -> list[int]:
    """The minutes of the day that are meant, in order. `positions` picks among all combinations, from 1."""
    times = sorted(hour * _HOUR + minute for hour, minute in product(hours, minutes))
    return [times[at - 1] for at in positions if 0 < at <= len(times)] if positions else times


def even_times(hours: Sequence[int], minutes: Sequence[int], positions: Sequence[int]) -> EvenTimes | None:
    """The steps, or none where the times are few or uneven."""
    times = picked_times(hours, minutes, positions)
    if len(times) < _FEWEST:
        return None
    gaps = [after - before for before, after in pairwise([*times, times[0] + _DAY])]
    step = min(gaps)
    odd = [index for index, gap in enumerate(gaps) if gap != step]
    if not odd:
        return EvenTimes(step=step) if times[0] == 0 else None
    if len(odd) > 1 or (step % _HOUR == 0 and len(times) == _FEWEST):
        return None
    opens, closes = times[(odd[0] + 1) % len(times)], times[odd[0]]
    if step < _HOUR and opens % _HOUR == 0 and (closes + step) % _HOUR == 0:  # the full hour ends it
        closes = (closes + step) % _DAY
    if closes == opens or (step < _HOUR and closes % _HOUR == 0 and times[odd[0]] == closes):
        return None
    return EvenTimes(step=step, opens=opens, closes=closes)
