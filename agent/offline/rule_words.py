"""Finds what repeats in a sentence: “every other”, days of the week, days of the month. Makes no rule of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from agent.offline.lexicon.words import alternation, flat, time_words
from agent.offline.rule import WORKING, Days, Every, Frequency, MonthDays

_UNITS: dict[str, tuple[Frequency, int]] = {
    "second": ("SECONDLY", 1), "minute": ("MINUTELY", 1), "hour": ("HOURLY", 1), "day": ("DAILY", 1),
    "weekday": ("WEEKLY", 1), "night": ("DAILY", 1), "week": ("WEEKLY", 1), "fortnight": ("WEEKLY", 2),
    "month": ("MONTHLY", 1), "quarter": ("MONTHLY", 3), "year": ("YEARLY", 1),
}  # fmt: skip

_BEFORE_DAYS: dict[str, Frequency] = {"monthly": "MONTHLY", "weekly": "WEEKLY", "dated": "YEARLY", "part": "DAILY"}

_SHORT = {"s": "second", "m": "minute", "h": "hour", "d": "day", "w": "week"}


@cache
def _words() -> dict[str, str]:
    """Unit word -> unit"""
    return {word: unit for unit, words in time_words().units.items() for word in words} | {
        "fortnight": "fortnight", "fortnights": "fortnight",
    }  # fmt: skip


def unit_of(word: str) -> str:
    """The unit for a word or a letter: mins, minute and m are all "minute"."""
    clean = " ".join(word.split())
    return _SHORT.get(clean) or _words()[clean]


@cache
def number_words() -> dict[str, int]:
    """Each word for a number, and the number."""
    return flat(time_words().numbers)


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    words = time_words()
    units, numbers = alternation(list(_words())), alternation(list(number_words()))
    weekdays = alternation([w for ws in words.weekdays.values() for w in ws])
    ordinals = alternation([w for ws in words.ordinals.values() for w in ws])
    months = alternation([w for ws in words.months.values() for w in ws])
    parts = r"mornings?|afternoons?|evenings?|nights?"
    working = r"weekdays?|workdays?|(?:working|business) days?"
    joined = r"(?:\s*(?:,\s*and|,|\band|&|\+|/|\bor)\s*|\s+)"
    month = r"(?:\s+(?:(?:of|in)\s+(?:(?:the|each|every|a|any)\s+)?month|(?:each|every|a)\s+month|monthly))"
    every = r"\b(?:once\s+)?(?:every|each|evry|ever)\s+(?:(?:single|full|whole|and every)\s+)?"
    week_codes = alternation(list(words.weekday_codes))
    past = r"(?P<past>\s+(?:at|on)\s+(?:the\s+)?(?::(?P<colon>[0-5]\d)\b|(?:minute\s+)?(?P<minute>[0-5]?\d)\s+(?:minutes?\s+)?past\b(?:\s+the\s+hour)?|minute\s+(?P<of>[0-5]?\d)\b|(?P<half>half)[\s-](?:past|hour)\b|(?P<quarter>quarter)\s+past\b))?"
    return {
        "short": re.compile(rf"{every}(?P<n>\d{{1,4}})\s?(?P<u>[smhdw])\b"),
        "unit": re.compile(
            rf"(?:{every}|\bonce\s+(?:a|per|an)\s+)(?:(?:(?P<d>\d{{1,4}})\s*-?\s*|(?P<n>{numbers}|other|alternate|{ordinals})\s+))?(?P<u>{units}|fortnight)\b(?!'){past}"
        ),
        "times": re.compile(rf"\b(?:(?P<twice>twice)|(?P<n>\d{{1,2}}|{numbers})\s+times)\s+(?:an?|per|each|every)\s+(?P<u>day|weekday|week|month|quarter|year|hour)\b(?!')"),
        "half": re.compile(rf"\b(?P<hourly>half[\s-]?hourly)\b|{every}(?P<three>(?:three|3)[\s-]quarters\s+of\s+an\s+hour)\b|{every}(?:(?P<half>half)(?:\s+an|-an)?[\s-]|(?:a\s+)?quarter(?:\s+of)?(?:\s+an)?[\s-])hour\b"),
        "half_year": re.compile(rf"{every}half(?:\s+a)?[\s-]year\b|\b(?:half[\s-]?yearly|semi-?annually)\b"),
        "middle": re.compile(r"\b(?:(?:in|at|on)\s+)?(?:the\s+)?(?:middle\s+of\s+(?P<w>the|each|every|a)\s+month|mid[\s-]?month)\b"),
        "except": re.compile(rf"\b(?P<all>every\s*day|each\s+day|daily|(?:every\s+|each\s+)?(?:{working}))\s*,?\s*\(?(?:except|excluding|but(?:\s+not)?|other\s+than|apart\s+from|without)\s+(?:for\s+|on\s+)?(?P<l>weekends?|(?:{weekdays})(?:{joined}(?:{weekdays}))*)\b\)?"),
        "joined_before": re.compile(rf"\b(?:{weekdays})\s*(?:,\s*and|,|\band|&)\s+$"),
        "dayparts": re.compile(rf"\b(?P<d>{weekdays}|weekday|workday|weekend|week(?=night))(?=\s*(?:mornings|afternoons|evenings|nights)\b)"),
        "code_range": re.compile(rf"\b(?P<a>{week_codes})\s?[-–]\s?(?P<b>{week_codes})\b"),
        "end": re.compile(rf"\b(?:(?:at|on)\s+)?(?:(?P<every>{every}(?:month[\s-]?end|end\s+of\s+(?:the\s+)?month)|(?:the\s+)?end\s+of\s+(?:each|every)\s+month)|(?P<once>(?<!by )(?<!until )(?:the\s+)?(?:end\s+of\s+(?:the\s+)?month|month[\s-]end)))\b"),
        "other": re.compile(rf"(?:{every}(?P<n>other|alternate|second|2nd)|\balternate|\bevery-other)\s+(?=(?:{weekdays})\b)(?!\w+(?:\s*,?\s*\w+)?{month})"),
        "other_before": re.compile(rf"{every}$"),
        "monthly": re.compile(rf"{every}(?=(?:the\s+)?(?:(?:{ordinals})\s+(?:{weekdays}|day|{working})\b|\d{{1,2}}(?:st|nd|rd|th)\b))"),
        "weekly": re.compile(rf"{every}(?=(?:{weekdays})\b)"),
        "part": re.compile(rf"{every}(?=(?:{parts})\b)"),
        "dated": re.compile(rf"{every}(?=(?:the\s+)?(?:\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?)?(?:{months})\b)"),
        "ordinal_day": re.compile(rf"\b(?:on\s+)?(?:the\s+)?(?P<o>{ordinals})\s+of\s+(?P<w>the|each|every|a)\s+month\b"),
        "adverb": re.compile(rf"(?<![\w-])(?P<a>{alternation(list(words.adverbs))})\b(?!')"),
        "working": re.compile(rf"(?:\b(?:every|each|on)\s+)?\b(?P<w>{working}|weekends?)\b(?!')"),
        "range": re.compile(rf"\b(?:(?:on|from|every)\s+)?(?P<a>{weekdays})\s*(?:-|–|to|through|thru)\s*(?P<b>{weekdays})\b(?!')"),
        "list": re.compile(rf"\b(?:on\s+)?(?P<l>(?:{weekdays})(?:{joined}(?:(?:every|each|on)\s+)?(?:{weekdays}))*)\b(?!['-])"),
        "position": re.compile(
            rf"\b(?:on\s+)?(?:the\s+)?(?P<o>(?:{ordinals})(?:{joined}(?:the\s+)?(?:{ordinals}))*)\s+(?P<d>{weekdays}|day|{working})\b(?:(?P<m>{month})|\s+(?:of|in)\s+(?P<in>{months})\b)?(?!')"
        ),
        "numbers": re.compile(
            rf"\b(?:on\s+)?(?:the\s+)?(?P<l>\d{{1,2}}(?:st|nd|rd|th)(?:{joined}(?:the\s+)?\d{{1,2}}(?:st|nd|rd|th))*(?P<last>{joined}(?:the\s+)?last(?:\s+day)?\b)?)(?!\s+(?:of\s+)?(?:{months})\b)\b(?P<m>{month})?"
        ),
        "weekday": re.compile(rf"\b({weekdays})\b"),
        "ordinal": re.compile(rf"\b({ordinals})\b"),
    }  # fmt: skip


def find_every(low: str) -> Iterator[Every]:
    """How often, in order of how exact the words are; callers drop what overlaps."""
    p = _patterns()
    for m in p["other"].finditer(low):
        yield Every(*m.span(), "WEEKLY", 2)
    for m in p["short"].finditer(low):
        yield _every(m, _SHORT[m["u"]], int(m["n"]))
    yield from _parts_of_a_unit(low)
    for m in p["unit"].finditer(low):
        yield _unit(m)
    for m in p["times"].finditer(low):
        yield from _several(m)
    for name, frequency in _BEFORE_DAYS.items():
        for m in p[name].finditer(low):
            says_it_twice = name == "weekly" and p["joined_before"].search(low, max(0, m.start() - 20), m.start())
            if not says_it_twice:  # "every monday and every thursday"
                yield Every(*m.span(), frequency)
    for m in p["adverb"].finditer(low):
        is_weak = re.search(r"\b(?:the|our|this|last|my|your)\s+$", low[: m.start()]) is not None
        yield replace(_every(m, time_words().adverbs[m["a"]], 1), is_weak=is_weak)


def _parts_of_a_unit(low: str) -> Iterator[Every]:
    """“every half hour”, "every quarter of an hour", "every half year"."""
    for m in _patterns()["half"].finditer(low):
        yield Every(*m.span(), "MINUTELY", 30 if m["half"] or m["hourly"] else 45 if m["three"] else 15)
    for m in _patterns()["half_year"].finditer(low):
        yield Every(*m.span(), "MONTHLY", 6)


def _unit(match: re.Match[str]) -> Every:
    every = _every(match, _words()[" ".join(match["u"].split())], _count(match["d"] or match["n"]))
    if not match["past"]:
        return every
    if every.frequency != "HOURLY":
        return replace(every, end=match.start("past"))
    told = match["colon"] or match["minute"] or match["of"]
    return replace(every, minute=int(told) if told else 30 if match["half"] else 15)


def _several(match: re.Match[str]) -> Iterator[Every]:
    """“twice a day”: the times of day are still to be said; "4 times an hour" is every 15 minutes."""
    count = 2 if match["twice"] else _count(match["n"])
    if match["u"] in {"quarter", "year"}:
        months = _UNITS[match["u"]][1] if match["u"] == "quarter" else 12
        if months % count == 0:
            yield Every(*match.span(), "MONTHLY", months // count, is_weak=True, times=1)
    elif match["u"] != "hour":
        is_weak = match["u"] in {"week", "month"}
        yield replace(_every(match, match["u"], 1), is_weak=is_weak, times=count if is_weak else 0)
    elif 60 % count == 0:
        yield Every(*match.span(), "MINUTELY", 60 // count)


def _every(match: re.Match[str], unit: str, count: int) -> Every:
    frequency, factor = _UNITS[unit]
    return Every(*match.span(), frequency, max(1, count) * factor, WORKING if unit == "weekday" else ())


def _count(word: str | None) -> int:
    if word is None:
        return 1
    if word.isdecimal():
        return int(word)
    if word in {"other", "alternate"}:
        return 2
    clean = " ".join(word.split())
    return number_words().get(clean) or abs(flat(time_words().ordinals).get(clean, 1))


def find_month_days(low: str) -> Iterator[MonthDays]:
    """Days of the month by number or by position."""
    p, ordinals, weekdays = _patterns(), flat(time_words().ordinals), flat(time_words().weekdays)
    yield from _numbered(low, with_last=True)
    for m in p["position"].finditer(low):
        positions = tuple(ordinals[o] for o in p["ordinal"].findall(m["o"]))
        word = m["d"]
        if positions == (2,) and not m["m"] and word in weekdays and p["other_before"].search(low, 0, m.start("o")):
            continue  # "every second friday" is every other Friday
        days = (weekdays[word],) if word in weekdays else () if word == "day" else WORKING
        months = (flat(time_words().months)[m["in"]],) if m["in"] else ()
        is_repeating = bool(m["m"]) or (days == WORKING and positions == (-1,) and not months)
        found = MonthDays(*m.span(), days=days, is_repeating=is_repeating, months=months)
        yield replace(found, positions=positions) if days else replace(found, numbers=positions)
    for m in p["ordinal_day"].finditer(low):
        yield MonthDays(*m.span(), numbers=(ordinals[" ".join(m["o"].split())],), is_repeating=True)
    for m in p["end"].finditer(low):
        is_repeating = bool(m["every"]) or not re.search(r"\bthe\b", m[0])
        yield MonthDays(*m.span(), numbers=(-1,), is_repeating=is_repeating)
    for m in p["middle"].finditer(low):
        yield MonthDays(*m.span(), numbers=(15,), is_repeating=m["w"] != "the")
    yield from _numbered(low, with_last=False)


def _numbered(low: str, *, with_last: bool) -> Iterator[MonthDays]:
    """“the 1st and 15th”, "the 15th and the last day"."""
    for m in _patterns()["numbers"].finditer(low):
        numbers = tuple(int(n) for n in re.findall(r"\d{1,2}", m["l"])) + ((-1,) if m["last"] else ())
        if bool(m["last"]) == with_last and all(n <= 31 and n for n in numbers):
            yield MonthDays(*m.span(), numbers=numbers, is_repeating=bool(m["m"]) or len(numbers) > 1)


def find_week_days(low: str) -> Iterator[Days]:
    """Days of the week: classes, ranges and lists."""
    p, weekdays = _patterns(), flat(time_words().weekdays)
    for m in p["except"].finditer(low):
        left_out = {5, 6} if m["l"].startswith("weekend") else {weekdays[n] for n in p["weekday"].findall(m["l"])}
        whole = range(7) if "day" not in m["all"] or re.search(r"(?:every|each)\s*day|daily", m["all"]) else WORKING
        yield Days(*m.span(), tuple(d for d in whole if d not in left_out), is_repeating=True, is_excepting=True)
    for m in p["dayparts"].finditer(low):
        named = (5, 6) if m["d"] == "weekend" else (weekdays[m["d"]],) if m["d"] in weekdays else WORKING
        yield Days(*m.span(), named, is_repeating=True)
    for m in p["code_range"].finditer(low):
        yield _range(m, time_words().weekday_codes[m["a"]], time_words().weekday_codes[m["b"]])
    for m in p["working"].finditer(low):
        yield Days(
            *m.span(),
            (5, 6) if m["w"].startswith("weekend") else WORKING,
            is_repeating=m["w"].endswith("s") or "every" in m[0],
        )
    for m in p["range"].finditer(low):
        yield _range(m, weekdays[m["a"]], weekdays[m["b"]])
    for m in p["list"].finditer(low):
        names = p["weekday"].findall(m["l"])
        days = tuple(sorted({weekdays[n] for n in names}))
        yield Days(*m.span(), days, is_repeating=len(days) > 1 or names[0] in time_words().plurals)


def _range(match: re.Match[str], first: int, last: int) -> Days:
    return Days(*match.span(), tuple(sorted((first + i) % 7 for i in range((last - first) % 7 + 1))), is_repeating=True)
