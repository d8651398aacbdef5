"""What repeats: "every 2 weeks", "weekdays", "first monday of each month", "last friday in december". Writes no rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Frequency = Literal["SECONDLY", "MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"]
DAY_NAMES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
WORKING = (0, 1, 2, 3, 4)
_WITHIN_DAY = ("SECONDLY", "MINUTELY", "HOURLY")
_QUARTERS = (1, 4, 7, 10)
_MONTHS_OF_QUARTER = 3
_QUARTER_ENDS = (3, 6, 9, 12)


@dataclass(frozen=True, slots=True)
class Every:
    """How often. `is_weak`: an adjective ("the weekly report") that says it of something else. `minute`: of each hour.
    `times`: on how many days of the period, where that was said.
    """

    start: int
    end: int
    frequency: Frequency
    interval: int = 1
    days: tuple[int, ...] = ()
    is_weak: bool = False
    minute: int = 0
    times: int = 0

    @property
    def is_within_day(self) -> bool:
        return self.frequency in _WITHIN_DAY


@dataclass(frozen=True, slots=True)
class Days:
    """Days of the week. `is_repeating`: the words alone say that it repeats (mondays, mon-fri, weekdays). `is_excepting`: some
    were left out ("every day except sunday").
    """

    start: int
    end: int
    days: tuple[int, ...]
    is_repeating: bool
    is_excepting: bool = False


@dataclass(frozen=True, slots=True)
class MonthDays:
    """Days of a month: numbers, or positions among `days` (the first Monday; the last working day), of some `months` only."""

    start: int
    end: int
    numbers: tuple[int, ...] = ()
    positions: tuple[int, ...] = ()
    days: tuple[int, ...] = ()
    is_repeating: bool = False
    months: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """A repetition without times of day."""

    frequency: Frequency
    interval: int = 1
    days: tuple[int, ...] = ()
    month_days: tuple[int, ...] = ()
    positions: tuple[int, ...] = ()
    months: tuple[int, ...] = ()
    minute: int = 0

    @property
    def is_within_day(self) -> bool:
        return self.frequency in _WITHIN_DAY


def combine(every: Every | None, days: Days | None, month_days: MonthDays | None) -> Rule | None:
    """One rule out of what was said, or none when it does not repeat."""
    if month_days is not None and (month_days.is_repeating or (every and every.frequency in {"MONTHLY", "YEARLY"})):
        return _of_months(every, month_days)
    if every is None:
        return Rule("WEEKLY", days=days.days) if days is not None and days.is_repeating else None
    if every.frequency == "MONTHLY" and every.interval == 3:
        return Rule("YEARLY", months=_QUARTERS, month_days=(1,))
    named = every.days or (days.days if days else ())
    if every.frequency == "DAILY" and every.interval == 1 and named:
        return Rule("WEEKLY", days=named)
    return Rule(every.frequency, every.interval, days=named, minute=every.minute)


def _of_months(every: Every | None, month_days: MonthDays) -> Rule:
    days, numbers, positions = month_days.days, month_days.numbers, month_days.positions
    if month_days.months:
        return Rule("YEARLY", 1, days, numbers, positions, month_days.months)
    interval = every.interval if every and every.frequency == "MONTHLY" else 1
    if interval != _MONTHS_OF_QUARTER:
        return Rule("MONTHLY", interval, days, numbers, positions)
    months = _QUARTER_ENDS if min((*numbers, *positions)) < 0 else _QUARTERS
    return Rule("MONTHLY" if len(days) > 1 else "YEARLY", 1, days, numbers, positions, months)  # counted in one period
