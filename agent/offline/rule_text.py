"""Writes a repetition as an RRULE (RFC 5545). Reads no words."""

from __future__ import annotations

from datetime import time
from itertools import product

from agent.offline.clock_time import Window
from agent.offline.rule import DAY_NAMES, Rule

_DAY = 1440
_HOUR = 60


def rrule_text(rule: Rule, clocks: list[time], window: Window | None, begins: time | None = None) -> str:
    """The RRULE without DTSTART. Steps that divide the hour or the day are written as minutes and hours of the clock;
    `begins` is the hour that steps of hours are counted from.
    """
    frequency, interval = rule.frequency, rule.interval
    hours, minutes, positions = _times(rule, clocks, window, begins)
    if minutes and rule.is_within_day:  # the steps are in the minutes and hours
        frequency, interval = "HOURLY", 1
    if hours and (rule.is_within_day or positions):
        frequency = "WEEKLY" if rule.days and not positions else "DAILY"
    parts: list[tuple[str, str]] = [("FREQ", frequency)]
    if interval > 1:
        parts.append(("INTERVAL", str(interval)))
    parts += _days_parts(rule)
    for name, numbers in (("BYHOUR", hours), ("BYMINUTE", minutes)):
        if numbers:
            parts.append((name, ",".join(map(str, numbers))))
    if minutes:
        parts.append(("BYSECOND", "0"))
    if positions:
        parts.append(("BYSETPOS", ",".join(map(str, positions))))
    return ";".join(f"{name}={value}" for name, value in parts)


def _times(
    rule: Rule, clocks: list[time], window: Window | None, begins: time | None
) -> tuple[list[int], list[int], list[int]]:
    """Hours, minutes and positions among their combinations, where the clock decides."""
    steps = rule.interval
    if window and rule.frequency in {"MINUTELY", "HOURLY"}:
        return _combined(_times_between(rule, window))
    if rule.frequency == "MINUTELY" and 1 < steps < _HOUR and _HOUR % steps == 0:
        return [], list(range(0, _HOUR, steps)), []
    if rule.frequency == "HOURLY" and 24 % steps == 0:  # hours of a day
        first = begins.hour % steps if begins else 0
        return list(range(first, 24, steps)) if steps > 1 else [], [rule.minute], []
    if clocks and not rule.is_within_day:
        return _combined([_minute(clock) for clock in clocks])
    return [], [], []


def _combined(times: list[int]) -> tuple[list[int], list[int], list[int]]:
    """Hours, minutes, and which of their combinations are meant where not all are: "from 8:30 to 17:30" has no 8:00."""
    hours, minutes = sorted({t // _HOUR for t in times}), sorted({t % _HOUR for t in times})
    combined = [hour * _HOUR + minute for hour, minute in product(hours, minutes)]
    wanted = set(times)
    positions = [at for at, minute in enumerate(combined, start=1) if minute in wanted]
    return hours, minutes, positions if len(positions) < len(combined) else []


def _times_between(rule: Rule, window: Window) -> list[int]:
    """The minutes of the day at which something runs within a span of hours, which may go over midnight. The full hour
    that ends it belongs to it only where steps are of an hour or more.
    """
    step = rule.interval * (_HOUR if rule.frequency == "HOURLY" else 1)
    opens, closes = _minute(window.opens), _minute(window.closes)
    closes += _DAY if closes <= opens else 0
    closes -= 1 if step < _HOUR and closes % _HOUR == 0 else 0
    first = opens + (rule.minute - opens) % _HOUR if rule.minute else opens
    return [t % _DAY for t in range(first, min(closes, first + _DAY - 1) + 1, step)] or [opens]


def _minute(clock: time) -> int:
    return clock.hour * _HOUR + clock.minute


def _days_parts(rule: Rule) -> list[tuple[str, str]]:
    parts: list[tuple[str, str]] = []
    if rule.months:
        parts.append(("BYMONTH", ",".join(map(str, rule.months))))
    if rule.month_days:
        parts.append(("BYMONTHDAY", ",".join(map(str, rule.month_days))))
    if rule.days and len(rule.days) == 1 and rule.positions:
        parts.append(("BYDAY", ",".join(f"{p}{DAY_NAMES[rule.days[0]]}" for p in rule.positions)))
    elif rule.days:
        parts.append(("BYDAY", ",".join(DAY_NAMES[d] for d in rule.days)))
        if rule.positions:
            parts.append(("BYSETPOS", ",".join(map(str, rule.positions))))
    return parts
