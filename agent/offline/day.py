"""Calendar days as people write them: tomorrow, next tuesday, 3 December 2026, 2026-12-03. Knows nothing of repetition."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from dateutil.relativedelta import relativedelta

from agent.offline.clock_time import bound_role
from agent.offline.lexicon.words import alternation, flat, time_words

_ORDINAL_DAYS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5}


@dataclass(frozen=True, slots=True)
class Day:
    """A calendar day. `role` is what the words before it make of it. `is_weekday`: only a weekday was said, `is_week`: only a week."""

    start: int
    end: int
    day: date
    role: str = "on"
    is_weekday: bool = False
    is_week: bool = False
    is_weak: bool = False


@cache
def _pattern() -> re.Pattern[str]:
    words = time_words()
    months = alternation([w for ws in words.months.values() for w in ws])
    weekdays = alternation([w for ws in words.weekdays.values() for w in ws if w not in words.plurals])
    number = r"(?:[12]?\d|3[01])"
    bounds = alternation([*words.bounds["until"], *words.bounds["from"]])
    return re.compile(
        rf"(?<![\w.,:/+-])(?P<lead>(?:(?P<role>{bounds})\s+)?(?:on\s+|by\s+|for\s+)?(?:the\s+)?)"
        rf"(?:(?:{weekdays}),?\s+(?:the\s+)?(?=\d|(?:{months})\b))?"
        r"(?:(?P<iso>\d{4}-\d\d-\d\d)(?=[t ]\d\d:\d\d|(?![\w-]))"
        r"|(?P<y5>\d{4})[/.](?P<m5>\d{1,2})[/.](?P<d5>\d{1,2})(?![\w/.])|(?P<d6>\d{1,2})-(?P<m6>\d{1,2})-(?P<y6>\d{4})(?![\w-])"
        rf"|(?P<named>{alternation([w for ws in words.named_days.values() for w in ws])})\b"
        rf"|(?P<d1>{number})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<m1>{months})\b\.?(?:,?\s+(?P<y1>\d{{4}})\b)?"
        rf"|(?P<o1>{alternation(list(_ORDINAL_DAYS))})\s+(?:of|day\s+of)\s+(?P<m4>{months})\b(?:,?\s+(?P<y4>\d{{4}})\b)?"
        rf"|(?<=until )end\s+of\s+(?:the\s+)?(?P<endof>month|year|{months})\b|(?<=until the )end\s+of\s+(?:the\s+)?(?P<endof2>month|year|{months})\b"
        rf"|(?P<m2>{months})\b\.?\s+(?:the\s+)?(?P<d2>{number})(?:st|nd|rd|th)?\b(?!:)(?:,?\s+(?P<y2>\d{{4}})\b)?"
        r"|(?P<n1>\d{1,2})(?P<dot>[./])(?P<n2>\d{1,2})(?:(?P=dot)(?P<y3>\d{4}|\d\d)?)?(?![\w.,/:-]\d)"
        rf"|(?:(?P<which>next|this|coming|the coming)\s+)?(?P<weekday>{weekdays})\b(?!['-])"
        r"|(?P<soon>day after tomorrow|today|tomorrow|tomorow|tommorow|tommorrow|tmrw)\b(?!')"
        r"|next\s+(?P<next>week|month|year)\b"
        rf"|(?(role)(?:(?P<nth>{number})(?:st|nd|rd|th)(?![\w-]|\s+of\b)|(?P<month>{months})\b(?!\s+\d))|(?!)))"
    )


@cache
def _numbers() -> tuple[dict[str, int], dict[str, int]]:
    return flat(time_words().weekdays), flat(time_words().months)


def find_days(low: str, today: date, *, month_first: bool = False) -> Iterator[Day]:
    """Days in order; parts of a day ("tonight") are left to the reader of clocks."""
    for match in _pattern().finditer(low):
        day = _day(match, today, month_first=month_first)
        if day is None:
            continue
        yield Day(
            match.start(),
            match.end(),
            day,
            role=bound_role(match["role"]) if match["role"] else "on",
            is_weekday=bool(match["weekday"] and not match["which"]),
            is_week=match["next"] == "week",
            is_weak=_is_weak(match, low),
        )


def _is_weak(match: re.Match[str], low: str) -> bool:
    """A short or attributive weekday ("the monday meeting", "sun") counts only beside another sign of time."""
    if match["named"]:
        return not match["lead"].strip() or match["lead"].rstrip().endswith("the")
    if match["n1"] and not match["y3"]:
        return not match["lead"].strip()
    if not match["weekday"] or match["which"]:
        return False
    lead = match["lead"].split()
    if "the" in lead or re.search(r"\b(?:the|our|a|my|last|your)\s+$", low[max(0, match.start() - 8) : match.start()]):
        return True
    return len(match["weekday"]) <= 4 and not lead


def _day(match: re.Match[str], today: date, *, month_first: bool) -> date | None:
    if match["nth"] or match["month"]:
        return _bound(match, today)
    written = _written(match, today)
    if written is not None or match["n1"]:
        return written or _numeric(match, today, month_first=month_first)
    if match["weekday"]:
        return _weekday(_numbers()[0][match["weekday"]], match["which"] or "", today)
    if match["next"]:
        return _next(match["next"], today)
    return _soon(match["soon"], today)


def _soon(soon: str | None, today: date) -> date | None:
    if soon is None:
        return None  # a date that no calendar has
    return today + timedelta(days=2 if soon.startswith("day after") else 1 if soon.startswith(("tom", "tmr")) else 0)


def _written(match: re.Match[str], today: date) -> date | None:
    """Days that say their month: in digits with the year, by its name, or as a day that has a name itself."""
    months = _numbers()[1]
    if match["iso"]:
        return _date(*map(int, match["iso"].split("-")))
    if match["y5"] or match["y6"]:
        return _date(int(match["y5"] or match["y6"]), int(match["m5"] or match["m6"]), int(match["d5"] or match["d6"]))
    if match["named"]:
        name = " ".join(match["named"].split())
        key = next(key for key, names in time_words().named_days.items() if name in names)
        month, day = map(int, key.split("-"))
        return _with_year(None, month, day, today)
    if match["m1"] or match["m2"]:
        return _with_year(
            match["y1"] or match["y2"], months[match["m1"] or match["m2"]], int(match["d1"] or match["d2"]), today
        )
    if match["m4"]:
        return _with_year(match["y4"], months[match["m4"]], _ORDINAL_DAYS[match["o1"]], today)
    unit = match["endof"] or match["endof2"]
    return _end_of(unit, today) if unit else None


def _end_of(unit: str, today: date) -> date:
    if unit == "year":
        return date(today.year, 12, 31)
    month = today.month if unit == "month" else _numbers()[1][unit]
    first = date(today.year + (month < today.month), month, 1)
    return first + relativedelta(months=1, days=-1)


def _bound(match: re.Match[str], today: date) -> date | None:
    """What is a day only after "until" or "from"."""
    if match["nth"]:
        return _nth(int(match["nth"]), today)
    return _month(match["role"], _numbers()[1][match["month"]], today)


def _nth(day: int, today: date) -> date | None:
    """The next day with this number: "until the 15th"."""
    months = (today.replace(day=1) + relativedelta(months=ahead) for ahead in range(3))
    return next((d for m in months if (d := _date(m.year, m.month, day)) is not None and d >= today), None)


def _month(role: str, month: int, today: date) -> date:
    """“from January” is from its first day; "until January" is up to that day, "through January" up to its last."""
    first = date(today.year + (month <= today.month), month, 1)
    if bound_role(role) == "from":
        return first
    return first + (relativedelta(months=1, days=-1) if role == "through" else relativedelta(days=-1))


def _numeric(match: re.Match[str], today: date, *, month_first: bool) -> date | None:
    first, second = int(match["n1"]), int(match["n2"])
    if match["dot"] == "." and not match[0].endswith(".") and not match["y3"]:
        return None  # 9.30 is a time or an amount
    is_month_first = match["dot"] == "/" and (month_first or second > 12) and first <= 12
    day, month = (second, first) if is_month_first else (first, second)
    year = match["y3"]
    return _with_year(f"20{year}" if year and len(year) == 2 else year, month, day, today)


def _with_year(year: str | None, month: int, day: int, today: date) -> date | None:
    if year:
        return _date(int(year), month, day)
    for offset in (0, 1, 2, 3, 4):  # 29 February needs up to four
        found = _date(today.year + offset, month, day)
        if found is not None and found >= today:
            return found
    return None


def _weekday(weekday: int, which: str, today: date) -> date:
    ahead = (weekday - today.weekday()) % 7
    if which == "next":  # of the next calendar week
        ahead = 7 - today.weekday() + weekday
    return today + timedelta(days=ahead)


def _next(unit: str, today: date) -> date:
    if unit == "week":
        return today + timedelta(days=7 - today.weekday())
    if unit == "month":
        return today.replace(day=1) + relativedelta(months=1)
    return date(today.year + 1, 1, 1)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
