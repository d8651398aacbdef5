"""Recurrence rules (RFC 5545, section 3.3.10) in local wall time. Knows nothing of zones or of when clocks change.

Only rules whose next time is found quickly are accepted: no parts below the minute, none that hardly anybody means
(BYWEEKNO, BYYEARDAY, BYEASTER), and no combination that may never meet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from dateutil.rrule import rrule, rrulestr

_UNITS = {
    "MINUTELY": timedelta(minutes=1),
    "HOURLY": timedelta(hours=1),
    "DAILY": timedelta(days=1),
    "WEEKLY": timedelta(weeks=1),
}
_LONGEST_INTERVAL = {"MINUTELY": 1440, "HOURLY": 24, "DAILY": 366, "WEEKLY": 104, "MONTHLY": 120, "YEARLY": 10}
_LONGEST_COUNT = 1000
_RANGES = {"BYMONTH": (1, 12), "BYMONTHDAY": (1, 31), "BYHOUR": (0, 23), "BYMINUTE": (0, 59)}
_SIGNED = {"BYMONTHDAY", "BYSETPOS"}
_TIMES_A_DAY = 1440
_PARTS = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYSECOND", "BYSETPOS", *_RANGES}
_DAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_DAYS_OF_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
_SPARSEST = timedelta(days=5 * 366)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A checked rule. `until` is as written; `counts_hours` says that it repeats by the hour or minute, all day long."""

    rule: rrule
    freq: str
    interval: int
    until: str
    has_count: bool
    counts_hours: bool

    def walls(self, after: datetime, *, inclusive: bool = False) -> Iterator[datetime]:
        """Yield the local times after (or at) a local time, naive, in order; `until` is not looked at."""
        return iter(self._near(after).xafter(after, inc=inclusive))

    def _near(self, after: datetime) -> rrule:
        """The same rule, anchored whole intervals later, so that nothing long past is counted through."""
        start: datetime = self.rule._dtstart  # type: ignore[attr-defined]  # noqa: SLF001  # it has no public name
        if self.has_count or after <= start:
            return self.rule
        if self.freq in _UNITS:
            step = _UNITS[self.freq] * self.interval
            moved = start + ((after - start) // step) * step
            return self.rule.replace(dtstart=moved)
        months = self.interval * (12 if self.freq == "YEARLY" else 1)
        passed = (after.year - start.year) * 12 + after.month - start.month
        skipped = (passed // months - 1) * months
        if skipped <= 0:
            return self.rule
        year, month = divmod(start.year * 12 + start.month - 1 + skipped, 12)
        first = 1 if self.freq == "YEARLY" else month + 1
        return self.rule.replace(dtstart=start.replace(year=year, month=first, day=1))


@lru_cache(maxsize=2048)
def compile_rule(text: str, start: datetime) -> Rule:
    """Check and prepare a rule that counts from a naive local time. Raises ValueError that says what does not fit."""
    parts = _read(text)
    freq, interval = parts["FREQ"], int(parts.get("INTERVAL", "1"))
    until = parts.pop("UNTIL", "")
    counts_hours = freq in ("HOURLY", "MINUTELY") and "BYHOUR" not in parts
    _make_explicit(parts, start)
    _check_meeting(parts, interval)
    try:
        rule = rrulestr(";".join(f"{key}={value}" for key, value in parts.items()), dtstart=start)
        assert isinstance(rule, rrule)
        compiled = Rule(
            rule=rule,
            freq=freq,
            interval=interval,
            until=until,
            has_count="COUNT" in parts,
            counts_hours=counts_hours,
        )
        first = next(compiled.walls(start, inclusive=True), None)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"the rule “{text[:200]}” cannot be followed: {error}") from error
    if first is None or first - start > _SPARSEST:
        raise ValueError(f"the rule “{text[:200]}” never comes true, or hardly ever")
    return compiled


def _read(text: str) -> dict[str, str]:
    """Split into parts and check each for itself."""
    parts: dict[str, str] = {}
    for item in text.split(";"):
        key, _, value = item.partition("=")
        if key not in _PARTS:
            raise ValueError(f"“{key[:40]}” is not a part of a rule that is understood here")
        if key in parts or not value:
            raise ValueError(f"{key} must be given once, with a value")
        parts[key] = value
    if parts.get("FREQ") not in _LONGEST_INTERVAL:
        raise ValueError(f"a rule needs FREQ, one of {', '.join(_LONGEST_INTERVAL)}")
    _check_number(parts, "INTERVAL", _LONGEST_INTERVAL[parts["FREQ"]])
    _check_number(parts, "COUNT", _LONGEST_COUNT)
    positions = (1, _TIMES_A_DAY if parts["FREQ"] == "DAILY" else 4)
    for key, (least, most) in (_RANGES | {"BYSETPOS": positions}).items():
        for number in _numbers(parts, key):
            if not least <= (abs(number) if key in _SIGNED else number) <= most:
                raise ValueError(f"{key} must be between {least} and {most}, not {number}")
    if parts.get("BYSECOND", "0") != "0":
        raise ValueError("a rule goes down to minutes, not to seconds")
    if "COUNT" in parts and "UNTIL" in parts:
        raise ValueError("a rule ends either by COUNT or by UNTIL")
    _check_days(parts)
    return parts


def _check_number(parts: dict[str, str], key: str, most: int) -> None:
    value = parts.get(key, "1")
    if not re.fullmatch(r"\d{1,6}", value, re.ASCII) or not 1 <= int(value) <= most:
        raise ValueError(f"{key} must be a number between 1 and {most}")


def _numbers(parts: dict[str, str], key: str) -> list[int]:
    values = parts[key].split(",") if key in parts else []
    if any(not re.fullmatch(r"[+-]?\d{1,3}", value, re.ASCII) for value in values):
        raise ValueError(f"{key} must be numbers, separated by commas")
    return [int(value) for value in values]


def _check_days(parts: dict[str, str]) -> None:
    """BYDAY: names of days; the second Tuesday only where there is a month or a year to count in."""
    freq, most = parts["FREQ"], 5
    if freq == "YEARLY" and "BYMONTH" not in parts:
        most = 53
    for day in parts["BYDAY"].split(",") if "BYDAY" in parts else []:
        match = _DAY.fullmatch(day)
        if not match:
            raise ValueError(f"BYDAY must be days such as MO or -1FR, not “{day[:40]}”")
        if match[1] and (freq not in ("MONTHLY", "YEARLY") or not 1 <= abs(int(match[1])) <= most):
            raise ValueError(f"BYDAY={day} does not fit FREQ={freq}")
        if match[1] and ("BYMONTHDAY" in parts or "BYSETPOS" in parts):
            raise ValueError(f"BYDAY={day} cannot be combined with BYMONTHDAY or BYSETPOS")
    if parts.get("WKST", "MO") not in ("MO", "TU", "WE", "TH", "FR", "SA", "SU"):
        raise ValueError("WKST must be a day such as MO")


def _make_explicit(parts: dict[str, str], start: datetime) -> None:
    """Write down what the start decides silently, so that the rule stays the same when it is anchored later."""
    freq = parts["FREQ"]
    if "BYDAY" not in parts and "BYMONTHDAY" not in parts:
        if freq == "WEEKLY":
            parts["BYDAY"] = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")[start.weekday()]
        elif freq in ("MONTHLY", "YEARLY"):
            parts["BYMONTHDAY"] = str(start.day)
            if freq == "YEARLY":
                parts.setdefault("BYMONTH", str(start.month))
    if freq not in ("HOURLY", "MINUTELY"):
        parts.setdefault("BYHOUR", str(start.hour))
    if freq != "MINUTELY":
        parts.setdefault("BYMINUTE", str(start.minute))
    parts["BYSECOND"] = "0"


def _check_meeting(parts: dict[str, str], interval: int) -> None:
    """Refuse parts that may never come true together."""
    freq = parts["FREQ"]
    days, months = _numbers(parts, "BYMONTHDAY"), _numbers(parts, "BYMONTH")
    longest = max((_DAYS_OF_MONTH[month - 1] for month in months), default=31)
    shortest_day = min((abs(day) for day in days), default=1)
    refusals = {
        "no such day in those months": shortest_day > longest,
        "BYMONTHDAY does not fit FREQ=WEEKLY": freq == "WEEKLY" and bool(days),
        "BYSETPOS needs FREQ=MONTHLY or YEARLY with BYDAY, or FREQ=DAILY": "BYSETPOS" in parts
        and freq != "DAILY"
        and (freq not in ("MONTHLY", "YEARLY") or "BYDAY" not in parts or bool(days)),
        "a day has not so many times": freq == "DAILY" and _last_position(parts) > _times_a_day(parts),
        "BYDAY and BYMONTHDAY together need INTERVAL=1": "BYDAY" in parts and bool(days) and interval > 1,
        "with this INTERVAL the days may never be met": interval > 1
        and (
            (freq == "DAILY" and "BYDAY" in parts and interval % 7 == 0)
            or (freq == "DAILY" and bool(days or months) and interval > 28)  # noqa: PLR2004  # the shortest month
            or (freq == "MONTHLY" and bool(months))
            or (freq == "MONTHLY" and interval % 12 == 0 and shortest_day > 28)  # noqa: PLR2004  # as above
            or (freq == "YEARLY" and shortest_day == longest == 29)  # noqa: PLR2004  # only the 29th of February
        ),
    }
    for reason, applies in refusals.items():
        if applies:
            raise ValueError(reason)


def _last_position(parts: dict[str, str]) -> int:
    return max(map(abs, _numbers(parts, "BYSETPOS")), default=0)


def _times_a_day(parts: dict[str, str]) -> int:
    return len(set(_numbers(parts, "BYHOUR"))) * len(set(_numbers(parts, "BYMINUTE")))
