"""Compares schedules by their next fire times, never by how they are written."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from catalog.schedule import Schedule
from core.errors import InvalidValueError

_COMPARED = 12
_ENOUGH = 400


def same_times(
    ours: Schedule | None, labels: Iterable[str], *, now: datetime, zone: str = "UTC", weeks: int = 1
) -> bool:
    """Whether ours runs when one of these cron lines does. `weeks`: only every so many weeks. What a `?` leaves open may
    be anything, but always the same.
    """
    if ours is None or not ours.is_recurring:
        return False
    times = ours.next_times(now, _COMPARED)
    return bool(times) and any(_same(times, label, now, zone, weeks) for label in labels)


def _same(times: list[datetime], label: str, now: datetime, zone: str, weeks: int) -> bool:
    try:
        expected = Schedule(cron=_filled(label, times[0].astimezone(ZoneInfo(zone))), timezone=zone)
    except (InvalidValueError, ValueError):
        return False
    if weeks == 1:
        return _utc(times) == _utc(expected.next_times(now, len(times)))
    mondays = sorted({(t - timedelta(days=t.weekday())).date() for t in times})
    gaps = {(later - earlier).days for earlier, later in pairwise(mondays)}
    return gaps == {7 * weeks} and set(_utc(times)) <= set(_utc(expected.next_times(now, _ENOUGH)))


def _filled(label: str, first: datetime) -> str:
    """The label with what was not said taken from our first time; an open weekday is any."""
    parts = label.split()
    own = [str(first.minute), str(first.hour), str(first.day), "*", "*"]
    return " ".join(mine if part == "?" else part for part, mine in zip(parts, own, strict=True))


def _utc(times: Iterable[datetime]) -> list[datetime]:
    return [time.astimezone(UTC) for time in times]
