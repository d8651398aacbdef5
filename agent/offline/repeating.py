"""Something that is to be done again and again: by which rule, at which times, and from when to when."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from agent.offline.bounds import anchor, begun, end_of, window_of
from agent.offline.hours import clock_times
from agent.offline.rule import WORKING, Days, MonthDays, Rule, combine
from agent.offline.rule_text import rrule_text
from agent.offline.spoken import Spoken, spoken_of
from agent.offline.time_piece import Said
from catalog.schedule import Schedule


def rule_of(one: Said) -> Rule | None:
    """By which rule it repeats; none when it does not."""
    is_said = one.every is not None and (not one.every.is_weak or (one.every.times > 0 and bool(one.clocks)))
    every = one.every if is_said else None
    if every and every.frequency == "YEARLY" and one.day:
        day = one.day.day
        return Rule("YEARLY", every.interval, months=(day.month,), month_days=(day.day,))
    rule = combine(every, _all_days(one), one.month_days)
    if rule is None and one.count and one.count.is_next and one.count.length and one.count.length.has_days:
        return Rule("DAILY") if one.clocks and not (one.day or one.month_days) else None
    if rule is not None and rule.is_within_day and not rule.days and one.window and one.window.is_office:
        return replace(rule, days=WORKING)
    return rule


def read_repeating(one: Said, here: datetime, zone: ZoneInfo) -> Spoken | None:
    """The schedule of what repeats; none when it does not."""
    rule = rule_of(one)
    if rule is None:
        return None
    clocks = [] if rule.is_within_day or _differs(one, rule) else clock_times(one)
    rule = _with_days(rule, max(one.every.times if one.every else 1, 1), here)
    window = (one.window or window_of(one, rule)) if rule.is_within_day else None
    first = _first_day(rule, clocks, one, here)
    wall = datetime.combine(first, clocks[0] if clocks else time())
    begins = here.replace(tzinfo=None) if rule.is_within_day else wall
    counted_from = next((c.at for c in one.clocks if not c.is_vague), None) if rule.is_within_day else None
    closes = one.closes if window is None else None
    text = rrule_text(rule, clocks, window, counted_from) + end_of(one, closes, begins, zone)
    schedule = Schedule(rrule=text, timezone=zone.key, start=anchor(rule, wall, one, here, zone))
    if one.opens and not window:
        schedule = begun(schedule, one, one.opens, here, zone)
    is_unheard = closes is not None and not (rule.is_within_day or one.until)
    is_partial = is_unheard or not (rule.is_within_day or clocks)
    return spoken_of(schedule, one.pieces, is_partial=is_partial, clock=clocks[0] if clocks else None)


def _all_days(one: Said) -> Days | None:
    """The days of the week from all places that say some: "mondays at 9 and thursdays at 15"."""
    told = [p for p in one.pieces if isinstance(p, Days)]
    if one.days is None or len(told) < 2 or any(p.is_excepting for p in told):  # a pair
        return one.days
    return replace(one.days, days=tuple(sorted({day for p in told for day in p.days})))


def _differs(one: Said, rule: Rule) -> bool:
    """Times that no single rule has: "mondays at 9 and thursdays at 15", "on the 1st at 9 and 17:30". They are asked for."""
    exact = [c for c in one.clocks if not c.is_vague]
    days = [p for p in one.pieces if isinstance(p, (Days, MonthDays))]
    is_between = len(days) > 1 and len(exact) > 1 and exact[0].end <= days[1].start < exact[-1].start
    is_uneven = len({c.at.minute for c in exact}) > 1 and (
        rule.frequency not in {"DAILY", "WEEKLY"} or rule.interval > 1
    )
    return is_uneven or (is_between and len({c.at for c in exact}) > 1)


_SPREAD = {1: (0,), 2: (0, 3), 3: (0, 2, 4), 4: (0, 1, 2, 3), 5: WORKING, 6: (0, 1, 2, 3, 4, 5)}
"""Days of a week for so many times a week."""


def _with_days(rule: Rule, times: int, here: datetime) -> Rule:
    """Monday, the 1st, the 1st of January, unless a day was said, or so many days that are spread over the period; every
    other week goes on from today.
    """
    if rule.days or rule.month_days or rule.positions:
        return rule
    match rule.frequency:
        case "WEEKLY":
            return replace(rule, days=(here.weekday(),) if rule.interval > 1 else _SPREAD.get(times, tuple(range(7))))
        case "MONTHLY":
            count = min(times, 28)
            return replace(rule, month_days=tuple(1 + n * (28 // count) for n in range(count)))
        case "YEARLY":
            return replace(rule, months=(1,), month_days=(1,))
        case _:
            return rule


def _first_day(rule: Rule, clocks: list[time], one: Said, here: datetime) -> date:
    """The first day that may fit: what intervals are counted from."""
    if one.starting:
        return one.starting.day
    day = here.date()
    if clocks and max(clocks) <= here.time():
        day += timedelta(days=1)
    while rule.frequency == "WEEKLY" and day.weekday() not in rule.days:
        day += timedelta(days=1)
    return day
