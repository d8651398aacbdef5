"""Which of a schedule's times are made up for after a downtime. Pure: fires nothing."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from typing import assert_never

from catalog.schedule import Schedule

MOST = 100
"""So many missed times are made up for, the latest ones; older ones are left out."""
GRACE = timedelta(seconds=60)
"""A time is not missed before it is this late: schedulers are busy at times."""

_LOOKED_BACK = (timedelta(hours=1), timedelta(days=1), timedelta(days=32), timedelta(days=400))
_AT_ONCE = 500


def due_times(schedule: Schedule, due_at: datetime, now: datetime) -> list[datetime]:
    """Return the times from `due_at` to `now` that are to run now, oldest first, as the schedule's policy says."""
    match schedule.catch_up:
        case "once":
            return missed_times(schedule, due_at, now, 1)
        case "all":
            return missed_times(schedule, due_at, now, MOST)
        case "skip":
            return [at for at in missed_times(schedule, due_at, now, 1) if not is_missed(at, now)]
        case _:
            assert_never(schedule.catch_up)


def is_missed(at: datetime, now: datetime) -> bool:
    """Whether a time is so late that nobody was there to fire it."""
    return now - at > GRACE


def missed_times(schedule: Schedule, due_at: datetime, now: datetime, most: int) -> list[datetime]:
    """Return the latest times from `due_at` to `now`, oldest first, `due_at` among them.

    Looks back in growing spans: a long downtime costs no more.
    """
    for span in (*_LOOKED_BACK, now - due_at):
        since = now - span
        if since <= due_at:
            return [*deque([due_at, *_times(schedule, due_at, now, most)], maxlen=most)]
        if len(found := _times(schedule, since, now, most)) >= most:
            return found
    raise AssertionError("the last span begins at due_at")


def _times(schedule: Schedule, since: datetime, until: datetime, most: int) -> list[datetime]:
    """The latest times after `since`, up to `until`."""
    latest: deque[datetime] = deque(maxlen=most)
    while following := [at for at in schedule.next_times(since, _AT_ONCE) if at <= until]:
        latest.extend(following)
        since = following[-1]
        if len(following) < _AT_ONCE:
            break
    return [*latest]
