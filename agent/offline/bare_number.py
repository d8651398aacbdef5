"""A bare number or length in place of the one in a schedule: “make that 8” after “every 5 minutes”, or after “at 7”; “make it 2
minutes” after “in one”. Reads no message.
"""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from agent.offline.schedule_edit import time_of
from agent.schedule_words import describe_schedule
from catalog.schedule import Schedule

_HALF = 12
_DAY = 24
_STEP = re.compile(r"^every (?:\d+ |other )?(?P<unit>minute|hour)s?\b")


def with_number(schedule: Schedule, number: int, now: datetime, zone: ZoneInfo) -> str:
    """The schedule with that number, in English words to be read; empty where it has no place for one."""
    words = describe_schedule(schedule, now, zone)
    step = _STEP.match(words)
    if step is not None and number > 0:
        unit = step["unit"] if number == 1 else f"{number} {step['unit']}s"
        return f"every {unit}{words[step.end() :]}"
    clock = time_of(schedule)
    if clock is None or step is not None or number > _DAY:
        return ""
    return f"at {_nearest(number, clock.hour)}:00"


def with_length(schedule: Schedule, length: str, now: datetime, zone: ZoneInfo) -> str:
    """The schedule with that length between its times, or from now to its one; empty where it has no place for one."""
    words = describe_schedule(schedule, now, zone)
    if (step := _STEP.match(words)) is not None:
        return f"every {length}{words[step.end() :]}"
    return f"in {length}" if schedule.at is not None else ""


def _nearest(hour: int, before: int) -> int:
    """The hour in the half of the day that is nearer to the hour before: 8 after 19:00 is 20:00."""
    if not 0 < hour <= _HALF:
        return hour % _DAY
    halves = (hour % _HALF + _HALF, hour % _HALF)
    return min(halves, key=lambda one: min(abs(one - before), _DAY - abs(one - before)))
