"""Times of day, spans of hours and time zones as people write them. Knows nothing of days or repetition."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import time
from functools import cache

from agent.offline.lexicon.words import alternation, time_words


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day. `is_vague`: a part of the day ("morning"); `is_bare`: an hour without am or pm. `role`: what the word
    before makes of it: the hour "until" which or "from" which something goes on.
    """

    start: int
    end: int
    at: time
    is_vague: bool = False
    is_bare: bool = False
    needs_day: bool = False
    has_minutes: bool = False
    role: str = ""

    def gap_to(self, other: Clock) -> int:
        """How far apart they stand in the text."""
        return max(self.start - other.end, other.start - self.end)


@dataclass(frozen=True, slots=True)
class Window:
    """From one time of day to another. `is_office`: office hours were said, which means Monday to Friday; `is_explicit`: it cannot be
    two plain numbers.
    """

    start: int
    end: int
    opens: time
    closes: time
    is_office: bool = False
    is_explicit: bool = False


_EDGE = r"(?<![\w.,:/+-])"
_AT = r"(?:(?:at|around|by|about|@|à|um|a las|until|till|til)\s*)?"
_CLOCK = re.compile(
    rf"{_EDGE}(?P<lead>{_AT})(?:"
    r"(?P<half>half|quarter)\s+(?P<side>past|to|after|before)\s+(?P<past>\w+)"
    r"|(?P<h>\d{1,2})(?:(?P<sep>[:h.])(?P<m>[0-5]\d)(?::[0-5]\d)?)?\s*(?P<ap>[ap]\.?m\b\.?)?(?P<oclock>\s*(?:o'?clock|uhr|heures?|hours?|h)\b)?"
    r")(?![\w%/]|:\d|[.,]\d|-\d)"
)
_UNIT_AFTER = re.compile(
    r"\s*(?:%|-?\s*(?:"
    + alternation([w for ws in time_words().units.values() for w in ws])
    + r"|times?(?! (?:of|in)\b)|x)\b)"
)
_CLOSED = re.compile(r"\s*(?:$|[,.;!?)\x00]|(?:and|on|every|each|daily|weekdays|today|tomorrow|tonight|then)\b)")
_MILITARY = re.compile(
    r"(?<![\w.,:/+-])(?:at\s+)?(?P<h>[01]\d|2[0-3])(?P<m>[0-5]\d)\s?(?:h|hrs?|hours)\b|(?<![\w.,:/+-])at\s+(?P<h2>0\d)(?P<m2>[0-5]\d)(?![\w:.,/-]\d|\w)"
)
_ISO = re.compile(r"(?<=\d-\d\d)t(\d\d):(\d\d)(?::\d\d(?:\.\d+)?)?")
_FURTHER = re.compile(
    r"\s*(?:,\s*and|,|and|&)\s*(?:at\s+)?(?P<h>\d{1,2})(?:[:h](?P<m>[0-5]\d))?\s*(?P<ap>[ap]\.?m\b\.?)?(?=\s*(?:$|[,;.]|(?:and|every|each|daily|on)\b|to\s+[a-z]|&))"
)
_HOUR = r"(\d{1,2})(?:[:h.]([0-5]\d))?\s*([ap]\.?m\b\.?)?"
_WINDOW = re.compile(
    rf"{_EDGE}(?P<lead>(?:between|from)\s+)?{_HOUR}\s*(?P<joint>-|–|to|and|until|till)\s*{_HOUR}(?:\s*h\b)?(?![\w%/]|:\d|[.,]\d|-\d)"
)
_OFFICE = re.compile(r"\b(?:(?:during|in|within|at)\s+)?(?:office|business|working|work)\s+hours\b")
_STANDALONE = re.compile(r"^(?:at|by|end|in|close|cob|eod|first|this|tonight|noon|midday|midnight)\b")


@cache
def _dayparts() -> tuple[re.Pattern[str], dict[str, time]]:
    table = {
        " ".join(word.split()): time.fromisoformat(clock) for clock, ws in time_words().dayparts.items() for word in ws
    }
    return re.compile(rf"(?<!good )\b(?P<this>this\s+)?(?P<word>{alternation(list(table))})\b(?!')"), table


