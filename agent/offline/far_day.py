"""Calendar days told from another day: "a week from monday", "friday week", "end of next week". Knows nothing of repetition."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache

from dateutil.relativedelta import relativedelta

from agent.offline.clock_time import bound_role
from agent.offline.day import Day
from agent.offline.lexicon.words import alternation, flat, time_words

_WEEK = timedelta(days=7)
_FRIDAY = 4


@cache
def _pattern() -> re.Pattern[str]:
    words = time_words()
    weekday = alternation([w for ws in words.weekdays.values() for w in ws if w not in words.plurals])
    bounds = alternation([*words.bounds["until"], *words.bounds["from"]])
    week = rf"(?P<{{}}>\d{{{{1,2}}}}|{alternation(list(flat(words.numbers)))})\s+weeks?"
    return re.compile(
        r"(?<![\w-])(?<!every )(?<!each )(?<!once )(?<!twice )(?<!times )(?<!ry other )"
        rf"(?:(?P<role>{bounds})\s+)?(?:(?:on|by|at)\s+)?(?:the\s+)?"
        rf"(?:{week.format('n1')}\s+(?:from|on|after)\s+(?:next\s+)?(?P<d1>{weekday}|tomorrow)"
        rf"|(?:next\s+)?(?P<d2>{weekday})\s+week(?![\w-])"
        rf"|(?P<d3>{weekday})\s+in\s+{week.format('n3')}"
        rf"|(?P<d4>{weekday})\s+after\s+next"
        r"|(?P<after>week\s+after\s+next)"
        rf"|end\s+of\s+(?:(?P<which>this|the|next)\s+)?(?P<last>week|month|year)"
        r"|(?:start|beginning)\s+of\s+next\s+(?P<first>week|month|year))(?![\w'-])"
    )


def find_far_days(low: str, today: date) -> Iterator[Day]:
    """Days in order. The end of this month is left to what knows its repetition."""
    for match in _pattern().finditer(low):
        day = _day(match, today)
        if day is not None:
            role = bound_role(match["role"]) if match["role"] else "on"
            yield Day(*match.span(), day, role=role, is_week=bool(match["after"] or match["first"] == "week"))


def _day(match: re.Match[str], today: date) -> date | None:
    if match["after"]:
        return _monday(today) + 2 * _WEEK
    if match["first"]:
        return _first(match["first"], today)
    if match["last"]:
        return _last(match["last"], match["which"], today)
    word = match["d1"] or match["d2"] or match["d3"] or match["d4"]
    weeks = match["n1"] or match["n3"]
    count = 1 if weeks is None else int(weeks) if weeks.isdecimal() else flat(time_words().numbers)[_clean(weeks)]
    if word == "tomorrow":
        return today + timedelta(days=1) + count * _WEEK
    return today + timedelta(days=(flat(time_words().weekdays)[word] - today.weekday()) % 7) + count * _WEEK


def _monday(today: date) -> date:
    return today - timedelta(days=today.weekday())


def _first(unit: str, today: date) -> date:
    if unit == "week":
        return _monday(today) + _WEEK
    return today.replace(day=1) + relativedelta(months=1) if unit == "month" else date(today.year + 1, 1, 1)


def _last(unit: str, which: str | None, today: date) -> date | None:
    """The Friday of a week, the last day of a year or of the next month."""
    is_next = which == "next"
    if unit == "week":
        return _monday(today) + timedelta(days=_FRIDAY) + (_WEEK if is_next else timedelta()) if which else None
    if unit == "year":
        return date(today.year + is_next, 12, 31)
    return today.replace(day=1) + relativedelta(months=2, days=-1) if unit == "month" and is_next else None


def _clean(word: str) -> str:
    return " ".join(word.split())
