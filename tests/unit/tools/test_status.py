"""What the status of an answer means."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from core.errors import (
    ConnectionNeededError,
    RateLimitedError,
    RejectedError,
    RetryableError,
    StepError,
    TimedOutError,
    UnavailableError,
)
from tools.outbound import HttpResponse
from tools.status import describe, raise_for_status

NOW = datetime(2026, 12, 2, 10, 0, tzinfo=UTC)


def answer(status: int, body: bytes = b"", **headers: str) -> HttpResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpResponse(status=status, headers=named, body=body, url="https://api.example.com/x")


@pytest.mark.parametrize("status", [200, 201, 204, 301, 304, 399])
def test_success_is_returned(status: int) -> None:
    response = answer(status)
    assert raise_for_status(response) is response


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, RejectedError),
        (401, RejectedError),
        (403, RejectedError),
        (404, RejectedError),
        (408, TimedOutError),
        (409, RejectedError),
        (422, RejectedError),
        (425, UnavailableError),
        (429, RateLimitedError),
        (500, UnavailableError),
        (503, UnavailableError),
        (599, UnavailableError),
        (799, UnavailableError),
    ],
)
def test_each_failure_has_its_kind(status: int, kind: type[StepError]) -> None:
    with pytest.raises(StepError) as caught:
        raise_for_status(answer(status))
    assert type(caught.value) is kind
    assert f"api.example.com answered {status}" in caught.value.message


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_account_must_be_connected_anew(status: int) -> None:
    with pytest.raises(ConnectionNeededError) as caught:
        raise_for_status(answer(status), connector="http")
    assert caught.value.connector == "http"


def test_only_expected_statuses_pass_when_some_are_named() -> None:
    assert raise_for_status(answer(404), expected=[404]).status == 404
    with pytest.raises(RejectedError, match="answered 200 OK"):
        raise_for_status(answer(200), expected=[404])


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({"retry_after": "7"}, 7.0),
        ({"retry_after": "999999999999999999999"}, 86_400.0),
        ({"retry_after": "Wed, 02 Dec 2026 10:01:30 GMT"}, 90.0),
        ({"retry_after": "Wed, 02 Dec 2026 10:01:30 GMT", "date": "Wed, 02 Dec 2026 10:01:00 GMT"}, 30.0),
        ({"retry_after": "Wed, 02 Dec 2026 09:00:00 GMT"}, 0.0),
        ({"retry_after": "soon"}, None),
        ({"retry_after": "-5"}, None),
        ({"retry_after": "Wed, 99 Dec 2026 25:61:00 GMT"}, None),
        ({}, None),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_read_as_seconds_or_as_a_date(
    status: int, headers: dict[str, str], wait_s: float | None
) -> None:
    with pytest.raises(RetryableError) as caught:
        raise_for_status(answer(status, b"", **headers), now=NOW)
    assert caught.value.retry_after_s == wait_s


def test_the_message_has_a_short_clean_excerpt() -> None:
    page = b"<html><head><style>x{}</style></head><body><h1>No</h1><p>token=abcdef12345</p>" + b"y " * 500
    said = describe(answer(404, page, content_type="text/html"))
    assert said.startswith("api.example.com answered 404 Not Found: No token=••• y y")
    assert len(said) < 260
    assert describe(answer(404, b"\0\1\2")) == "api.example.com answered 404 Not Found."
    assert describe(answer(799)) == "api.example.com answered 799."
