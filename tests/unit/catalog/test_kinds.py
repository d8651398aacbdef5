from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from catalog.kind import KINDS, check_value, show_value
from catalog.workflow import Parameter
from core.errors import InvalidValueError

BERLIN = ZoneInfo("Europe/Berlin")
OPTIONS = ["daily", "weekly", "every month"]


def parameter(kind: str, **fields: Any) -> Parameter:
    options = OPTIONS if kind == "choice" else []
    return Parameter(**{"kind": kind, "ask": "?", "options": options, **fields})


def check(kind: str, value: Any, **fields: Any) -> JsonValue:
    return check_value(value, parameter(kind, **fields), BERLIN)


def problem(kind: str, value: Any, **fields: Any) -> str:
    with pytest.raises(InvalidValueError) as caught:
        check(kind, value, **fields)
    return caught.value.message


def test_every_kind_of_the_table_exists_and_takes_its_own_example() -> None:
    assert len(KINDS) == 24
    for kind in KINDS.values():
        if kind.name != "recurrence":  # its example is a sentence, which the interpreters read
            assert check(kind.name, kind.example) is not None


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("text", "  hello\n world ", "hello  world"),
        ("text", "${{ x }} {{ y }}", "${{ x }} {{ y }}"),
        ("text", "a\u200bb", "a\u200bb"),
        ("text", "a\x00\x1bb", "ab"),
        ("text", 42, "42"),
        ("long_text", "a\r\nb\n", "a\nb\n"),
        ("long_text", "x" * 20_000, "x" * 20_000),
        ("number", "1,234.5", 1234.5),
        ("number", "1.234,5", 1234.5),
        ("number", "1,234", 1234),
        ("number", "-3", -3),
        ("number", "12.0", 12),
        ("integer", "3.0", 3),
        ("integer", "１２", 12),
        ("yes_no", "Yes", True),
        ("yes_no", "nope", False),
        ("yes_no", True, True),
        ("money", "€12", {"amount": "12.00", "currency": "EUR"}),
        ("money", "$1,200.50", {"amount": "1200.50", "currency": "USD"}),
        ("money", "12 euros", {"amount": "12.00", "currency": "EUR"}),
        ("money", "5000 jpy", {"amount": "5000", "currency": "JPY"}),
        ("money", {"amount": "3", "currency": "GBP"}, {"amount": "3.00", "currency": "GBP"}),
        ("email", "Ana <ana@example.com>", "ana@example.com"),
        ("email", "a\u200bna@exa\u200bmple.com", "ana@example.com"),
        ("email", "mailto:ana@example.com", "ana@example.com"),
        ("email", "ana@mail.local", "ana@mail.local"),
        ("emails", "a@b.co, c@d.co and Ben B <e@f.co>; A@b.co", ["a@b.co", "c@d.co", "e@f.co"]),
        ("emails", ["a@b.co"], ["a@b.co"]),
        ("emails", "a@b.co c@d.co", ["a@b.co", "c@d.co"]),
        ("url", "example.com", "https://example.com"),
        ("url", "HTTPS://Exämple.com/ä b?q=ü", "https://xn--exmple-cua.com/%C3%A4%20b?q=%C3%BC"),
        ("url", "localhost:8080/x", "http://localhost:8080/x"),
        ("url", "http://[::1]:80/", "http://[::1]:80/"),
        ("phone", "0049 (30) 1234567", "+49301234567"),
        ("date", "3 Dec 2026", "2026-12-03"),
        ("date", "December 3rd, 2026", "2026-12-03"),
        ("date", "03.12.2026", "2026-12-03"),
        ("date", "13/4/2026", "2026-04-13"),
        ("date", "4/13/2026", "2026-04-13"),
        ("time", "9:30 pm", "21:30"),
        ("time", "9am", "09:00"),
        ("time", "12am", "00:00"),
        ("time", "noon", "12:00"),
        ("time", "9h30", "09:30"),
        ("datetime", "2026-12-03T08:30Z", "2026-12-03T09:30:00+01:00"),
        ("datetime", "2026-12-03 09:30", "2026-12-03T09:30:00+01:00"),
        ("datetime", "3 Dec 2026 at 9:30 pm", "2026-12-03T21:30:00+01:00"),
        ("datetime", "2027-03-28 02:30", "2027-03-28T03:00:00+02:00"),
        ("duration", "5 minutes", 300),
        ("duration", "1h30", 5400),
        ("duration", "half an hour", 1800),
        ("duration", "P1DT2H", 93_600),
        ("duration", 90, 90),
        ("duration", "1:30", 5400),
        ("recurrence", "0 9 * * 1", {"cron": "0 9 * * 1", "timezone": "Europe/Berlin"}),
        ("recurrence", {"rrule": "freq=daily"}, {"rrule": "FREQ=DAILY", "timezone": "UTC"}),
        ("time_zone", "europe/berlin", "Europe/Berlin"),
        ("time_zone", "New York", "America/New_York"),
        ("time_zone", "pacific time", "America/Los_Angeles"),
        ("time_zone", "UTC+2", "Etc/GMT-2"),
        ("channel", "General", "#general"),
        ("channel", "slack:C0123", "slack:C0123"),
        ("person", "ana", "@ana"),
        ("file", "a\\b//./c.csv", "a/b/c.csv"),
        ("choice", "WEEKLY", "weekly"),
        ("choice", "wekly", "weekly"),
        ("choice", "month", "every month"),
        ("list", "milk, eggs and bread", ["milk", "eggs", "bread"]),
        ("list", "- milk\n- eggs", ["milk", "eggs"]),
        ("list", ["a", 1], ["a", "1"]),
        ("key_value", "name = Ana, city: Rome", {"name": "Ana", "city": "Rome"}),
        ("key_value", "url: https://example.com, b=2", {"url": "https://example.com", "b": "2"}),
        ("key_value", {"a": 1, "b": True}, {"a": "1", "b": "true"}),
        ("json_object", '{"ok": 1, "at": {"on": [true, null]}}', {"ok": 1, "at": {"on": [True, None]}}),
        ("json_object", "status=done, id=7, zip=04109", {"status": "done", "id": 7, "zip": "04109"}),
        ("json_object", {"id": "7"}, {"id": "7"}),
    ],
)
def test_clumsy_input_gets_its_canonical_form(kind: str, value: Any, expected: object) -> None:
    assert check(kind, value) == expected


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("email", "ana@", "“ana@” is not an e-mail address; write it like name@example.com."),
        ("email", "ana@localhost", "“ana@localhost” is not an e-mail address; write it like name@example.com."),
        ("emails", "ana@example.com, ben", "“ben” is not an e-mail address; write it like name@example.com."),
        ("text", "", "It is empty; write at least a word."),
        ("text", "x" * 501, "It is too long: 501 of at most 500 characters."),
        ("long_text", "x" * 20_001, "It is too long: 20,001 of at most 20,000 characters."),
        ("number", "abc", "“abc” is not a number; write it like 12 or 12.5."),
        ("number", float("nan"), "That is not a number; write it like 12 or 12.5."),
        ("integer", "3.5", "“3.5” is not a whole number; write it like 4."),
        ("yes_no", "perhaps", "“perhaps” is neither yes nor no; answer yes or no."),
        ("money", "12.50", "“12.50” has no currency; write it like 12.50 EUR."),
        ("money", "12 bananas", "“bananas” is not a currency; write it like 12.50 EUR."),
        ("money", "1.5 JPY", "JPY has no decimal places; write it like 2 JPY."),
        ("url", "ftp://x.org", "“ftp://x.org” is not a web address; it must begin with https:// or http://."),
        (
            "url",
            "javascript:alert(1)",
            "“javascript:alert(1)” is not a web address; it must begin with https:// or http://.",
        ),
        ("url", "https://u:p@x.org", "A web address must not hold a password; connect the account instead."),
        ("url", "word", "“word” is not a web address; write it like https://example.com."),
        (
            "phone",
            "12345",
            "“12345” is not a complete phone number; write it with the country's code, like +49 30 1234567.",
        ),
        ("date", "tomorrow", "“tomorrow” is not a date; write it like 2026-12-03 or 3 Dec 2026."),
        ("date", "3/4/2026", "“3/4/2026” can be read in two ways; write it like 2026-12-03 or 3 Dec 2026."),
        ("date", "2026-02-30", "“2026-02-30” is not a date; write it like 2026-12-03 or 3 Dec 2026."),
        ("time", "25:00", "“25:00” is not a time of day; write it like 09:30 or 9:30 pm."),
        ("datetime", "2026-12-03", "“2026-12-03” is not a date and time; write it like 2026-12-03 09:30."),
        ("duration", "5 bananas", "“5 bananas” is not a duration; write it like 5 minutes, 1h30 or 2 days."),
        (
            "time_zone",
            "Mars",
            "“Mars” is not a time zone that is known here; write it like Europe/Berlin, or a large city.",
        ),
        ("channel", "two words", "“two words” does not fit; write a channel like #general."),
        (
            "file",
            "../etc/passwd",
            "“../etc/passwd” leads outside; write a path inside the files folder, like reports/sales.csv.",
        ),
        (
            "file",
            "C:\\x.txt",
            "“C:/x.txt” leads outside; write a path inside the files folder, like reports/sales.csv.",
        ),
        ("file", "a/", "“a/” is a folder; write a path inside the files folder, like reports/sales.csv."),
        ("choice", "x", "“x” is none of them; choose daily, weekly or every month."),
        ("list", "", "It is empty; write the entries with commas between them."),
        ("key_value", "nothing", "“nothing” is not a pair; write pairs like name = Ana, city = Rome."),
    ],
)
def test_what_does_not_fit_is_told_what_would(kind: str, value: Any, expected: str) -> None:
    assert problem(kind, value) == expected


