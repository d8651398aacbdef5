"""Something that is to be done once: on a day, after a while, or at the next such time of day. Knows no repetition."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from agent.offline.bounds import delta_of
from agent.offline.clock_time import Clock
from agent.offline.delay import Count, Length
from agent.offline.hours import clock_times
from agent.offline.rule import MonthDays, combine
from agent.offline.rule_text import rrule_text
from agent.offline.spoken import Spoken, spoken_of
from agent.offline.time_piece import Said, said
from catalog.schedule import Schedule
from catalog.wall_time import instant

_PLACEHOLDER = time(9)
"""Stands in a partial one-off until the time of day is asked for."""


def read_once(one: Said, here: datetime, zone: ZoneInfo) -> Spoken | None:
    """The moment that is meant; none when no day, length or time of day was said."""
    one = said(piece for piece in one.pieces if not isinstance(piece, Count))  # "for 45 minutes" is no part of when
    clocks = clock_times(one) or ([one.closes.at] if one.closes else [])
    if one.delay:
        return _delayed(one.delay.length, clocks, one, here, zone)
    if one.day and one.month_days and one.month_days.numbers and not one.day.is_weekday:  # "next month on the 3rd"
        return _on_day(one.day.day + relativedelta(day=one.month_days.numbers[0]), clocks, one, here, zone)
    if one.day:
        return _on_day(one.day.day, clocks, one, here, zone)
    if one.month_days:
        return _on_day(_next_month_day(one.month_days, here), clocks, one, here, zone)
    if not clocks:
        return None
    is_plain = any(_is_plain(c) and c.at == clocks[0] for c in one.clocks)
    wall = _next_waking(clocks[0], here) if is_plain else None
    if wall is None:
        wall = datetime.combine(here.date() + timedelta(days=clocks[0] <= here.time()), clocks[0])
    at = instant(wall, zone)
    return spoken_of(Schedule(at=at, timezone=zone.key), one.pieces, has_day=False, clock=clocks[0])


_WAKING = range(7, 21)
"""Hours at which something may be meant that is said without am or pm."""


_SMALL_HOURS = range(1, 6)


def _next_waking(clock: time, here: datetime) -> datetime | None:
    """The next time of the day that "at 3" or "at 8" may mean, before or after noon."""
    first = datetime.combine(here.date(), clock)
    walls = [first + timedelta(hours=hours) for hours in (0, 12, 24, 36)]
    return next((w for w in walls if w > here.replace(tzinfo=None) and w.hour in _WAKING), None)


def _delayed(length: Length, clocks: list[time], one: Said, here: datetime, zone: ZoneInfo) -> Spoken:
    if length.has_days and clocks:
        return _on_day((here.date() + delta_of(length)), clocks, one, here, zone)
    if length.months or length.has_days:  # the same time of day, whatever clocks do in between
        at = instant(here.replace(tzinfo=None, microsecond=0) + delta_of(length), zone)
    else:
        at = (here.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=length.seconds)).astimezone(zone)
    return spoken_of(Schedule(at=at, timezone=zone.key), one.pieces, is_delay=True)


def _on_day(day: date, clocks: list[time], one: Said, here: datetime, zone: ZoneInfo) -> Spoken:
    clock = clocks[0] if clocks else None
    if clock and clock.hour in _SMALL_HOURS and any(_is_plain(c) and c.at == clock for c in one.clocks):
        clock = clock.replace(hour=clock.hour + 12)
    if clock and day == here.date() and clock <= here.time():
        if one.day and one.day.is_weekday:
            day += timedelta(days=7)
        else:
            clock = _later_today(clock, one.clocks, here) or clock
    at = instant(datetime.combine(day, clock or _PLACEHOLDER), zone)
    return spoken_of(Schedule(at=at, timezone=zone.key), one.pieces, is_partial=clock is None, clock=clock)


def _is_plain(clock: Clock) -> bool:
    """“at 3”: neither am nor pm nor minutes. Nobody is up at three."""
    return clock.is_bare and not clock.has_minutes and not clock.is_vague


def _later_today(clock: time, said: tuple[Clock, ...], here: datetime) -> time | None:
    """What "today at 3" means, said at ten in the morning: the afternoon."""
    is_bare = any(c.is_bare and c.at == clock for c in said)
    if is_bare and clock.hour < 12 and clock.replace(hour=clock.hour + 12) > here.time():
        return clock.replace(hour=clock.hour + 12)
    return None


def _next_month_day(said_days: MonthDays, here: datetime) -> date:
    """The next such day after today: "on the 3rd", "the first monday of january"."""
    rule = combine(None, None, replace(said_days, is_repeating=True))
    assert rule is not None
    after = here.replace(tzinfo=None) + timedelta(days=1)
    text = rrule_text(rule, [time()], None)
    return Schedule(rrule=text).next_times(after.replace(hour=0, minute=0, tzinfo=UTC) - timedelta(minutes=1))[0].date()
