"""Lengths of time: "in 2 hours", "for 5 days", "1h 30m". Knows nothing of clocks or calendars."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from agent.offline.lexicon.words import alternation, time_words
from agent.offline.rule_words import number_words, unit_of

_SECONDS = {
    "second": 1, "minute": 60, "hour": 3600, "day": 86_400, "weekday": 86_400, "week": 604_800, "fortnight": 1_209_600,
    "month": 2_592_000, "quarter": 7_776_000, "year": 31_536_000,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Length:
    """Calendar months are kept apart, for they have no fixed number of seconds. `has_days`: nothing below a day."""

    start: int
    end: int
    seconds: int = 0
    months: int = 0
    has_days: bool = False

    @property
    def approximate_s(self) -> int:
        return self.seconds + self.months * _SECONDS["month"]


@dataclass(frozen=True, slots=True)
class Delay:
    """From now on: "in 2 hours". `begins`: only then it begins to repeat ("starting in two weeks")."""

    start: int
    end: int
    length: Length
    begins: bool = False


@dataclass(frozen=True, slots=True)
class Count:
    """How long, or how often, something repeats: "for 5 days", "10 times". `is_next`: "for the next 5 days", which alone says
    that it repeats.
    """

    start: int
    end: int
    length: Length | None
    times: int = 0
    is_next: bool = False


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    units = alternation([w for ws in time_words().units.values() for w in ws])
    numbers = alternation(list(number_words()))
    one = rf"(?:\d{{1,5}}(?:[.,]\d{{1,2}})?|(?:{numbers})(?=\s))(?:\s*-\s*|\s*)(?:{units}|fortnights?)\b|\d{{1,5}}\s?[smhdw]\b"
    and_half = rf"(?:\d{{1,3}}|(?:{numbers}))\s+and\s+a\s+half\s+(?:{units})\b"
    half = r"half an? hour|half an?\s+day|an hour and a half|a quarter of an hour"
    length = rf"(?:{and_half}|{half}|(?:{one})(?:(?:\s*(?:,|and)\s*|\s*)(?:{one})){{0,4}})"
    return {
        "length": re.compile(rf"(?<![\w.,:/-]){length}"),
        "one": re.compile(
            rf"(?P<n>\d+(?:[.,]\d+)?|(?:{numbers})(?=\s))(?P<half>\s+and\s+a\s+half)?(?:\s*-\s*|\s*)(?P<u>{units}|fortnights?|[smhdw])\b"
        ),
        "delay": re.compile(
            rf"\b(?P<begins>(?:starting|beginning)\s+)?(?:in|after|within)\s+(?:about\s+)?(?P<length>{length})(?!\s+(?:before|ago|of\b))(?:\s+from now)?"
        ),
        "from_now": re.compile(
            rf"(?<![\w.,:/-])(?P<begins>(?:starting|beginning)\s+)?(?P<length>{length})\s+(?:from now|later|from today)"
        ),
        "for": re.compile(
            rf"\b(?:for|over|during)\s+(?:the\s+)?(?P<next>(?:next|coming|following)\s+)?(?P<length>{length})"
        ),
        "times": re.compile(
            rf"(?<![\w.,:/-])(\d{{1,4}}|{numbers})\s+times\b(?!\s+(?:an?|per|each|every)\s+(?:{units})\b)"
        ),
    }


_HALVES = {
    "half a": 0,
    "half an hour": 1800,
    "half a hour": 1800,
    "an hour and a half": 5400,
    "a quarter of an hour": 900,
}


def find_lengths(low: str) -> Iterator[Length]:
    """All lengths of time, wherever they stand."""
    for match in _patterns()["length"].finditer(low):
        yield _length(low, match.start(), match.end())


def find_delays(low: str) -> Iterator[Delay]:
    for name in ("delay", "from_now"):
        for match in _patterns()[name].finditer(low):
            yield Delay(*match.span(), _length(low, *match.span("length")), begins=bool(match["begins"]))


def find_counts(low: str) -> Iterator[Count]:
    for match in _patterns()["for"].finditer(low):
        if match[0].startswith("for") or match["next"]:
            yield Count(*match.span(), _length(low, *match.span("length")), is_next=bool(match["next"]))
    for match in _patterns()["times"].finditer(low):
        yield Count(match.start(), match.end(), None, _number(match[1]))


def _length(low: str, start: int, end: int) -> Length:
    text = low[start:end]
    if text in _HALVES or text.startswith("half a"):
        return Length(start, end, seconds=_HALVES.get(text, 43_200))
    seconds = months = 0.0
    has_days = True
    for match in _patterns()["one"].finditer(text):
        unit, number = unit_of(match["u"]), _amount(match["n"]) + (0.5 if match["half"] else 0)
        has_days = has_days and _SECONDS[unit] >= _SECONDS["day"]
        if unit in {"month", "quarter", "year"} and number == int(number):
            months += number * {"month": 1, "quarter": 3, "year": 12}[unit]
        else:
            seconds += number * _SECONDS[unit]
    return Length(start, end, seconds=round(seconds), months=round(months), has_days=has_days)


def _amount(word: str) -> float:
    return float(word.replace(",", ".")) if word[0].isdigit() else float(_number(word))


def _number(word: str) -> int:
    return int(word) if word.isdecimal() else number_words()[" ".join(word.split())]