@pytest.mark.parametrize(
    ("kind", "value", "fields", "expected"),
    [
        ("number", 5, {"minimum": 10}, "It must be at least 10."),
        ("number", 5, {"maximum": 1}, "It can be at most 1."),
        ("integer", 5, {"minimum": 10, "maximum": 20}, "It must be between 10 and 20."),
        ("duration", "1 second", {"minimum": 60}, "It must be at least 1 minute."),
        ("money", "5 EUR", {"minimum": 10}, "It must be at least 10 EUR."),
        ("text", "abc", {"maximum": 2}, "It can be at most 2 characters."),
        ("list", "a, b, c", {"maximum": 2}, "It can be at most 2 entries."),
        ("money", "5 USD", {"options": ["EUR", "GBP"]}, "It must be in EUR, GBP."),
    ],
)
def test_minimum_maximum_and_options_are_respected(
    kind: str, value: Any, fields: dict[str, Any], expected: str
) -> None:
    assert problem(kind, value, **fields) == expected


def test_money_without_a_currency_takes_the_first_allowed_one() -> None:
    assert check("money", "5", options=["GBP", "EUR"]) == {"amount": "5.00", "currency": "GBP"}


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "\x00",
        "\u200b",
        "\ud800",
        "x" * 100_000,
        True,
        None,
        [],
        {},
        [[]],
        [None],
        {"a": []},
        1e308,
        10**30,
        "٣",
        "💥",
        "&",
    ],
)
def test_nothing_hostile_ends_in_anything_but_a_stable_value_or_our_error(kind: str, value: Any) -> None:
    with suppress(InvalidValueError):
        found = check(kind, value)
        assert check(kind, found) == found


