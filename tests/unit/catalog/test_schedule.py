from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from catalog.schedule import Schedule
from core.errors import InvalidValueError

ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/St_Johns",
    "Asia/Kolkata",
    "Africa/Casablanca",
]


def at(text: str, zone: str = "Europe/Berlin") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def times(schedule: Schedule, after: datetime, count: int = 3) -> list[str]:
    return [moment.isoformat() for moment in schedule.next_times(after, count)]


def berlin(**fields: Any) -> Schedule:
    return Schedule(timezone="Europe/Berlin", **fields)


def test_a_single_moment_runs_once() -> None:
    schedule = Schedule.once(datetime(2026, 12, 3, 8, 30, 15, tzinfo=UTC), "Europe/Berlin")
    assert times(schedule, at("2026-12-03T09:30:14")) == ["2026-12-03T09:30:15+01:00"]
    assert times(schedule, at("2026-12-03T09:30:15")) == []
    assert not schedule.is_recurring


def test_a_weekly_rule_runs_at_the_local_time_all_year() -> None:
    schedule = berlin(rrule="FREQ=WEEKLY;BYDAY=MO;BYHOUR=9;BYMINUTE=0")
    assert times(schedule, at("2026-10-20T00:00"), 2) == ["2026-10-26T09:00:00+01:00", "2026-11-02T09:00:00+01:00"]
    assert times(schedule, at("2026-10-12T09:00"), 1) == ["2026-10-19T09:00:00+02:00"]


@pytest.mark.parametrize("fields", [{"rrule": "FREQ=DAILY;BYHOUR=2;BYMINUTE=30"}, {"cron": "30 2 * * *"}])
class TestChangesOfClocks:
    def test_a_skipped_time_runs_at_the_first_moment_after_the_gap(self, fields: dict[str, str]) -> None:
        found = times(berlin(**fields), at("2027-03-27T12:00"))
        assert found == ["2027-03-28T03:00:00+02:00", "2027-03-29T02:30:00+02:00", "2027-03-30T02:30:00+02:00"]

    def test_a_time_that_occurs_twice_runs_the_first_time_only(self, fields: dict[str, str]) -> None:
        found = times(berlin(**fields), at("2026-10-24T12:00"), 2)
        assert found == ["2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"]

    def test_between_the_two_the_next_one_is_tomorrow(self, fields: dict[str, str]) -> None:
        between = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)  # 02:10, the second time
        assert times(berlin(**fields), between, 1) == ["2026-10-26T02:30:00+01:00"]


@pytest.mark.parametrize(
    ("zone", "clock", "eve", "expected"),
    [
        # Half an hour: 02:00 becomes 02:30, and 02:00 becomes 01:30.
        (
            "Australia/Lord_Howe",
            (2, 15),
            "2026-10-03T12:00",
            ["2026-10-04T02:30:00+11:00", "2026-10-05T02:15:00+11:00"],
        ),
        (
            "Australia/Lord_Howe",
            (1, 45),
            "2026-04-04T12:00",
            ["2026-04-05T01:45:00+11:00", "2026-04-06T01:45:00+10:30"],
        ),
        ("America/St_Johns", (2, 30), "2026-03-07T12:00", ["2026-03-08T03:00:00-02:30", "2026-03-09T02:30:00-02:30"]),
        ("America/St_Johns", (1, 30), "2026-10-31T12:00", ["2026-11-01T01:30:00-02:30", "2026-11-02T01:30:00-03:30"]),
        # Two hours, and midnight itself.
        ("Antarctica/Troll", (1, 30), "2026-03-28T12:00", ["2026-03-29T03:00:00+02:00", "2026-03-30T01:30:00+02:00"]),
        ("Africa/Cairo", (0, 0), "2026-04-23T12:00", ["2026-04-24T01:00:00+03:00", "2026-04-25T00:00:00+03:00"]),
        ("Africa/Cairo", (23, 30), "2026-10-28T23:45", ["2026-10-29T23:30:00+03:00", "2026-10-30T23:30:00+02:00"]),
        # A whole day that there never was.
        ("Pacific/Apia", (9, 0), "2011-12-29T12:00", ["2011-12-31T00:00:00+14:00", "2011-12-31T09:00:00+14:00"]),
    ],
)
@pytest.mark.parametrize("form", ["rrule", "cron"])
def test_changes_of_clocks_of_every_size(
    form: str, zone: str, clock: tuple[int, int], eve: str, expected: list[str]
) -> None:
    hour, minute = clock
    rule = f"FREQ=DAILY;BYHOUR={hour};BYMINUTE={minute}" if form == "rrule" else f"{minute} {hour} * * *"
    schedule = Schedule.model_validate({form: rule, "timezone": zone})
    assert times(schedule, at(eve, zone), 2) == expected


