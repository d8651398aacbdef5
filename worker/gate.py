"""Whether a service may be called now: the port that is asked before an attempt begins, and told afterwards how it went.

A service is a connection, or the host of a plain web address. One that is down stops being called, by any worker; one with
a limit is called no faster. Only what speaks of the service's health counts: that it refuses a request does not. Knows no
run; what becomes of an attempt that is held back is for `worker.unit` to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from urllib.parse import urlsplit

from core.errors import OutcomeUnknownError, RetryableError, StepError
from core.rate import Rate
from tools.connector import Connector
from tools.source import AnySourceType
from tools.step import AnyStepType, StepParams
from worker.attempt import Failed, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Something outside that steps call. `name` is shown to people."""

    key: str
    name: str
    rate: Rate | None = None


class Why(StrEnum):
    """Why an attempt is held back: the service does not answer, it asked for a pause, or its limit is reached."""

    DOWN = "down"
    BUSY = "busy"
    LIMIT = "limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """The attempt may ask again after so long."""

    wait_s: float
    why: Why


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What an attempt showed of a service: that it works, that it does not, or nothing at all (`is_well` none).

    `pause_s` is how long it asks to be left alone.
    """

    is_well: bool | None
    pause_s: float = 0.0


class Gate(Protocol):
    """Shared by all workers. Where it cannot be asked, everything passes."""

    async def enter(self, service: Service, *, ticket: str, timeout_s: float) -> Hold | None:
        """None lets an attempt begin; `leave` is to be called when it has ended, at the latest after `timeout_s`.

        `ticket` names what wants to begin: it keeps the place that it was given in a limit.
        """
        ...

    async def leave(self, service: Service, health: Health) -> None: ...


class RateLimiter(Protocol):
    """Counts what arrives, shared by all processes. Where it cannot be asked, everything is allowed."""

    async def allow(self, key: str, rate: Rate) -> float:
        """Return 0 and count it, or after how many seconds it would be allowed."""
        ...


class OpenGate:
    """Lets everything through."""

    async def enter(self, service: Service, *, ticket: str, timeout_s: float) -> Hold | None:  # noqa: ARG002  the port
        return None

    async def leave(self, service: Service, health: Health) -> None:
        """Nothing is remembered."""


def service_of(
    called: AnyStepType | AnySourceType,
    params: StepParams,
    *,
    connections: Mapping[str, str],
    connectors: Mapping[str, Connector],
) -> Service | None:
    """Return what an attempt or a look will call; none when it stays on this machine."""
    host = _host(called.address(params)) if called.address is not None else ""
    name = called.connector or ""
    if name in connections:
        connector = connectors.get(name)
        title = connector.title if connector else name
        return Service(
            key=f"connection:{connections[name]}", name=host or title, rate=connector.rate if connector else None
        )
    return Service(key=f"host:{host}", name=host) if host else None


def health_of(outcome: Outcome) -> Health:
    """Return what the end of an attempt says of the service that it called."""
    if not isinstance(outcome, Failed):
        return Health(is_well=True)
    error = outcome.error
    if outcome.is_ours:
        return Health(is_well=None)
    if isinstance(error, RetryableError):
        return Health(is_well=False, pause_s=max(0.0, error.retry_after_s or 0.0))
    if isinstance(error, OutcomeUnknownError):
        return Health(is_well=False)
    return Health(is_well=True if isinstance(error, StepError) else None)


def _host(address: str) -> str:
    try:
        return urlsplit(address.strip()).netloc.rpartition("@")[2].lower()
    except ValueError:
        return ""
