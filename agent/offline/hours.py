"""The times of day that were said, each in the half of the day that the words beside it tell. Knows no days."""

from __future__ import annotations

from datetime import time

from agent.offline.clock_time import Clock
from agent.offline.time_piece import Said


def clock_times(one: Said) -> list[time]:
    """The times of day; a part of the day ("evening") tells which half of the day a bare hour is in."""
    exact = [c for c in one.clocks if not c.is_vague]
    vague = [c for c in one.clocks if c.is_vague]
    if not exact:
        return [c.at for c in vague[:1]] or ([one.window.opens] if one.window and not one.window.is_office else [])
    times = [_in_part(c, min(vague, key=c.gap_to).at) if vague and c.is_bare else c.at for c in exact]
    return list(dict.fromkeys(times))


def _in_part(clock: Clock, part: time) -> time:
    hour = clock.at.hour
    is_later_half = part.hour > 12 and hour < 12 and (hour >= 6 or part.hour < 20)
    return clock.at.replace(hour=hour + 12) if is_later_half else clock.at
