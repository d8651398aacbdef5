"""Moments, days and times of day as texts: what people, programs and mails write, read strictly. Guesses nothing."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BeforeValidator, JsonValue

from core.errors import RejectedError

_TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?")
_MILLISECONDS_FROM = 100_000_000_000  # larger numbers are milliseconds: as seconds they would be after the year 5000
Moment = Annotated[JsonValue, BeforeValidator(lambda value: value.isoformat() if isinstance(value, date) else value)]
"""What `parse_moment` reads, as a step's parameter; also the moment that an expression such as `now` gives."""


def zone_of(name: str, fallback: tzinfo) -> tzinfo:
    """Return the zone of an IANA name, or of the place that one is named after, e.g. New York; the fallback for the
    empty name. Raises RejectedError.
    """
    if not name:
        return fallback
    try:
        return ZoneInfo(_zones_by_place().get(" ".join(name.replace("_", " ").split()).casefold(), name))
    except (KeyError, ValueError, OSError) as error:
        raise RejectedError(f"“{name}” is not a time zone such as Europe/Berlin.") from error


@cache
def _zones_by_place() -> dict[str, str]:
    names = sorted((name for name in available_timezones() if "/" in name), reverse=True)
    return {name.rpartition("/")[2].replace("_", " ").casefold(): name for name in names if not name.startswith("Etc/")}


def parse_moment(value: JsonValue, zone: tzinfo) -> datetime:
    """Return an aware moment from ISO 8601, the date of a mail (RFC 5322) or Unix seconds. Raises RejectedError.

    What has no offset is meant in `zone`; a day alone is its midnight.
    """
    try:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / 1000 if abs(value) > _MILLISECONDS_FROM else value, zone)
        text = value.strip() if isinstance(value, str) else ""
        moment = _iso(text) or parsedate_to_datetime(text)
        return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)
    except (ValueError, TypeError, OverflowError, OSError) as error:
        shown = str(value)[:60]
        raise RejectedError(f"“{shown}” is not a date such as 2026-12-03 or 2026-12-03T09:30+01:00.") from error


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def time_of_day(text: str) -> time | None:
    """Return the time of `9:30`, `09:30` or `09:30:15`, else none."""
    found = _TIME.fullmatch(text.strip())
    if found is None:
        return None
    try:
        return time(int(found[1]), int(found[2]), int(found[3] or 0))
    except ValueError:
        return None


def at_local(day: date, at: time, zone: tzinfo) -> datetime:
    """Return a local time of a day. One that is skipped is the first moment after the gap; one that occurs twice, the
    first.
    """
    local = datetime.combine(day, at, tzinfo=zone)
    moment = local.astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return local
    before, after = local.replace(fold=1).astimezone(UTC), moment  # in a gap, fold 1 reads the offset after it
    old_offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        if middle.astimezone(zone).utcoffset() == old_offset:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0).astimezone(zone)


def duration_text(seconds: float) -> str:
    """Return e.g. `2 days 3 hours`: the two largest units."""
    rest = round(abs(seconds))
    parts: list[str] = []
    for unit, length in (("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1)):
        count, rest = divmod(rest, length)
        if count:
            parts.append(f"{count} {unit}{'' if count == 1 else 's'}")
    return " ".join(parts[:2]) or "0 seconds"
