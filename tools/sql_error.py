"""What a database's failure means for a step, told from its SQLSTATE, its class and its words. Imports no driver."""

from __future__ import annotations

from collections.abc import Iterable

from core.errors import ConnectionNeededError, RejectedError, StepError, TimedOutError, UnavailableError

_LIMIT_MESSAGE = 300
_UNREACHABLE_WORDS = (
    "could not connect",
    "can't connect",
    "connection refused",
    "connection was closed",
    "connection is closed",
    "server closed",
    "lost connection",
    "gone away",
    "name or service not known",
    "database is locked",
    "too many connections",
    "deadlock",
)
_LOGIN_WORDS = ("password", "authentication", "access denied", "login failed", "role", "no pg_hba")
_CLASS_LOGIN = ("28", "3D")
_CLASS_FOR_NOW = ("08", "53", "57", "40", "55")


def step_error(error: BaseException, secrets: Iterable[str]) -> StepError:
    """Return the step error for what a driver or SQLAlchemy raised. Secrets are struck from its words."""
    cause = getattr(error, "orig", None) or error
    message = _message(cause, secrets)
    state = str(getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None) or "")
    words = message.lower()
    if state == "57014" or "interrupted" in words or isinstance(cause, TimeoutError):
        return TimedOutError("The database did not finish in time.")
    if state.startswith(_CLASS_LOGIN) or (not state and any(word in words for word in _LOGIN_WORDS)):
        return ConnectionNeededError(
            f"The database refuses the login: {message}", connector="sql", advice="Connect the database again."
        )
    if state.startswith(_CLASS_FOR_NOW) or isinstance(cause, OSError) or any(it in words for it in _UNREACHABLE_WORDS):
        return UnavailableError(f"The database cannot be reached or is busy: {message}")
    return RejectedError(f"The database refuses the statement: {message}")


def _message(error: BaseException, secrets: Iterable[str]) -> str:
    """Return an error's first line, without a driver's class names and without secrets."""
    lines = str(error).strip().splitlines()
    message = lines[0] if lines else type(error).__name__
    message = message.rpartition(">: ")[2] if message.startswith("<class") else message
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        message = message.replace(secret, "•••")
    return message[:_LIMIT_MESSAGE].rstrip(".") + "."