def test_times_that_fall_into_one_gap_run_once() -> None:
    schedule = berlin(rrule="FREQ=DAILY;BYHOUR=2;BYMINUTE=0,15,30,45")
    assert times(schedule, at("2027-03-28T01:59"), 2) == ["2027-03-28T03:00:00+02:00", "2027-03-29T02:00:00+02:00"]


@pytest.mark.parametrize("fields", [{"rrule": "FREQ=MINUTELY;INTERVAL=30"}, {"cron": "*/30 * * * *"}])
def test_what_repeats_all_day_neither_pauses_nor_doubles(fields: dict[str, str]) -> None:
    autumn = berlin(**fields).next_times(datetime(2026, 10, 24, 22, 0, tzinfo=UTC), 12)
    spring = berlin(**fields).next_times(datetime(2027, 3, 27, 22, 0, tzinfo=UTC), 12)
    for moments in (autumn, spring):
        gaps = {later.astimezone(UTC) - earlier.astimezone(UTC) for earlier, later in pairwise(moments)}
        assert gaps == {timedelta(minutes=30)}


def test_intervals_count_from_the_start() -> None:
    schedule = berlin(rrule="FREQ=DAILY;INTERVAL=3", start=at("2026-12-01T08:15:42"))
    assert times(schedule, at("2026-11-01T00:00"), 2) == ["2026-12-01T08:15:00+01:00", "2026-12-04T08:15:00+01:00"]
    assert times(schedule, at("2031-12-01T00:00"), 1) == ["2031-12-02T08:15:00+01:00"]


def test_a_rule_ends_by_count_or_until() -> None:
    counted = berlin(rrule="FREQ=DAILY;COUNT=2", start=at("2026-12-01T08:00"))
    assert times(counted, at("2026-12-01T08:00")) == ["2026-12-02T08:00:00+01:00"]
    until = berlin(rrule="FREQ=DAILY;UNTIL=20261202", start=at("2026-12-01T08:00"))
    assert times(until, at("2026-11-30T00:00")) == ["2026-12-01T08:00:00+01:00", "2026-12-02T08:00:00+01:00"]
    exact = berlin(rrule="FREQ=DAILY;UNTIL=20261202T070000Z", start=at("2026-12-01T08:00"))
    assert len(times(exact, at("2026-11-30T00:00"))) == 2


