"""The clock goes over changes of daylight saving time while several schedulers look at the same PostgreSQL."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from catalog.schedule import Schedule
from store.sql.store import SqlStore
from tests.contract.worker.lab import Lab
from tests.fakes.clock import FixedClock
from worker.schedule import Scheduler

pytestmark = pytest.mark.xdist_group("chaos")

SCHEDULERS = 4
STEP = timedelta(minutes=15)
BERLIN = "Europe/Berlin"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def each(minutes: int, since: str, count: int) -> list[datetime]:
    return [utc(since) + timedelta(minutes=minutes) * number for number in range(count)]


SPRING = utc("2027-03-27T20:00"), utc("2027-03-28T06:00")
"""In Berlin 02:00 to 03:00 does not exist on the 28th."""
AUTUMN = utc("2026-10-24T20:00"), utc("2026-10-25T06:00")
"""In Berlin 02:00 to 03:00 exists twice on the 25th."""


@pytest.mark.parametrize(
    ("rule", "span", "fires"),
    [
        # A time that is skipped: at the first moment after the gap. One that comes twice: the first time, once.
        ({"rrule": "FREQ=DAILY;BYHOUR=2;BYMINUTE=30"}, SPRING, [utc("2027-03-28T01:00")]),
        ({"rrule": "FREQ=DAILY;BYHOUR=2;BYMINUTE=30"}, AUTUMN, [utc("2026-10-25T00:30")]),
        ({"cron": "30 2 * * *"}, SPRING, [utc("2027-03-28T01:00")]),
        ({"cron": "30 2 * * *"}, AUTUMN, [utc("2026-10-25T00:30")]),
        # What names no hour goes on through the change: neither pauses nor doubles.
        ({"rrule": "FREQ=HOURLY;BYMINUTE=0"}, SPRING, each(60, "2027-03-27T21:00", 10)),
        ({"rrule": "FREQ=HOURLY;BYMINUTE=0"}, AUTUMN, each(60, "2026-10-24T21:00", 10)),
        ({"cron": "*/15 * * * *"}, SPRING, each(15, "2027-03-27T20:15", 40)),
        ({"cron": "*/15 * * * *"}, AUTUMN, each(15, "2026-10-24T20:15", 40)),
    ],
)
async def test_each_time_is_fired_exactly_once_over_a_change_of_the_clock(
    database_url: str, rule: dict[str, str], span: tuple[datetime, datetime], fires: list[datetime]
) -> None:
    since, until = span
    clock = FixedClock(since)
    stores = [await SqlStore.open(database_url) for _ in range(SCHEDULERS)]
    lab = await Lab(stores[0], clock).settle()
    workflow = await lab.workflow({"id": "a"})
    schedule = Schedule.model_validate({"timezone": BERLIN, **rule})
    await lab.scheduled(workflow, schedule, schedule.next_times(since, 1)[0])
    schedulers = [
        Scheduler(store=store, queue=lab.queue, events=lab.events, clock=clock, sweep_s=5) for store in stores
    ]
    while clock.now() < until:
        clock.move(STEP.total_seconds())
        await asyncio.gather(*(scheduler.fire_due() for scheduler in schedulers))
    async with stores[0].begin() as records:
        runs = await records.runs.of_workflow(workflow.id, limit=1000)
    assert sorted(datetime.fromisoformat(str(run.input["fired_at"])) for run in runs) == fires
    for store in stores:
        await store.close()
