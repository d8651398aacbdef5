"""Dates, times of day and moments. Only what says the whole date is taken: “tomorrow” is the interpreters' work."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, tzinfo

from pydantic import JsonValue

from catalog.kinds.kind import Kind, quoted, token
from catalog.wall_time import instant
from catalog.workflow import Parameter
from core.errors import InvalidValueError

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_YEARS = range(1900, 2201)
_DATE_WANTED = "write it like 2026-12-03 or 3 Dec 2026"
_TIME_WANTED = "write it like 09:30 or 9:30 pm"
_MOMENT_WANTED = "write it like 2026-12-03 09:30"

_WEEKDAY = re.compile(r"^(mon|tues?|wed(nes)?|thur?s?|fri|sat(ur)?|sun)(day)?[,.]?\s+", re.IGNORECASE)
_ISO_DATE = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", re.ASCII)
_DAY_FIRST = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})", re.ASCII)
_DAY_MONTH = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th|\.)?\s*(?:of\s+)?([a-z]{3,9})\.?,?\s+(\d{4})", re.IGNORECASE | re.ASCII
)
_MONTH_DAY = re.compile(r"([a-z]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})", re.IGNORECASE | re.ASCII)
_TIME = re.compile(
    r"(\d{1,2})(?:[:.h](\d{2})(?::(\d{2})(?:\.\d+)?)?)?\s*(?:o'?clock|uhr|h)?\s*([ap])?\.?(?:m\.?)?",
    re.IGNORECASE | re.ASCII,
)
_DATE_THEN_TIME = re.compile(r"(.+?)(?:\s+at\s+|,\s*|\s+)(\S+(?:\s*[ap]\.?m\.?)?)", re.IGNORECASE)
_WORDS_OF_TIME = {"noon": "12:00", "midday": "12:00", "midnight": "00:00"}


def _read_date(text: str) -> date | None:
    """Read one of the common forms; none for anything else. Raises InvalidValueError for 3/4/2026, which has two."""
    text = _WEEKDAY.sub("", text.strip())
    if match := _ISO_DATE.fullmatch(text):
        return _date(int(match[1]), int(match[2]), int(match[3]))
    if match := _DAY_FIRST.fullmatch(text):
        first, second, year = int(match[1]), int(match[3]), int(match[4])
        if match[2] == "." or first > 12 or first == second:  # noqa: PLR2004  # months
            return _date(year, second, first)
        if second > 12:  # noqa: PLR2004  # as above
            return _date(year, first, second)
        raise InvalidValueError(f"{quoted(text)} can be read in two ways; {_DATE_WANTED}.")
    if match := _DAY_MONTH.fullmatch(text):
        return _date(int(match[3]), _month(match[2]), int(match[1]))
    if match := _MONTH_DAY.fullmatch(text):
        return _date(int(match[3]), _month(match[1]), int(match[2]))
    return None


def _month(word: str) -> int:
    return _MONTHS.index(word[:3].lower()) + 1 if word[:3].lower() in _MONTHS else 0


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if year in _YEARS else None
    except ValueError:
        return None


def _read_time(text: str) -> time | None:
    text = _WORDS_OF_TIME.get(text.strip().lower(), text.strip())
    match = _TIME.fullmatch(text)
    if not match or (match[2] is None and not match[4] and text.isdigit()):
        return None
    hour, minute, second = int(match[1]), int(match[2] or 0), int(match[3] or 0)
    if match[4]:
        if not 1 <= hour <= 12:  # noqa: PLR2004  # hours before and after noon
            return None
        hour = hour % 12 + (12 if match[4].lower() == "p" else 0)
    try:
        return time(hour, minute, second)
    except ValueError:
        return None


def _read_anything(text: str) -> datetime | None:
    """The last resort: other languages and orders, but never a date that is not said in full."""
    if len(text) > 60 or not re.search(r"\d{4}", text):  # noqa: PLR2004  # no date is that long; all have a year
        return None
    import dateparser  # seconds to import, and hardly ever needed

    settings = {"REQUIRE_PARTS": ["day", "month", "year"], "PARSERS": ["absolute-time"]}
    found = dateparser.parse(text, settings=settings)
    return found if found is not None and found.year in _YEARS else None


def _check_date(value: JsonValue, parameter: Parameter, zone: tzinfo) -> str:
    text = token(value, _DATE_WANTED)
    found = _read_date(text)
    if found is None and not _ISO_DATE.fullmatch(text) and (other := _read_anything(text)):
        found = other.date()
    if found is None:
        raise InvalidValueError(f"{quoted(text)} is not a date; {_DATE_WANTED}.")
    return found.isoformat()


def _check_time(value: JsonValue, parameter: Parameter, zone: tzinfo) -> str:
    text = token(value, _TIME_WANTED)
    found = _read_time(text)
    if found is None:
        raise InvalidValueError(f"{quoted(text)} is not a time of day; {_TIME_WANTED}.")
    if found.second:
        raise InvalidValueError(f"A time of day goes down to minutes; write it like {found:%H:%M}.")
    return f"{found:%H:%M}"


def _check_datetime(value: JsonValue, parameter: Parameter, zone: tzinfo) -> str:
    text = token(value, _MOMENT_WANTED)
    found = _read_moment(text)
    if found is None:
        raise InvalidValueError(f"{quoted(text)} is not a date and time; {_MOMENT_WANTED}.")
    aware = found.astimezone(zone) if found.tzinfo else instant(found, zone)
    return aware.isoformat(timespec="seconds")


def _read_moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text) if len(text) > 10 else None  # noqa: PLR2004  # longer than a date
    except ValueError:
        found = None
    if found is not None:
        return found.replace(microsecond=0) if found.year in _YEARS else None
    for match in filter(
        None, (_DATE_THEN_TIME.fullmatch(text), re.fullmatch(r"(.+)\s+(\S+\s+[ap]\.?m\.?)", text, re.IGNORECASE))
    ):
        day, clock = _read_date(match[1].rstrip(",")), _read_time(match[2])
        if day is not None and clock is not None:
            return datetime.combine(day, clock)
    if _read_date(text) or not re.search(r"\d[:.h]\d|[ap]\.?m\b", text, re.IGNORECASE):
        return None  # a date alone says no time
    return _read_anything(text)


def show_date(day: date) -> str:
    return f"{_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1].title()} {day.year}"


def show_moment(moment: datetime, zone: tzinfo) -> str:
    """Return e.g. `Thu 3 Dec 2026, 09:30`, in the zone; seconds only when there are some."""
    local = moment.astimezone(zone)
    return f"{show_date(local)}, {local:%H:%M:%S}" if local.second else f"{show_date(local)}, {local:%H:%M}"


def _show_date(value: JsonValue, zone: tzinfo) -> str:
    return show_date(date.fromisoformat(str(value)))


def _show_time(value: JsonValue, zone: tzinfo) -> str:
    return str(value)


def _show_datetime(value: JsonValue, zone: tzinfo) -> str:
    moment = datetime.fromisoformat(str(value))
    return show_moment(moment if moment.tzinfo else moment.replace(tzinfo=UTC), zone)


KINDS = [
    Kind(name="date", title="Date", input="date", example="2026-12-03", check=_check_date, show=_show_date),
    Kind(name="time", title="Time of day", input="time", example="09:30", check=_check_time, show=_show_time),
    Kind(
        name="datetime",
        title="Date and time",
        input="datetime-local",
        example="2026-12-03 09:30",
        check=_check_datetime,
        show=_show_datetime,
    ),
]