def test_values_are_shown_as_people_read_them() -> None:
    shown = {
        ("money", "12.5 EUR"): "12.50 EUR",
        ("duration", 3660): "1 hour 1 minute",
        ("duration", 0): "0 seconds",
        ("datetime", "2026-12-03T08:30Z"): "Thu 3 Dec 2026, 09:30",
        ("date", "2026-12-03"): "Thu 3 Dec 2026",
        ("emails", "a@b.co c@d.co"): "a@b.co, c@d.co",
        ("yes_no", False): "no",
        ("phone", "+49301234567"): "+49 30 1234567",
        ("key_value", "a=1, b=2"): "a = 1, b = 2",
        ("recurrence", "0 9 * * 1"): "0 9 * * 1 (Europe/Berlin)",
    }
    for (kind, value), expected in shown.items():
        assert show_value(check(kind, value), parameter(kind), BERLIN) == expected
    assert show_value(None, parameter("text"), BERLIN) == ""


def reads_back(kind: str, value: Any) -> None:
    """What is shown is read again as the same value, so that a form can be filled with it."""
    found = check(kind, value)
    assert check(kind, found) == found
    assert check(kind, show_value(found, parameter(kind), BERLIN)) == found


LINE = st.text(min_size=1, max_size=40).filter(lambda text: text.strip() and text.isprintable())


