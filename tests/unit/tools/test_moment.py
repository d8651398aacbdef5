"""Moments are read strictly and in the zone that is meant."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from pydantic import JsonValue

from core.errors import RejectedError
from tools.moment import at_local, duration_text, parse_moment, time_of_day, zone_of

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-12-03", "2026-12-03T00:00:00+01:00"),
        ("2026-12-03 09:30", "2026-12-03T09:30:00+01:00"),
        ("2026-12-03T09:30:00Z", "2026-12-03T10:30:00+01:00"),
        ("Thu, 03 Dec 2026 09:30:00 -0500", "2026-12-03T15:30:00+01:00"),
        (1_796_290_200, "2026-12-03T10:30:00+01:00"),
        (1_796_290_200_000, "2026-12-03T10:30:00+01:00"),
    ],
)
def test_the_usual_forms_are_read(value: JsonValue, expected: str) -> None:
    assert parse_moment(value, BERLIN).isoformat() == expected


@pytest.mark.parametrize(
    "value", ["", "soon", "2026-13-01", "99", None, True, [], {}, 1e300, "12/03/2026x", "9" * 5000]
)
def test_what_is_no_moment_is_said(value: JsonValue) -> None:
    with pytest.raises(RejectedError, match="is not a date"):
        parse_moment(value, UTC)


@pytest.mark.parametrize(
    ("text", "expected"), [("9:30", time(9, 30)), ("23:59:01", time(23, 59, 1)), (" 00:00 ", time(0))]
)
def test_times_of_day_are_read(text: str, expected: time) -> None:
    assert time_of_day(text) == expected


@pytest.mark.parametrize("text", ["24:00", "9", "9:3", "9.30", "٩:٣٠", "1:2:3:4", "2026-12-03T09:30"])
def test_what_is_no_time_of_day_gives_none(text: str) -> None:
    assert time_of_day(text) is None


def test_a_skipped_local_time_is_the_first_moment_after_the_gap() -> None:
    assert at_local(date(2027, 3, 28), time(2, 30), BERLIN).isoformat() == "2027-03-28T03:00:00+02:00"
    lord_howe = ZoneInfo("Australia/Lord_Howe")  # its gap is half an hour
    assert at_local(date(2026, 10, 4), time(2, 15), lord_howe).isoformat() == "2026-10-04T02:30:00+11:00"


def test_a_local_time_that_occurs_twice_is_the_first() -> None:
    assert at_local(date(2026, 10, 25), time(2, 30), BERLIN).astimezone(UTC) == datetime(
        2026, 10, 25, 0, 30, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("name", "zone"), [("Tokyo", "Asia/Tokyo"), ("new  york", "America/New_York"), ("Europe/Berlin", "Europe/Berlin")]
)
def test_a_zone_is_known_by_its_place(name: str, zone: str) -> None:
    assert str(zone_of(name, UTC)) == zone


@pytest.mark.parametrize("name", ["Mars/Olympus", "../../etc/passwd", "/etc/passwd", "Europe", "a\0b"])
def test_what_is_no_zone_is_said(name: str) -> None:
    with pytest.raises(RejectedError, match="is not a time zone"):
        zone_of(name, UTC)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 seconds"), (1, "1 second"), (3600, "1 hour"), (90_061, "1 day 1 hour"), (-120, "2 minutes")],
)
def test_durations_are_told_in_their_two_largest_units(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text
