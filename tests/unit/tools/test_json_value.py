"""Whatever a database hands out becomes JSON."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from core.canonical import encode
from tools.json_value import json_value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Decimal("12.50"), 12.5),
        (Decimal(3), 3),
        (Decimal("0.1234567890123456789"), "0.1234567890123456789"),
        (Decimal("NaN"), None),
        (float("inf"), None),
        (2**60, str(2**60)),
        (True, True),
        (date(2026, 12, 3), "2026-12-03"),
        (datetime(2026, 12, 3, 9, 30, tzinfo=UTC), "2026-12-03T09:30:00+00:00"),
        (time(9, 30), "09:30:00"),
        (timedelta(minutes=2), 120.0),
        (b"text", "text"),
        (b"\xff\x00", "/wA="),
        (memoryview(b"text"), "text"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        ({"a": [Decimal(1), None]}, {"a": [1, None]}),
    ],
)
def test_each_kind_has_its_form(value: object, expected: JsonValue) -> None:
    assert json_value(value) == expected


anything = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.decimals(), st.binary(), st.dates(), st.datetimes()
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.integers(), inner, max_size=3),
)


@given(anything)
def test_nothing_that_comes_out_fails_to_encode(value: object) -> None:
    assert encode(json_value(value))