@settings(deadline=None)
@given(LINE)
def test_texts_read_back(text: str) -> None:
    reads_back("text", text)
    reads_back("long_text", text)


@settings(deadline=None)
@given(st.floats(min_value=-1e12, max_value=1e12))
def test_numbers_read_back(number: float) -> None:
    reads_back("number", number)


@settings(deadline=None)
@given(st.integers(min_value=-(2**53), max_value=2**53))
def test_whole_numbers_read_back(number: int) -> None:
    reads_back("integer", number)


@settings(deadline=None)
@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2), st.sampled_from(["EUR", "USD", "PLN"]))
def test_money_reads_back(amount: object, currency: str) -> None:
    reads_back("money", f"{amount} {currency}")


@settings(deadline=None)
@given(st.integers(min_value=0, max_value=10 * 365 * 86_400))
def test_durations_read_back(seconds: int) -> None:
    reads_back("duration", seconds)


@settings(deadline=None)
@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2200, 12, 31)))
def test_dates_read_back(day: date) -> None:
    reads_back("date", day.isoformat())


@settings(deadline=None)
@given(st.times())
def test_times_read_back(moment: Any) -> None:
    reads_back("time", f"{moment:%H:%M}")


@settings(deadline=None)
@given(st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2100, 1, 1)))
def test_moments_read_back_unless_their_local_time_occurs_twice(moment: datetime) -> None:
    aware = moment.replace(microsecond=0, tzinfo=UTC).astimezone(BERLIN)
    if aware.replace(fold=1 - aware.fold).utcoffset() == aware.utcoffset():
        reads_back("datetime", aware.isoformat())


@settings(deadline=None)
@given(st.lists(LINE, min_size=1, max_size=5))
def test_lists_read_back(items: list[str]) -> None:
    reads_back("list", items)


@settings(deadline=None)
@given(st.dictionaries(LINE, LINE, min_size=1, max_size=5))
def test_pairs_read_back(pairs: dict[str, str]) -> None:
    reads_back("key_value", pairs)


@settings(deadline=None)
@given(st.emails())
def test_an_address_that_is_taken_is_taken_again(address: str) -> None:
    with suppress(InvalidValueError):
        found = check("email", address)
        assert check("email", found) == found


def test_a_moment_in_the_future_is_not_needed_to_read_a_date() -> None:
    """Nothing here knows what day it is."""
    long_ago = (datetime(2026, 12, 2, tzinfo=UTC) - timedelta(days=9000)).date()
    assert check("date", long_ago.isoformat()) == long_ago.isoformat()