def test_the_last_working_day_and_leap_days() -> None:
    last = berlin(rrule="FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;BYHOUR=17")
    assert times(last, at("2026-10-01T00:00"), 2) == ["2026-10-30T17:00:00+01:00", "2026-11-30T17:00:00+01:00"]
    leap = berlin(rrule="FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYHOUR=9")
    assert times(leap, at("2026-01-01T00:00"), 1) == ["2028-02-29T09:00:00+01:00"]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, "exactly one of at, rrule and cron"),
        ({"cron": "* * * * *", "rrule": "FREQ=DAILY"}, "exactly one of"),
        ({"at": "2026-12-03T09:30"}, "must say its UTC offset"),
        ({"at": "1066-10-14T09:00Z"}, "between 1970 and 2200"),
        ({"cron": "* * * * *", "timezone": "Mars/Olympus"}, "is not a time zone"),
        ({"cron": "* * * * *", "start": "2026-12-03T09:30Z"}, "start belongs to an rrule"),
        ({"cron": "* * * *"}, "five fields"),
        ({"cron": "* * * * * *"}, "five fields"),
        ({"cron": "61 * * * *"}, "Bad minute"),
        ({"cron": "0 0 30 2 *"}, "Bad day-of-month"),
        ({"rrule": "every monday"}, "is not a part of a rule"),
        ({"rrule": "FREQ=SECONDLY"}, "needs FREQ"),
        ({"rrule": "FREQ=DAILY;BYSECOND=30"}, "not to seconds"),
        ({"rrule": "FREQ=DAILY;INTERVAL=0"}, "INTERVAL must be a number between 1 and 366"),
        ({"rrule": "FREQ=DAILY;COUNT=99999"}, "COUNT must be a number between 1 and 1000"),
        ({"rrule": "FREQ=DAILY;BYHOUR=24"}, "BYHOUR must be between 0 and 23"),
        ({"rrule": "FREQ=DAILY;BYHOUR=x"}, "BYHOUR must be numbers"),
        ({"rrule": "FREQ=DAILY;FREQ=DAILY"}, "given once"),
        ({"rrule": "FREQ=DAILY;DTSTART=20260101"}, "is not a part of a rule"),
        ({"rrule": "FREQ=DAILY;COUNT=2;UNTIL=20300101"}, "either by COUNT or by UNTIL"),
        ({"rrule": "FREQ=DAILY;UNTIL=yesterday"}, "UNTIL must look like"),
        ({"rrule": "FREQ=DAILY;UNTIL=20261301"}, "is not a date"),
        ({"rrule": "FREQ=DAILY;UNTIL=20000101"}, "ends before its first time"),
        ({"rrule": "FREQ=WEEKLY;BYDAY=2MO"}, "does not fit"),
        ({"rrule": "FREQ=WEEKLY;BYDAY=XX"}, "BYDAY must be days"),
        ({"rrule": "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"}, "no such day"),
        ({"rrule": "FREQ=DAILY;INTERVAL=7;BYDAY=MO"}, "may never be met"),
        ({"rrule": "FREQ=MONTHLY;INTERVAL=24;BYMONTHDAY=31"}, "may never be met"),
        ({"rrule": "FREQ=YEARLY;INTERVAL=3;BYMONTH=2;BYMONTHDAY=29"}, "may never be met"),
        ({"rrule": "FREQ=YEARLY;BYMONTH=2;BYDAY=5MO"}, "hardly ever"),
        ({"rrule": "FREQ=DAILY\nEXDATE:20260101T000000"}, "FREQ"),
    ],
)
def test_a_schedule_that_cannot_be_followed_is_refused(fields: dict[str, str], reason: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Schedule.model_validate({"timezone": "UTC", **fields})
    assert reason in str(caught.value)
    with pytest.raises(InvalidValueError, match="That is not a schedule: "):
        Schedule.read({"timezone": "UTC", **fields})


def test_two_ways_to_write_the_same_rule_are_the_same_schedule() -> None:
    """The digest of a proposal must not depend on spelling."""
    assert Schedule(rrule="rrule:freq=daily;") == Schedule(rrule="FREQ=DAILY")
    assert Schedule(cron=" 0  9 * * mon ") == Schedule(cron="0 9 * * MON")


def test_json_and_back_is_the_same_schedule() -> None:
    schedule = berlin(rrule="FREQ=DAILY;INTERVAL=2", start=at("2026-12-01T08:00"))
    assert Schedule.model_validate(schedule.model_dump(mode="json")).next_times(at("2026-12-05T00:00"), 3) == (
        schedule.next_times(at("2026-12-05T00:00"), 3)
    )


FREQUENCIES = st.sampled_from(
    [
        "FREQ=DAILY;BYHOUR=2;BYMINUTE=30",
        "FREQ=DAILY;BYHOUR=0,1,2,3;BYMINUTE=0,30",
        "FREQ=WEEKLY;BYDAY=SU;BYHOUR=1,2;BYMINUTE=59",
        "FREQ=MONTHLY;BYDAY=-1SU;BYHOUR=2",
        "FREQ=MONTHLY;BYDAY=2SU;BYHOUR=2;BYMINUTE=15",
        "FREQ=HOURLY",
        "FREQ=HOURLY;INTERVAL=2;BYMINUTE=5",
        "FREQ=MINUTELY;INTERVAL=7",
        "FREQ=MINUTELY;INTERVAL=15;BYDAY=SU",
    ]
)
MOMENTS = st.datetimes(min_value=datetime(2024, 1, 1), max_value=datetime(2036, 1, 1)).map(
    lambda it: it.replace(tzinfo=UTC)
)
CHANGES = st.sampled_from(
    [datetime(2026, 10, 25, 1), datetime(2026, 11, 1, 6), datetime(2026, 3, 29, 1), datetime(2026, 4, 4, 15)]
).flatmap(
    lambda change: st.integers(-300, 300).map(lambda minutes: (change + timedelta(minutes=minutes)).replace(tzinfo=UTC))
)


@settings(deadline=None)
@given(FREQUENCIES, st.sampled_from(ZONES), st.one_of(MOMENTS, CHANGES))
def test_times_rise_are_real_and_do_not_depend_on_where_one_starts_to_look(
    rule: str, zone: str, after: datetime
) -> None:
    schedule = Schedule(rrule=rule, timezone=zone)
    found = schedule.next_times(after, 6)
    assert len(found) == 6
    utc = [moment.astimezone(UTC) for moment in found]
    assert after < utc[0]
    assert all(earlier < later for earlier, later in pairwise(utc))
    assert all(moment.astimezone(UTC).astimezone(ZoneInfo(zone)) == moment for moment in found)
    for place in (0, 2, 4):
        assert schedule.next_times(found[place], 1) == [found[place + 1]]


@settings(deadline=None)
@given(st.sampled_from(["30 2 * * *", "0,30 1-3 * * *", "*/20 * * * *", "15 * * * 0"]), st.sampled_from(ZONES), CHANGES)
def test_cron_times_rise_and_do_not_depend_on_where_one_starts_to_look(line: str, zone: str, after: datetime) -> None:
    schedule = Schedule(cron=line, timezone=zone)
    found = schedule.next_times(after, 5)
    assert all(earlier.astimezone(UTC) < later.astimezone(UTC) for earlier, later in pairwise([after, *found]))
    for place in range(4):
        assert schedule.next_times(found[place], 1) == [found[place + 1]]


PARTS = st.fixed_dictionaries(
    {"FREQ": st.sampled_from(["MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"])},
    optional={
        "INTERVAL": st.integers(1, 40).map(str),
        "BYMONTH": st.lists(st.integers(1, 12), min_size=1, max_size=2).map(lambda it: ",".join(map(str, it))),
        "BYMONTHDAY": st.integers(-31, 31).filter(bool).map(str),
        "BYDAY": st.sampled_from(["MO", "SU,TU", "1MO", "-1FR", "5SA"]),
        "BYHOUR": st.sampled_from(["0", "9", "9,17", "23"]),
        "BYMINUTE": st.sampled_from(["0", "30", "5,55"]),
        "BYSETPOS": st.sampled_from(["1", "-1", "4"]),
        "WKST": st.sampled_from(["SU", "MO"]),
    },
)


@settings(deadline=None)
@given(PARTS, st.datetimes(min_value=datetime(2024, 1, 1), max_value=datetime(2028, 1, 1)), st.integers(0, 2000))
def test_a_rule_is_refused_or_gives_what_the_library_gives_when_it_counts_from_the_start(
    parts: dict[str, str], start: datetime, days: int
) -> None:
    """Anchoring a rule nearer to now must not move its times; one that would search for ever is not accepted."""
    text = ";".join(f"{key}={value}" for key, value in parts.items())
    start = start.replace(second=0, microsecond=0, tzinfo=UTC)
    after = start + timedelta(days=days if parts["FREQ"] not in ("MINUTELY", "HOURLY") else days % 5)
    try:
        schedule = Schedule(rrule=text, start=start)
    except ValidationError:
        assume(False)
        return
    found = schedule.next_times(after, 3)
    naive = after.replace(tzinfo=None)
    expected = rrulestr(text, dtstart=start.replace(tzinfo=None)).xafter(naive, count=3)
    assert [moment.replace(tzinfo=None) for moment in found] == list(expected)
