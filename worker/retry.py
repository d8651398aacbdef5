"""Whether a failed attempt is tried again, and when. A value in, a value out: sleeps nowhere, raises nothing."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from catalog.workflow import RetryableCause, RetrySpec
from core.errors import (
    ErrandError,
    OutcomeUnknownError,
    RateLimitedError,
    RejectedError,
    RetryableError,
    TimedOutError,
    UnavailableError,
)
from tools.step import Effect

LONGEST_RETRY_AFTER_S = 86_400.0
"""A service that asks for more than a day is not waited for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """Try once more after a delay."""

    delay_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveUp:
    """Trying again would not help, was done often enough, or asks for more patience than we have."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential backoff with full jitter: a random delay between nothing and a bound that grows by a factor each time.

    Full jitter spreads the callers of a service that just came back best
    (Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog).
    """

    spec: RetrySpec
    random: Random

    def decide(self, error: ErrandError, attempt: int) -> Again | GiveUp:
        """`attempt` counts from 1. What a service asks for by Retry-After is never undercut."""
        if attempt >= self.spec.attempts or _word(error) not in self.spec.on:
            return GiveUp()
        bound_s = min(self.spec.longest_delay_s, self.spec.first_delay_s * self.spec.factor ** (attempt - 1))
        delay_s = self.random.uniform(0, bound_s) if self.spec.jitter == "full" else bound_s
        retry_after_s = error.retry_after_s if isinstance(error, RetryableError) else None
        if retry_after_s is None:
            return Again(delay_s=delay_s)
        if retry_after_s > LONGEST_RETRY_AFTER_S:
            return GiveUp()
        return Again(delay_s=max(0.0, retry_after_s) + delay_s)


def _word(error: ErrandError) -> RetryableCause | None:
    """What an error is called under `retry.on`; none for one after which no step is tried again."""
    match error:
        case TimedOutError():
            return "timeout"
        case UnavailableError():
            return "unavailable"
        case RateLimitedError():
            return "rate_limited"
        case RetryableError():
            return "temporary"
        case RejectedError():
            return "rejected"
    return None


def as_known(error: ErrandError, effect: Effect) -> ErrandError:
    """Return what an error means for this effect: a step that must happen once and timed out may have happened."""
    if effect is Effect.ONCE and isinstance(error, TimedOutError):
        return OutcomeUnknownError(f"{error.message.rstrip('.')}: it may or may not have happened.")
    return error