def find_clocks(low: str, taken: list[Window]) -> list[Clock]:
    """Times of day outside the windows already found."""
    found = [c for c in (_clock(m, low) for m in _CLOCK.finditer(low)) if c is not None]
    found += [
        Clock(m.start(), m.end(), time(int(m["h"] or m["h2"]), int(m["m"] or m["m2"]))) for m in _MILITARY.finditer(low)
    ]
    found += [c for c in (_in_words(m) for m in _spoken_clock().finditer(low)) if c is not None]
    found += [more for clock in found for more in _further(clock, low)]
    found += [Clock(m.start(), m.end(), at) for m in _ISO.finditer(low) if (at := _time(int(m[1]), int(m[2]), None))]
    pattern, table = _dayparts()
    for match in pattern.finditer(low):
        word = " ".join(match["word"].split())
        is_complete = _STANDALONE.match(match[0]) is not None
        found.append(Clock(match.start(), match.end(), table[word], is_vague=True, needs_day=not is_complete))
    return [_with_role(c, low) for c in found if not any(c.start < w.end and w.start < c.end for w in taken)]


def _with_role(clock: Clock, low: str) -> Clock:
    """“until 6pm”, "from 8am", "starting at noon"."""
    before, first = _bounds()
    match = before.search(low, max(0, clock.start - 16), clock.start) or first.match(low, clock.start, clock.end)
    return replace(clock, start=min(clock.start, match.start()), role=bound_role(match["bound"])) if match else clock


@cache
def _bounds() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """The words right before a time, and at the beginning of what was read as one."""
    every = alternation([word for words in time_words().bounds.values() for word in words])
    return re.compile(rf"(?<![\w-])(?P<bound>{every})\s+(?:at\s+)?$"), re.compile(rf"(?P<bound>{every})\s")


def bound_role(words: str) -> str:
    """Whether these words say the end ("until") or the beginning ("from")."""
    clean = " ".join(words.split())
    role = next(role for role, listed in time_words().bounds.items() if clean in listed)
    return "until" if role == "until" else "from"


def _clock(match: re.Match[str], low: str) -> Clock | None:
    if match["half"]:
        return _half_past(match)
    has_lead, hour, minute = bool(match["lead"]), int(match["h"]), int(match["m"] or 0)
    is_bare = not (match["m"] or match["ap"] or match["oclock"])
    has_day = _after_day().search(low, max(0, match.start() - 16), match.start()) is not None
    has_lead = has_lead or (has_day and not is_bare)
    if match["sep"] == "." and not (has_lead or match["ap"]):
        return None
    if (is_bare or (match["oclock"] or "").strip().startswith("h")) and not has_lead and match["m"] is None:
        return None
    if is_bare and (_UNIT_AFTER.match(low, match.end()) or _is_count(match, low)):
        return None
    at = _time(hour, minute, match["ap"])
    if at is None:
        return None
    is_half_open = not match["ap"] and hour <= 12 and match["h"][0] != "0"
    return Clock(match.start(), match.end(), at, is_bare=is_half_open, has_minutes=match["m"] is not None)


def _further(clock: Clock, low: str) -> Iterator[Clock]:
    """The bare hours of a list that begins with a clock: "at 9, 13 and 17"."""
    end = clock.end
    while (match := _FURTHER.match(low, end)) is not None:
        at = _time(int(match["h"]), int(match["m"] or 0), match["ap"])
        if at is not None and at <= clock.at and not match["ap"] and at.hour < 12:  # "at 9 and 5"
            at = at.replace(hour=at.hour + 12)
        if at is None or at <= clock.at:
            return
        if not (match["m"] or match["ap"]):
            yield Clock(match.start("h"), match.end(), at)
        end = match.end()


def _is_count(match: re.Match[str], low: str) -> bool:
    """“until 5 people have signed up”."""
    return match["lead"].strip() in time_words().bounds["until"] and _CLOSED.match(low, match.end()) is None


@cache
def _after_day() -> re.Pattern[str]:
    words = time_words()
    days = alternation(
        [w for ws in words.weekdays.values() for w in ws]
        + ["day", "days", "daily", "weekday", "weekdays", "tomorrow", "today"]
    )
    return re.compile(rf"\b(?:{days}),?\s+$")


