"""Rates as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.rate import Rate


@pytest.mark.parametrize("text", ["1/second", "50/minute", "1000/hour", "2000/day"])
def test_a_rate_is_written_as_it_is_read(text: str) -> None:
    assert str(Rate.parse(text)) == text


@pytest.mark.parametrize(
    "text", ["", "50", "0/minute", "-1/minute", "50/week", "50 per minute", "1.5/second", "1/minute\n"]
)
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="50/minute"):
        Rate.parse(text)


@given(st.integers(1, 100_000), st.sampled_from([1, 60, 3600, 86_400]))
def test_no_span_ever_holds_more_than_the_count(count: int, span_s: int) -> None:
    """The burst, and what comes one by one in the rest of the span."""
    rate = Rate(count, span_s)
    assert rate.burst + (1000 * span_s - 1) // rate.interval_ms <= count
