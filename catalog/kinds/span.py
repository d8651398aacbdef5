"""Durations, recurrences and time zones."""

from __future__ import annotations

import re
from datetime import tzinfo
from functools import cache
from typing import cast
from zoneinfo import ZoneInfo, available_timezones

from pydantic import JsonValue

from catalog.kinds.kind import Kind, as_written, check_range, quoted, token
from catalog.kinds.moment import show_moment
from catalog.schedule import Schedule
from catalog.wall_time import find_zone
from catalog.workflow import Parameter
from core.errors import InvalidValueError

_LONGEST_S = 10 * 366 * 86_400
_UNITS_S = {"week": 604_800, "day": 86_400, "hour": 3600, "minute": 60, "second": 1}
_UNIT = re.compile(
    r"(\d+(?:[.,]\d+)?)\s*(weeks?|w|days?|d|hours?|hrs?|h|minutes?|mins?|m|seconds?|secs?|s)(?![a-z])", re.IGNORECASE
)
_ISO = re.compile(
    r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?",
    re.IGNORECASE | re.ASCII,
)
_CLOCK = re.compile(r"(\d{1,3}):([0-5]\d)(?::([0-5]\d))?", re.ASCII)
_WORDS = {"a": "1", "an": "1", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "ten": "10"}
_WORDS |= {"seven": "7", "eight": "8", "nine": "9", "half a": "0.5", "half an": "0.5", "fifteen": "15", "thirty": "30"}
_NUMBER_WORD = re.compile(rf"\b({'|'.join(sorted(_WORDS, key=len, reverse=True))})\s+(?=[a-z])", re.IGNORECASE)
_DURATION_WANTED = "write it like 5 minutes, 1h30 or 2 days"

_ABBREVIATIONS = {
    "utc": "UTC", "gmt": "UTC", "z": "UTC", "cet": "Europe/Berlin", "cest": "Europe/Berlin", "mez": "Europe/Berlin",
    "bst": "Europe/London", "wet": "Europe/Lisbon", "eet": "Europe/Helsinki", "eest": "Europe/Helsinki",
    "msk": "Europe/Moscow", "est": "America/New_York", "edt": "America/New_York", "et": "America/New_York",
    "cst": "America/Chicago", "cdt": "America/Chicago", "ct": "America/Chicago", "mst": "America/Denver",
    "mdt": "America/Denver", "mt": "America/Denver", "pst": "America/Los_Angeles", "pdt": "America/Los_Angeles",
    "pt": "America/Los_Angeles", "eastern": "America/New_York", "central": "America/Chicago",
    "mountain": "America/Denver", "pacific": "America/Los_Angeles", "akst": "America/Anchorage",
    "hst": "Pacific/Honolulu", "ist": "Asia/Kolkata", "jst": "Asia/Tokyo", "kst": "Asia/Seoul", "sgt": "Asia/Singapore",
    "hkt": "Asia/Hong_Kong", "aest": "Australia/Sydney", "aedt": "Australia/Sydney", "awst": "Australia/Perth",
    "acst": "Australia/Adelaide", "nzst": "Pacific/Auckland", "nzdt": "Pacific/Auckland", "brt": "America/Sao_Paulo",
    "sast": "Africa/Johannesburg", "pkt": "Asia/Karachi",
}  # fmt: skip
_CITIES = {
    "munich": "Europe/Berlin", "hamburg": "Europe/Berlin", "cologne": "Europe/Berlin", "frankfurt": "Europe/Berlin",
    "barcelona": "Europe/Madrid", "milan": "Europe/Rome", "geneva": "Europe/Zurich", "basel": "Europe/Zurich",
    "edinburgh": "Europe/London", "manchester": "Europe/London", "krakow": "Europe/Warsaw", "porto": "Europe/Lisbon",
    "san francisco": "America/Los_Angeles", "seattle": "America/Los_Angeles", "las vegas": "America/Los_Angeles",
    "portland": "America/Los_Angeles", "san diego": "America/Los_Angeles", "boston": "America/New_York",
    "washington": "America/New_York", "miami": "America/New_York", "atlanta": "America/New_York",
    "philadelphia": "America/New_York", "austin": "America/Chicago", "dallas": "America/Chicago",
    "houston": "America/Chicago", "montreal": "America/Toronto", "ottawa": "America/Toronto", "rio": "America/Sao_Paulo",
    "mumbai": "Asia/Kolkata", "delhi": "Asia/Kolkata", "new delhi": "Asia/Kolkata", "bangalore": "Asia/Kolkata",
    "bengaluru": "Asia/Kolkata", "chennai": "Asia/Kolkata", "beijing": "Asia/Shanghai", "shenzhen": "Asia/Shanghai",
    "osaka": "Asia/Tokyo", "kyoto": "Asia/Tokyo", "hanoi": "Asia/Bangkok", "abu dhabi": "Asia/Dubai",
    "tel aviv": "Asia/Jerusalem", "cape town": "Africa/Johannesburg", "canberra": "Australia/Sydney",
    "wellington": "Pacific/Auckland",
}  # fmt: skip