@cache
def _spoken_clock() -> re.Pattern[str]:
    """“at eight”, “at seven thirty”, “at ten past nine”: words alone need what follows to be something else than a noun."""
    hours = alternation([w for w in _hours() if w not in {"a", "an"}])
    minutes = alternation(list(_MINUTES))
    days = alternation([w for ws in time_words().weekdays.values() for w in ws])
    return re.compile(
        rf"(?<![\w-])at\s+(?:(?P<min>{minutes})\s+(?:minutes\s+)?(?P<side>past|to|after|before)\s+(?P<of>{hours}|\d{{1,2}})|(?P<h>{hours})(?:[\s-](?P<m>fifteen|thirty|forty[\s-]five))?)"
        rf"(?:\s*(?P<ap>[ap]\.?m\b)|\s+o'?clock\b)?(?=\s*(?:$|[,.;!?:)]|(?:sharp|every|each|on|today|tomorrow|tonight|this|in\s+the|daily|weekdays|and|{days})\b))"
    )


_MINUTES = {"five": 5, "ten": 10, "twenty": 20, "twenty-five": 25, "twenty five": 25}
_QUARTERS = {"fifteen": 15, "thirty": 30, "forty": 45}


def _in_words(match: re.Match[str]) -> Clock | None:
    hour = _hour_word(match["of"] or match["h"])
    if hour is None:
        return None
    if match["min"]:
        minutes = _MINUTES[" ".join(match["min"].split())]
        total = hour * 60 + (minutes if match["side"] in {"past", "after"} else -minutes)
    else:
        total = hour * 60 + (_QUARTERS[re.split(r"[\s-]", match["m"])[0]] if match["m"] else 0)
    at = _time(total // 60 % 24, total % 60, match["ap"]) if not match["ap"] or 1 <= total // 60 <= 12 else None
    return Clock(match.start(), match.end(), at, is_bare=not match["ap"]) if at else None


def _half_past(match: re.Match[str]) -> Clock | None:
    hour = _hour_word(match["past"])
    if hour is None:
        return None
    minutes = 30 if match["half"] == "half" else 15
    total = hour * 60 + (minutes if match["side"] in {"past", "after"} else -minutes)
    return Clock(match.start(), match.end(), time(total // 60 % 24, total % 60), is_bare=True)


@cache
def _hours() -> dict[str, int]:
    return {word: number for number, words in time_words().numbers.items() for word in words if number <= 12}


def _hour_word(word: str) -> int | None:
    hour = int(word) if word.isdecimal() else _hours().get(word)
    return hour if hour is not None and hour <= 24 else None


def _time(hour: int, minute: int, half: str | None) -> time | None:
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    if hour == 24 and minute == 0:
        hour = 0
    return time(hour, minute) if hour < 24 else None


def find_windows(low: str) -> Iterator[Window]:
    """Spans of hours: "between 9 and 17", "9am-5pm", "during office hours"."""
    for match in _OFFICE.finditer(low):
        yield Window(match.start(), match.end(), time(9), time(17), is_office=True, is_explicit=True)
    for match in _WINDOW.finditer(low):
        h1, m1, ap1, _, h2, m2, ap2 = match.groups()[1:]
        if match["joint"] == "and" and not (match["lead"] or "").startswith("between"):
            continue
        if not (match["lead"] or m1 or ap1 or m2 or ap2) and "-" not in match[0] and "–" not in match[0]:
            continue
        opens = _time(int(h1), int(m1 or 0), ap1 or (ap2 if int(h1) <= int(h2) else None))
        closes = _time(int(h2), int(m2 or 0), ap2)
        if opens is None or closes is None or _UNIT_AFTER.match(low, match.end()):
            continue
        if closes <= opens and not ap2 and opens.hour < closes.hour + 12 < 24:  # "from 9 to 5"
            closes = closes.replace(hour=closes.hour + 12)
        is_explicit = bool(match["lead"] or m1 or ap1 or m2 or ap2)
        yield Window(match.start(), match.end(), opens, closes, is_explicit=is_explicit)
