"""Times read out of sentences and said again. The clock stands at Wednesday 2 December 2026, 10:00 UTC."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.offline.recurrence import read_schedule, schedule_of
from agent.schedule_words import describe_schedule
from catalog.schedule import Schedule
from tests.unit.agent_offline.little import NOW, ZONE

WORKING = "MO,TU,WE,TH,FR"
AT_9 = "BYHOUR=9;BYMINUTE=0;BYSECOND=0"
REPEATING = [
    ("every monday at 9", f"FREQ=WEEKLY;BYDAY=MO;{AT_9}"),
    ("Every Monday, at 9 AM.", f"FREQ=WEEKLY;BYDAY=MO;{AT_9}"),
    ("mondays and thursdays 14:30", "FREQ=WEEKLY;BYDAY=MO,TH;BYHOUR=14;BYMINUTE=30;BYSECOND=0"),
    ("mon wed fri at 7", "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYHOUR=7;BYMINUTE=0;BYSECOND=0"),
    ("every monday, wednesday and friday at 7:15pm", "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYHOUR=19;BYMINUTE=15;BYSECOND=0"),
    ("weekdays at 9am", f"FREQ=WEEKLY;BYDAY={WORKING};{AT_9}"),
    ("every business day at 9", f"FREQ=WEEKLY;BYDAY={WORKING};{AT_9}"),
    ("9am mon-fri", f"FREQ=WEEKLY;BYDAY={WORKING};{AT_9}"),
    ("monday to thursday 9:00", f"FREQ=WEEKLY;BYDAY=MO,TU,WE,TH;{AT_9}"),
    ("saturdays and sundays at 9", f"FREQ=WEEKLY;BYDAY=SA,SU;{AT_9}"),
    ("on weekends at 9", f"FREQ=WEEKLY;BYDAY=SA,SU;{AT_9}"),
    ("every day at noon", "FREQ=DAILY;BYHOUR=12;BYMINUTE=0;BYSECOND=0"),
    ("daily at 9, 13 and 17", "FREQ=DAILY;BYHOUR=9,13,17;BYMINUTE=0;BYSECOND=0"),
    ("every morning at half past eight", "FREQ=DAILY;BYHOUR=8;BYMINUTE=30;BYSECOND=0"),
    ("every evening at 7:30", "FREQ=DAILY;BYHOUR=19;BYMINUTE=30;BYSECOND=0"),
    ("every night at 3", "FREQ=DAILY;BYHOUR=3;BYMINUTE=0;BYSECOND=0"),
    ("14h30 every day", "FREQ=DAILY;BYHOUR=14;BYMINUTE=30;BYSECOND=0"),
    ("every minute", "FREQ=MINUTELY"),
    ("every 5 minutes", "FREQ=HOURLY;BYMINUTE=0,5,10,15,20,25,30,35,40,45,50,55;BYSECOND=0"),
    ("every 30m", "FREQ=HOURLY;BYMINUTE=0,30;BYSECOND=0"),
    ("every fifteen minutes", "FREQ=HOURLY;BYMINUTE=0,15,30,45;BYSECOND=0"),
    ("hourly", "FREQ=HOURLY;BYMINUTE=0;BYSECOND=0"),
    ("every 6 hours", "FREQ=DAILY;BYHOUR=0,6,12,18;BYMINUTE=0;BYSECOND=0"),
    ("every 90 minutes", "FREQ=MINUTELY;INTERVAL=90"),
    (
        "every 15 minutes during office hours",
        f"FREQ=WEEKLY;BYDAY={WORKING};BYHOUR=9,10,11,12,13,14,15,16;BYMINUTE=0,15,30,45;BYSECOND=0",
    ),
    (
        "every 30 minutes between 9 and 12 on weekdays",
        f"FREQ=WEEKLY;BYDAY={WORKING};BYHOUR=9,10,11;BYMINUTE=0,30;BYSECOND=0",
    ),
    ("every hour from 9 to 12", "FREQ=DAILY;BYHOUR=9,10,11,12;BYMINUTE=0;BYSECOND=0"),
    ("every other friday 16:00", "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR;BYHOUR=16;BYMINUTE=0;BYSECOND=0"),
    ("every second friday at 16:00", "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR;BYHOUR=16;BYMINUTE=0;BYSECOND=0"),
    ("fortnightly on friday 16:00", "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR;BYHOUR=16;BYMINUTE=0;BYSECOND=0"),
    ("every 3 weeks on tuesday at 9", f"FREQ=WEEKLY;INTERVAL=3;BYDAY=TU;{AT_9}"),
    ("every other day at 9", f"FREQ=DAILY;INTERVAL=2;{AT_9}"),
    ("first monday of each month at 9", f"FREQ=MONTHLY;BYDAY=1MO;{AT_9}"),
    ("on the second tuesday of the month at 9", f"FREQ=MONTHLY;BYDAY=2TU;{AT_9}"),
    ("last friday of every month 9:00", f"FREQ=MONTHLY;BYDAY=-1FR;{AT_9}"),
    ("the first and third thursday of every month at 9am", f"FREQ=MONTHLY;BYDAY=1TH,3TH;{AT_9}"),
    ("on the last working day at 9", f"FREQ=MONTHLY;BYDAY={WORKING};BYSETPOS=-1;{AT_9}"),
    ("on the last day of the month at 9", f"FREQ=MONTHLY;BYMONTHDAY=-1;{AT_9}"),
    ("on the 1st and 15th at 9", f"FREQ=MONTHLY;BYMONTHDAY=1,15;{AT_9}"),
    ("monthly on the 5th at 9", f"FREQ=MONTHLY;BYMONTHDAY=5;{AT_9}"),
    ("every quarter at 9", f"FREQ=YEARLY;BYMONTH=1,4,7,10;BYMONTHDAY=1;{AT_9}"),
    ("yearly on 3 march at 9", f"FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=3;{AT_9}"),
    ("every january 1st at 9", f"FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=1;{AT_9}"),
    ("every day at 9 until friday", f"FREQ=DAILY;{AT_9};UNTIL=20261204T235900Z"),
    ("every day at 9 for 5 days", f"FREQ=DAILY;{AT_9};UNTIL=20261207T235900Z"),
    ("weekly roundup of the news on friday at 9", f"FREQ=WEEKLY;BYDAY=FR;{AT_9}"),
    ("chart of monthly revenue on the 1st at 9", f"FREQ=MONTHLY;BYMONTHDAY=1;{AT_9}"),
    ("every monday at 9 about the 3pm call", f"FREQ=WEEKLY;BYDAY=MO;{AT_9}"),
    ("post today's agenda every weekday at 9", f"FREQ=WEEKLY;BYDAY={WORKING};{AT_9}"),
]


@pytest.mark.parametrize(("text", "rrule"), REPEATING)
def test_what_repeats_becomes_a_rule(text: str, rrule: str) -> None:
    spoken = read_schedule(text, NOW, ZONE)
    assert spoken is not None
    assert spoken.schedule.rrule == rrule
    assert not spoken.is_partial


ONCE = [
    ("in 1 minute", "2026-12-02T10:01"),
    ("in 2 hours", "2026-12-02T12:00"),
    ("in half an hour", "2026-12-02T10:30"),
    ("in an hour and a half", "2026-12-02T11:30"),
    ("20 minutes from now", "2026-12-02T10:20"),
    ("in 3 days at 9", "2026-12-05T09:00"),
    ("in a week", "2026-12-09T10:00"),
    ("tomorrow at noon", "2026-12-03T12:00"),
    ("tomorow at 9", "2026-12-03T09:00"),
    ("tomorrow morning", "2026-12-03T09:00"),
    ("day after tomorrow at 8", "2026-12-04T08:00"),
    ("tonight", "2026-12-02T20:00"),
    ("tonight at 9", "2026-12-02T21:00"),
    ("this evening", "2026-12-02T18:00"),
    ("end of day", "2026-12-02T17:00"),
    ("at 18:00", "2026-12-02T18:00"),
    ("at 9", "2026-12-03T09:00"),
    ("9:30", "2026-12-03T09:30"),
    ("today at 3", "2026-12-02T15:00"),
    ("monday 9am", "2026-12-07T09:00"),
    ("wednesday at 9", "2026-12-09T09:00"),
    ("wednesday at 11", "2026-12-02T11:00"),
    ("next tuesday 3pm", "2026-12-08T15:00"),
    ("fri 18:00", "2026-12-04T18:00"),
    ("on 3 december 2026 at 9:30", "2026-12-03T09:30"),
    ("3rd of March at 9", "2027-03-03T09:00"),
    ("Dec 24 6pm", "2026-12-24T18:00"),
    ("2026-12-03 09:30", "2026-12-03T09:30"),
    ("2026-12-03T09:30:00Z", "2026-12-03T09:30"),
    ("14.12.2026 10-12", "2026-12-14T10:00"),
    ("25/12/2026 at 5pm", "2026-12-25T17:00"),
    ("12/25/2026 at 5pm", "2026-12-25T17:00"),
    ("the 15th at noon", "2026-12-15T12:00"),
    ("Tuesday the 8th at 10", "2026-12-08T10:00"),
    ("Wednesday 9 December at 16:30", "2026-12-09T16:30"),
    ("1 january 2027 at 00:00", "2027-01-01T00:00"),
    ("call me at 3pm about the thing tomorrow", "2026-12-03T15:00"),
]


@pytest.mark.parametrize(("text", "at"), ONCE)
def test_what_happens_once_becomes_a_moment(text: str, at: str) -> None:
    spoken = read_schedule(text, NOW, ZONE)
    assert spoken is not None
    assert spoken.schedule.at == datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert not spoken.is_partial


@pytest.mark.parametrize(
    ("text", "zone", "first"),
    [
        ("every day 9am Berlin time", "Europe/Berlin", "2026-12-03T08:00"),
        ("9am EST every monday", "America/New_York", "2026-12-07T14:00"),
        ("tomorrow 14:00 UTC", "UTC", "2026-12-03T14:00"),
        ("2026-12-10 08:00 JST on teams", "Asia/Tokyo", "2026-12-09T23:00"),
        ("every day at 9 Europe/Paris", "Europe/Paris", "2026-12-03T08:00"),
        ("every day at 9 UTC+2", "Etc/GMT-2", "2026-12-03T07:00"),
    ],
)
def test_a_zone_that_is_named_counts(text: str, zone: str, first: str) -> None:
    schedule = schedule_of(text, NOW, ZONE)
    assert schedule is not None
    assert schedule.timezone == zone
    assert schedule.next_times(NOW)[0] == datetime.fromisoformat(first).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["every monday", "daily", "tomorrow", "on friday", "first monday of each month", "weekly"]
)
def test_days_without_a_time_are_partial(text: str) -> None:
    spoken = read_schedule(text, NOW, ZONE)
    assert spoken is not None
    assert spoken.is_partial


NO_TIME = [
    "email the weekly report", "the monday meeting", "the cat sat on the sun", "5 minutes before each meeting", "lunch is at 1",
    "the contract ends on 31 january 2027", "'every monday at 9'", "https://x.example/every/monday", "at 25", "30 feb",
    "titled Weekly orders", "for 25 minutes", "5 items at 10 euros", "good morning", "may I", "until friday", "today's news",
    "mirror 10-12", "version 9.30", "every 30 seconds", "",
]  # fmt: skip


@pytest.mark.parametrize("text", NO_TIME)
def test_what_names_no_time_to_run_gives_none(text: str) -> None:
    assert read_schedule(text, NOW, ZONE) is None


def test_a_cron_line_passes_through() -> None:
    assert schedule_of("run it on */5 9-17 * * 1-5 please", NOW, ZONE) == Schedule(cron="*/5 9-17 * * 1-5")


def test_a_past_time_of_day_is_tomorrow_also_where_clocks_change() -> None:
    """The night of 29 March 2026 has no 02:30 in Berlin: the first moment after the gap is meant."""
    berlin = ZoneInfo("Europe/Berlin")
    evening = datetime(2026, 3, 28, 20, 0, tzinfo=UTC)
    schedule = schedule_of("at 2:30", evening, berlin)
    assert schedule is not None
    assert schedule.next_times(evening) == [datetime(2026, 3, 29, 1, 0, tzinfo=UTC)]


def test_the_fragments_are_what_says_the_time() -> None:
    text = "remind me every monday at 9 to stretch"
    spoken = read_schedule(text, NOW, ZONE)
    assert spoken is not None
    assert "".join(text[a:b] for a, b in spoken.fragments).replace(" ", "") == "everymondayat9"


@pytest.mark.parametrize("text", [t for t, _ in REPEATING] + [t for t, _ in ONCE])
def test_words_for_a_schedule_mean_the_same_schedule(text: str) -> None:
    schedule = schedule_of(text, NOW, ZONE)
    assert schedule is not None
    again = schedule_of(describe_schedule(schedule, NOW, ZONE), NOW, ZONE)
    assert again is not None
    assert again.next_times(NOW, 4) == schedule.next_times(NOW, 4)


WORDS = [
    (Schedule(rrule=f"FREQ=WEEKLY;BYDAY=MO;{AT_9}"), "every Monday at 09:00"),
    (Schedule(rrule="FREQ=HOURLY;BYMINUTE=0,5,10,15,20,25,30,35,40,45,50,55"), "every 5 minutes"),
    (Schedule(rrule="FREQ=MINUTELY;INTERVAL=5"), "every 5 minutes"),
    (Schedule(rrule="FREQ=HOURLY"), "every hour"),
    (Schedule(at=NOW + timedelta(hours=4, minutes=5)), "once, today at 14:05"),
    (Schedule(at=NOW + timedelta(seconds=61)), "once, today at 10:01:01"),
    (Schedule(at=NOW + timedelta(days=1)), "once, tomorrow at 10:00"),
    (Schedule(at=NOW + timedelta(days=40)), "once, on Monday 11 January 2027 at 10:00"),
    (Schedule(rrule="FREQ=WEEKLY;INTERVAL=2;BYDAY=FR;BYHOUR=16;BYMINUTE=0"), "every other Friday at 16:00"),
    (Schedule(rrule="FREQ=MONTHLY;BYDAY=1MO;BYHOUR=10;BYMINUTE=0"), "on the first Monday of each month at 10:00"),
    (
        Schedule(rrule=f"FREQ=WEEKLY;BYDAY={WORKING};BYHOUR=9,10,11,12,13,14,15,16;BYMINUTE=0,15,30,45"),
        "every 15 minutes from 09:00 to 17:00 on weekdays",
    ),
    (Schedule(rrule=f"FREQ=DAILY;{AT_9}", timezone="Europe/Berlin"), "every day at 09:00 Europe/Berlin time"),
    (Schedule(rrule=f"FREQ=DAILY;{AT_9};COUNT=3"), "every day at 09:00, 3 times"),
    (
        Schedule(rrule=f"FREQ=DAILY;{AT_9}", start=datetime(2026, 12, 7, 9, 0, tzinfo=UTC)),
        "every day at 09:00, starting Monday 7 December",
    ),
    (Schedule(cron="*/5 * * * *"), "every 5 minutes"),
    (Schedule(cron="30 9 * * 1-5"), "every weekday at 09:30"),
    (Schedule(cron="0 12 * * MON,THU"), "every Monday and Thursday at 12:00"),
    (Schedule(cron="0 12 * * 0"), "every Sunday at 12:00"),
    (Schedule(cron="5 4 1 * *"), "on the 1st of each month at 04:05"),
    (Schedule(cron="0 0 1 1 *"), "by the cron line 0 0 1 1 *"),
    (Schedule(rrule="FREQ=DAILY;BYMONTH=5;BYMONTHDAY=3;BYHOUR=1"), "by the rule FREQ=DAILY;BYMONTH=5;BYMONTHDAY=3;BYHOUR=1"),
]  # fmt: skip


@pytest.mark.parametrize(("schedule", "words"), WORDS)
def test_schedules_are_said_in_words(schedule: Schedule, words: str) -> None:
    assert describe_schedule(schedule, NOW, ZONE) == words


CAUGHT_UP = [
    ("every day at 9 and catch up on all missed runs", "all"),
    ("every day at 9, catching up on missed runs", "all"),
    ("every day at 9, and make up for every missed run", "all"),
    ("every day at 9; if it was down, run them all", "all"),
    ("every day at 9, skip missed runs", "skip"),
    ("every day at 9 and don't catch up", "skip"),
    ("every day at 9, ignoring all missed ones", "skip"),
    ("every day at 9, do not catch up on missed runs", "skip"),
    ("every day at 9, if it was down, run it once", "once"),
    ("every day at 9 and catch up only once", "once"),
    ("every day at 9", None),
    ("every day at 9 post “skip missed runs”", None),
    ("every day at 9 catch up with the team", None),
]


@pytest.mark.parametrize(("text", "policy"), CAUGHT_UP)
def test_what_becomes_of_missed_runs_is_read_and_said_again(text: str, policy: str | None) -> None:
    spoken = read_schedule(text, NOW, ZONE)
    assert spoken is not None
    assert spoken.catch_up == policy
    assert spoken.schedule.rrule == f"FREQ=DAILY;{AT_9}", "its words are no time"
    assert spoken.schedule.catch_up == (policy or "once")
    again = schedule_of(describe_schedule(spoken.schedule, NOW, ZONE), NOW, ZONE)
    assert again == spoken.schedule


_DAYS = st.lists(
    st.sampled_from(["monday", "tue", "wednesday", "thu", "fri", "saturday", "sunday"]), min_size=1, max_size=4
)


@settings(max_examples=150, deadline=None)
@given(
    days=_DAYS,
    hour=st.integers(0, 23),
    minute=st.integers(0, 59),
    often=st.sampled_from(["every ", "every other ", "each "]),
)
def test_spoken_days_and_times_survive_being_said_again(days: list[str], hour: int, minute: int, often: str) -> None:
    """Read -> describe -> read gives the same fire times."""
    schedule = schedule_of(f"{often}{' and '.join(days)} at {hour:02}:{minute:02}", NOW, ZONE)
    assert schedule is not None
    first = schedule.next_times(NOW, 5)
    assert all((t.hour, t.minute) == (hour, minute) for t in first)
    again = schedule_of(describe_schedule(schedule, NOW, ZONE), NOW, ZONE)
    assert again is not None
    assert again.next_times(NOW, 5) == first


_PIECES = st.lists(
    st.sampled_from(
        [
            "every",
            "each",
            "other",
            "2",
            "second",
            "last",
            "first",
            "monday",
            "tue",
            "weekdays",
            "day",
            "of",
            "the",
            "month",
            "at",
            "9",
            "9:30pm",
            "-",
            "to",
            "and",
            ",",
            "until",
            "for",
            "5",
            "days",
            "in",
            "minutes",
            "hours",
            "weeks",
            "next",
            "tomorrow",
            "tonight",
            "31",
            "february",
            "2026-13-40",
            "12/31/9999",
            "99:99",
            "utc",
            "est",
            "0",
            "*",
            "*/5",
            "quarter",
        ]
    ),
    max_size=12,
).map(" ".join)


@settings(max_examples=300, deadline=None)
@given(text=st.one_of(st.text(max_size=120), _PIECES))
def test_reading_a_time_never_fails(text: str) -> None:
    spoken = read_schedule(text, NOW, ZONE)
    if spoken is not None:
        assert describe_schedule(spoken.schedule, NOW, ZONE)
        assert 0 <= spoken.start < spoken.end
