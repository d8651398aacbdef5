"""Local wall times and the instants that they stand for, also where clocks change. Knows nothing of schedules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


@cache
def find_zone(name: str) -> ZoneInfo | None:
    """Return the zone of an IANA name, spelled exactly, or none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def instant(wall: datetime, zone: tzinfo) -> datetime:
    """Return the instant of a naive local time, aware and in `zone`.

    A time that a change of clocks skips stands for the first moment after the gap; one that occurs twice for the first.
    """
    utc = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    back = utc.astimezone(zone)
    if back.replace(tzinfo=None, fold=0) == wall:
        return back
    return change_of_offset(wall.replace(tzinfo=zone, fold=1).astimezone(UTC), utc, zone)


def change_of_offset(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    """Return the first instant after `before`, to the second, at which the zone's UTC offset is the one of `after`."""
    low, high = before.astimezone(UTC), after.astimezone(UTC)
    wanted = high.astimezone(zone).utcoffset()
    low_s, high_s = 0, int((high - low).total_seconds())
    while high_s - low_s > 1:
        middle_s = (low_s + high_s) // 2
        if (low + timedelta(seconds=middle_s)).astimezone(zone).utcoffset() == wanted:
            high_s = middle_s
        else:
            low_s = middle_s
    return (low + timedelta(seconds=high_s)).astimezone(zone)
