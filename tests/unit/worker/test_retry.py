"""When an attempt is tried again."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.workflow import RetrySpec
from core.errors import (
    BlockedError,
    OutcomeUnknownError,
    RateLimitedError,
    RejectedError,
    RetryableError,
    TimedOutError,
    UnavailableError,
)
from tools.step import Effect
from worker.retry import Again, GiveUp, RetryPolicy, as_known


def policy(**spec: object) -> RetryPolicy:
    return RetryPolicy(RetrySpec.model_validate(spec), Random(7))


@given(attempt=st.integers(1, 19), seed=st.integers())
def test_the_delay_grows_up_to_a_bound_and_is_jittered(attempt: int, seed: int) -> None:
    spec = RetrySpec(attempts=20, first_delay_s=1, factor=2, longest_delay_s=60)
    decision = RetryPolicy(spec, Random(seed)).decide(UnavailableError(), attempt)
    assert isinstance(decision, Again)
    assert 0 <= decision.delay_s <= min(60, 2 ** (attempt - 1))


def test_two_callers_do_not_come_back_at_the_same_moment() -> None:
    retry = policy(first_delay_s=10)
    assert retry.decide(UnavailableError(), 1) != retry.decide(UnavailableError(), 1)


def test_retry_after_is_never_undercut() -> None:
    decision = policy(first_delay_s=1).decide(RateLimitedError(retry_after_s=30), 1)
    assert isinstance(decision, Again)
    assert 30 <= decision.delay_s <= 31


def test_a_service_that_asks_for_days_is_not_waited_for() -> None:
    assert policy().decide(RateLimitedError(retry_after_s=200_000), 1) == GiveUp()


def test_the_last_attempt_gives_up() -> None:
    assert isinstance(policy(attempts=2).decide(UnavailableError(), 1), Again)
    assert policy(attempts=2).decide(UnavailableError(), 2) == GiveUp()


@pytest.mark.parametrize("error", [RejectedError(), BlockedError(), OutcomeUnknownError()])
def test_what_would_fail_again_is_not_tried_again(error: Exception) -> None:
    assert policy(attempts=9).decide(error, 1) == GiveUp()  # type: ignore[arg-type]


def test_a_timeout_of_something_that_must_happen_once_is_an_unknown_outcome() -> None:
    assert isinstance(as_known(TimedOutError(), Effect.ONCE), OutcomeUnknownError)
    assert isinstance(as_known(TimedOutError(), Effect.IDEMPOTENT), TimedOutError)
    assert isinstance(as_known(UnavailableError(), Effect.ONCE), UnavailableError)


WORDS = {
    "timeout": TimedOutError(),
    "unavailable": UnavailableError(),
    "rate_limited": RateLimitedError(),
    "temporary": RetryableError(),
    "rejected": RejectedError(),
}


@pytest.mark.parametrize("word", WORDS)
def test_a_step_is_tried_again_after_the_errors_that_it_names_and_no_others(word: str) -> None:
    retry = policy(on=[word])
    assert {name for name, error in WORDS.items() if isinstance(retry.decide(error, 1), Again)} == {word}


def test_a_step_that_names_none_is_tried_again_after_whatever_may_pass() -> None:
    assert {name for name, error in WORDS.items() if isinstance(policy().decide(error, 1), Again)} == WORDS.keys() - {
        "rejected"
    }
    assert policy(on=[]).decide(UnavailableError(), 1) == GiveUp()


@given(attempt=st.integers(1, 19))
def test_without_jitter_the_delays_are_exactly_the_bounds(attempt: int) -> None:
    retry = policy(jitter="none", attempts=20, first_delay_s=2, factor=3, longest_delay_s=100)
    assert retry.decide(UnavailableError(), attempt) == Again(delay_s=min(100, 2 * 3 ** (attempt - 1)))
    decision = retry.decide(RateLimitedError(retry_after_s=7), attempt)
    assert decision == Again(delay_s=7 + min(100, 2 * 3 ** (attempt - 1)))
