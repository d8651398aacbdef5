"""Where something that repeats begins and ends: from an hour or a day on, until one, so many times. Says not what repeats."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from agent.offline.clock_time import Clock, Window
from agent.offline.delay import Length
from agent.offline.rule import Every, Rule
from agent.offline.time_piece import Said
from catalog.schedule import Schedule
from catalog.wall_time import instant


def window_of(one: Said, rule: Rule) -> Window | None:
    """Hours said in two places ("starting at 8, until 18:00"), or to the end of which something runs each day."""
    if not one.closes or one.until or one.day:
        return None
    is_each_day = bool(rule.days) or any(isinstance(p, Every) and not p.is_within_day for p in one.pieces)
    if not one.opens and not is_each_day:
        return None
    opens = one.opens.at if one.opens else time()
    closes = one.closes.at
    if one.closes.is_bare and closes <= opens and closes.hour < 12:  # noon
        closes = closes.replace(hour=closes.hour + 12)
    return Window(one.closes.start, one.closes.end, opens, closes)


def begun(schedule: Schedule, one: Said, opens: Clock, here: datetime, zone: ZoneInfo) -> Schedule:
    """From that hour of the day that was said on, or from the next such hour, where that is not the next time anyway."""
    day = one.starting or one.day
    wall = datetime.combine(day.day, opens.at) if day else _next_wall(opens, here)
    begun = schedule.model_copy(update={"start": instant(wall, zone)})
    return schedule if begun.next_times(here, 2) == schedule.next_times(here, 2) else begun


def _next_wall(clock: Clock, here: datetime) -> datetime:
    """The next time that a clock shows this; a bare hour also in the afternoon."""
    walls = [datetime.combine(here.date() + timedelta(days=day), clock.at) for day in (0, 1)]
    if clock.is_bare and clock.at.hour < 12:  # noon
        walls.insert(1, walls[0] + timedelta(hours=12))
    return next(wall for wall in walls if wall > here.replace(tzinfo=None))


def anchor(rule: Rule, first: datetime, one: Said, here: datetime, zone: ZoneInfo) -> datetime | None:
    """Where intervals are counted from; none where the clock alone decides."""
    divides = {"MINUTELY": 60 % rule.interval == 0 and rule.interval < 60, "HOURLY": 24 % rule.interval == 0}
    if rule.is_within_day and not one.starting:
        now = here.replace(second=0, microsecond=0)
        if one.count and one.count.times:  # the minute that has begun is not one of so many
            step = {"MINUTELY": timedelta(minutes=1), "HOURLY": timedelta(hours=1)}.get(rule.frequency, timedelta())
            return now + (timedelta(minutes=1) if divides.get(rule.frequency) else step * rule.interval)
        return None if divides.get(rule.frequency) and not one.count else now
    if rule.interval == 1 and not one.starting and not one.count:
        return None
    return instant(first, zone)


def end_of(one: Said, closes: Clock | None, begins: datetime, zone: ZoneInfo) -> str:
    if closes and (one.until or one.day):
        day = one.until or one.day
        assert day is not None
        return _until(datetime.combine(day.day, closes.at), zone)
    if closes:
        return _until(_next_wall(closes, begins), zone)
    if one.until:
        return _until(datetime.combine(one.until.day, time(23, 59)), zone)
    if one.count and one.count.times:
        return f";COUNT={one.count.times}"
    if one.count and one.count.length:
        ends = begins + delta_of(one.count.length)
        if one.count.length.has_days:  # whole days, up to the last
            ends = datetime.combine(ends.date() - timedelta(days=1), time(23, 59))
        return _until(ends, zone)
    return ""


def _until(wall: datetime, zone: ZoneInfo) -> str:
    return f";UNTIL={instant(wall, zone).astimezone(UTC):%Y%m%dT%H%M%SZ}"


def delta_of(length: Length) -> relativedelta:
    return relativedelta(months=length.months, seconds=length.seconds)
