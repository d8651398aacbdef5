"""Turns the status of an HTTP answer into the step errors. Reads no bodies but for a short excerpt."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import urlsplit

from core.errors import (
    ConnectionNeededError,
    RateLimitedError,
    RejectedError,
    StepError,
    TimedOutError,
    UnavailableError,
)
from tools.markup import text_of
from tools.outbound import HttpResponse
from tools.redact import Redactor

_EXCERPT = 200
_LONGEST_WAIT_S = 86_400.0


def raise_for_status(
    response: HttpResponse,
    *,
    expected: Collection[int] = (),
    connector: str = "",
    now: datetime | None = None,
) -> HttpResponse:
    """Return an answer with a status below 400 or an expected one; raise what any other status means.

    `connector` names the account that was used: then 401 and 403 ask to connect it anew. `now` serves a Retry-After that
    is a date, when the answer has no Date of its own.
    """
    status = response.status
    if status in expected or (not expected and status < HTTPStatus.BAD_REQUEST):
        return response
    raise _error(response, connector, now)


def _error(response: HttpResponse, connector: str, now: datetime | None) -> StepError:
    status = response.status
    said = describe(response)
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        if connector:
            return ConnectionNeededError(said, connector=connector)
        return RejectedError(said, advice="The address wants credentials; connect an account that may do this.")
    if status == HTTPStatus.TOO_MANY_REQUESTS or (status == HTTPStatus.SERVICE_UNAVAILABLE and _wait_s(response, now)):
        return RateLimitedError(said, retry_after_s=_wait_s(response, now))
    if status == HTTPStatus.REQUEST_TIMEOUT:
        return TimedOutError(said, retry_after_s=_wait_s(response, now))
    if status == HTTPStatus.TOO_EARLY or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        advice = "The service has a problem of its own; it is tried again by itself."
        return UnavailableError(said, advice=advice, retry_after_s=_wait_s(response, now))
    return RejectedError(said)


def describe(response: HttpResponse) -> str:
    """Return e.g. "example.com answered 404 Not Found: no such page", with a short, redacted excerpt of the body."""
    try:
        phrase = f" {HTTPStatus(response.status).phrase}"
    except ValueError:
        phrase = ""
    said = f"{urlsplit(response.url).hostname or 'The service'} answered {response.status}{phrase}"
    excerpt = _excerpt(response)
    return f"{said}: {excerpt}" if excerpt else f"{said}."


def _excerpt(response: HttpResponse) -> str:
    if b"\0" in response.body[:1000]:
        return ""
    text = response.text[:20_000]
    if "html" in response.headers.get("content-type", ""):
        text = text_of(text)
    text = Redactor().text(" ".join(text.split()))
    return text if len(text) <= _EXCERPT else f"{text[:_EXCERPT]}…"


def _wait_s(response: HttpResponse, now: datetime | None) -> float | None:
    """Return the seconds of a Retry-After header (RFC 9110, 10.2.3), at most a day; None without a usable one."""
    value = response.headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), _LONGEST_WAIT_S)
    until = _date(value)
    sent = _date(response.headers.get("date", "")) or now
    if until is None or sent is None:
        return None
    return min(max((until - sent).total_seconds(), 0.0), _LONGEST_WAIT_S)


def _date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
