"""Applies what was said about time to the schedule that a task already has: another time, other days, another zone."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from agent.offline.spoken import Spoken
from catalog.schedule import Schedule
from catalog.wall_time import instant

_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_WITHIN_DAY = re.compile(r"FREQ=(?:HOURLY|MINUTELY|SECONDLY)")


def merged(
    current: Schedule | None, spoken: Spoken, now: datetime, *, needs_time: bool = False
) -> tuple[Schedule, bool]:
    """The new schedule and whether its time of day is still open.

    "at 9:30" keeps the days and "every tuesday" keeps the time of day of the current one; both keep what happens to
    missed runs, unless that was said too.
    """
    schedule, is_open = _merged(current, spoken, now, needs_time=needs_time)
    if current is not None and spoken.zone is None and not spoken.is_delay and schedule.timezone != current.timezone:
        schedule = in_zone(schedule, current.timezone)  # a zone that was said once holds for what is said after it
    policy = spoken.catch_up or (current.catch_up if current is not None else schedule.catch_up)
    return schedule.model_copy(update={"catch_up": policy}), is_open


def _merged(current: Schedule | None, spoken: Spoken, now: datetime, *, needs_time: bool) -> tuple[Schedule, bool]:
    if current is None or spoken.is_delay:
        return spoken.schedule, spoken.is_partial
    if not spoken.has_day and spoken.clock is not None:
        return _at_time(current, spoken, now) or spoken.schedule, False
    clock = None if needs_time else time_of(current)
    if spoken.is_partial and clock is not None:
        return _with_time(spoken.schedule, clock), False
    return spoken.schedule, spoken.is_partial


def in_zone(current: Schedule, zone: str) -> Schedule:
    """The same time on the clock in another zone."""
    old, new = ZoneInfo(current.timezone), ZoneInfo(zone)
    changes: dict[str, object] = {"timezone": zone}
    for name, moment in (("at", current.at), ("start", current.start)):
        if moment is not None:
            changes[name] = instant(moment.astimezone(old).replace(tzinfo=None), new)
    return Schedule.model_validate(current.model_dump() | changes)


def on_weekdays(current: Schedule, new: Schedule, *, adds: bool) -> Schedule:
    """What repeats goes on repeating when only other days of the week are named, and keeps its own if they are added."""
    found = re.search(r"FREQ=WEEKLY.*BYDAY=([A-Z,]+)", current.rrule or "")
    if "FREQ=DAILY" in (current.rrule or "") and adds:
        return current
    if found is None or "INTERVAL" in (current.rrule or ""):
        return new
    if new.at is not None:
        named = {_DAYS[new.at.astimezone(ZoneInfo(new.timezone)).weekday()]}
    elif again := re.search(r"FREQ=WEEKLY.*BYDAY=([A-Z,]+)", new.rrule or ""):
        named = set(again[1].split(","))
    else:
        return new
    days = named | set(found[1].split(",")) if adds else named
    rule = re.sub(r"BYDAY=[A-Z,]+", f"BYDAY={','.join(day for day in _DAYS if day in days)}", current.rrule or "")
    kept = current.model_copy(update={"rrule": rule})
    clock = time_of(new)
    return _with_time(kept, clock) if clock is not None and clock != time_of(current) else kept


def time_of(schedule: Schedule) -> time | None:
    """The time of day at which it runs, where there is one."""
    if schedule.at is not None:
        return schedule.at.astimezone(ZoneInfo(schedule.timezone)).timetz().replace(tzinfo=None, second=0)
    match = re.search(r"BYHOUR=(\d+)(?:;|$)", schedule.rrule or "")
    minute = re.search(r"BYMINUTE=(\d+)(?:;|$)", schedule.rrule or "")
    if match:
        return time(int(match[1]), int(minute[1]) if minute else 0)
    fields = (schedule.cron or "").split()
    if len(fields) == 5 and fields[0].isdecimal() and fields[1].isdecimal():  # noqa: PLR2004  # minute hour day month weekday
        return time(int(fields[1]), int(fields[0]))
    return None


def _at_time(current: Schedule, spoken: Spoken, now: datetime) -> Schedule | None:
    """The current days at the spoken time; none when the current one runs several times a day."""
    assert spoken.clock is not None
    base = in_zone(current, spoken.zone) if spoken.zone else current
    if base.at is not None:
        zone = ZoneInfo(base.timezone)
        wall = datetime.combine(base.at.astimezone(zone).date(), spoken.clock)
        at = instant(wall, zone)
        return base.model_copy(update={"at": at if at > now else instant(wall + timedelta(days=1), zone)})
    if base.rrule is not None and _WITHIN_DAY.search(base.rrule):
        return None
    hours = re.search(r"BYHOUR=([\d,]+)", spoken.schedule.rrule or "")
    return _with_time(base, spoken.clock, hours[1] if hours else None)


def _with_time(schedule: Schedule, clock: time, hours: str | None = None) -> Schedule:
    zone = ZoneInfo(schedule.timezone)
    if schedule.at is not None:
        day = schedule.at.astimezone(zone).date()
        return schedule.model_copy(update={"at": instant(datetime.combine(day, clock), zone)})
    if schedule.cron is not None:
        fields = schedule.cron.split()
        return schedule.model_copy(
            update={"cron": " ".join([str(clock.minute), hours or str(clock.hour), *fields[2:]])}
        )
    kept = [p for p in (schedule.rrule or "").split(";") if not p.startswith(("BYHOUR", "BYMINUTE", "BYSECOND"))]
    ends = [p for p in kept if p.startswith(("UNTIL", "COUNT"))]
    days = [p for p in kept if p not in ends]
    rule = ";".join([*days, f"BYHOUR={hours or clock.hour}", f"BYMINUTE={clock.minute}", "BYSECOND=0", *ends])
    start = schedule.start and instant(datetime.combine(schedule.start.astimezone(zone).date(), clock), zone)
    return Schedule(rrule=rule, timezone=schedule.timezone, start=start)
