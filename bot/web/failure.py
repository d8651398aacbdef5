"""Errors as the HTTP interface says them: a status and `{"error": {"message", "advice", "reference"}}`."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from bot.web.wire import Failure, Problem
from core.errors import (
    BlockedError,
    ErrandError,
    NotAllowedError,
    NotFoundError,
    RejectedError,
    SignatureError,
    StaleError,
    UserError,
)
from core.ids import new_id

_LOG = logging.getLogger(__name__)
_STATUS: dict[type[ErrandError], int] = {
    NotFoundError: 404,
    SignatureError: 401,
    NotAllowedError: 403,
    BlockedError: 403,
    StaleError: 409,
    RejectedError: 422,
    UserError: 400,
    ErrandError: 503,
}

_ADVICE = {413: "Send less at once."}


class NotSignedInError(UserError):
    """You are not signed in."""

    cause = "session"
    advice = "Open the sign-in link that Errand gave you."


class TooManyError(UserError):
    """That is too often."""

    cause = "too often"
    advice = "Send it again later; the header Retry-After says when."

    def __init__(self, wait_s: float) -> None:
        super().__init__()
        self.retry_after_s = max(1, math.ceil(wait_s))


def status_of(error: ErrandError) -> int:
    if isinstance(error, NotSignedInError):
        return 401
    if isinstance(error, TooManyError):
        return 429
    return next(status for kind, status in _STATUS.items() if isinstance(error, kind))


def problem_of(error: Exception) -> Problem:
    """What may be said of an error. One that is not ours is a bug: it is logged here, once, with a reference."""
    if isinstance(error, ErrandError):
        return Problem(message=error.message, advice=error.advice)
    reference = new_id("bug")
    _LOG.error("%s", reference, exc_info=error)
    return Problem(
        message="Something went wrong inside Errand.",
        advice=f"Try again. If it happens again, give whoever runs this Errand the reference {reference}.",
        reference=reference,
    )


def answer(status: int, problem: Problem) -> JSONResponse:
    return JSONResponse(Failure(error=problem).model_dump(), status_code=status)


def answer_of(error: Exception) -> JSONResponse:
    """The answer to any error that reached the edge."""
    if isinstance(error, RequestValidationError):
        is_json = all(detail["type"] != "json_invalid" for detail in error.errors())
        return answer(422 if is_json else 400, _invalid(error.errors()))
    if isinstance(error, HTTPException):
        return answer(error.status_code, Problem(message=_phrase(error), advice=_ADVICE.get(error.status_code, "")))
    answered = answer(status_of(error) if isinstance(error, ErrandError) else 500, problem_of(error))
    if isinstance(error, TooManyError):
        answered.headers["Retry-After"] = str(error.retry_after_s)
    return answered


def invalid_frame(error: ValidationError) -> Problem:
    """The same for a frame of the stream."""
    return _invalid(error.errors(include_url=False))


def _invalid(details: Sequence[Any]) -> Problem:
    lines = [
        f"{'.'.join(str(place) for place in detail['loc'] if place != 'body')}: {detail['msg']}".removeprefix(": ")
        for detail in details[:5]
    ]
    return Problem(message="; ".join(lines), advice="The interface is described at /openapi.json.")


def _phrase(error: HTTPException) -> str:
    detail = str(error.detail)
    return f"{HTTPStatus(error.status_code).phrase}." if detail == HTTPStatus(error.status_code).phrase else detail