def _check_duration(value: JsonValue, parameter: Parameter, zone: tzinfo) -> int:
    text = token(value, _DURATION_WANTED)
    seconds = _seconds(text.casefold())
    if seconds is None or seconds != seconds // 1:
        raise InvalidValueError(f"{quoted(text)} is not a duration; {_DURATION_WANTED}.")
    if seconds > _LONGEST_S:
        raise InvalidValueError(f"{quoted(text)} is too long; ten years is the longest.")
    check_range(seconds, parameter, lambda it: show_duration(int(it)))
    return int(seconds)


def _seconds(text: str) -> float | None:
    if re.fullmatch(r"\d{1,12}(\.\d+)?", text, re.ASCII):
        return float(text)
    if (iso := _ISO.fullmatch(text)) and any(iso.groups()):
        return sum(float(part or 0) * unit for part, unit in zip(iso.groups(), _UNITS_S.values(), strict=True))
    if clock := _CLOCK.fullmatch(text):
        return int(clock[1]) * 3600 + int(clock[2]) * 60 + int(clock[3] or 0)
    text = _NUMBER_WORD.sub(lambda match: _WORDS[" ".join(match[1].split())] + " ", text)
    text = re.sub(r"(\d\s*h)\s*(\d{1,2})$", r"\1 \2m", text)  # 1h30
    if re.sub(r"[\s,&]+|\band\b", "", _UNIT.sub("", text)):
        return None
    found = [(float(match[1].replace(",", ".")), match[2][0].lower()) for match in _UNIT.finditer(text)]
    units = {name[0]: unit for name, unit in _UNITS_S.items()}
    return round(sum(number * units[letter] for number, letter in found), 6) if found else None


def show_duration(seconds: int) -> str:
    """Return e.g. `1 hour 30 minutes`."""
    parts = []
    for name, unit in _UNITS_S.items():
        number, seconds = divmod(seconds, unit)
        if number:
            parts.append(f"{number} {name}{'' if number == 1 else 's'}")
    return " ".join(parts) or "0 seconds"


def _show_duration(value: JsonValue, zone: tzinfo) -> str:
    return show_duration(int(cast("int", value)))


def _check_zone(value: JsonValue, parameter: Parameter, zone: tzinfo) -> str:
    wanted = "write it like Europe/Berlin, or a large city"
    text = token(value, wanted)
    key = " ".join(text.replace("_", " ").casefold().removesuffix(" time").split())
    if found := _ABBREVIATIONS.get(key) or _CITIES.get(key) or _zone_names().get(key):
        return found
    if offset := re.fullmatch(r"(?:utc|gmt)\s*([+-])\s*(\d{1,2})(?::?00)?", key, re.ASCII):
        sign = "-" if offset[1] == "+" else "+"  # names in Etc count westwards
        name = f"Etc/GMT{sign}{int(offset[2])}" if int(offset[2]) else "UTC"
        if find_zone(name):
            return name
    raise InvalidValueError(f"{quoted(text)} is not a time zone that is known here; {wanted}.")


@cache
def _zone_names() -> dict[str, str]:
    """All IANA names, and the places they are named after, in lower case and with spaces."""
    names = sorted(name for name in available_timezones() if not name.startswith(("posix/", "right/")))
    by_place = {name.rsplit("/", 1)[-1].replace("_", " ").casefold(): name for name in reversed(names) if "/" in name}
    return by_place | {name.replace("_", " ").casefold(): name for name in names}


def _check_recurrence(value: JsonValue, parameter: Parameter, zone: tzinfo) -> JsonValue:
    """Take a schedule's JSON, an RRULE or a cron line; the latter two mean the person's zone."""
    if isinstance(value, str):
        key = "rrule" if "FREQ=" in value.upper() else "cron"
        value = {key: value, "timezone": zone.key if isinstance(zone, ZoneInfo) else "UTC"}
    return Schedule.read(value).model_dump(mode="json", exclude_none=True, exclude={"catch_up"})


def _show_recurrence(value: JsonValue, zone: tzinfo) -> str:
    schedule = Schedule.read(value)
    if schedule.at is not None:
        return f"once, {show_moment(schedule.at, zone)}"
    return f"{schedule.rrule or schedule.cron} ({schedule.timezone})"


KINDS = [
    Kind(
        name="duration", title="Duration", input="text", example="5 minutes", check=_check_duration, show=_show_duration
    ),
    Kind(
        name="recurrence",
        title="Recurrence",
        input="text",
        example="every monday at 9:00",
        check=_check_recurrence,
        show=_show_recurrence,
    ),
    Kind(
        name="time_zone", title="Time zone", input="text", example="Europe/Berlin", check=_check_zone, show=as_written
    ),
]
