"""What all table steps agree on."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from core.errors import RejectedError
from tools.table import Row, find_column, number_of, plain_number, sorted_rows, table, text_of


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1299", "1299"),
        ("1,299.50", "1299.50"),
        ("1.299,50", "1299.50"),
        ("1.299.000", "1299000"),
        ("1,299", "1299"),
        ("0,299", "0.299"),
        ("12,5", "12.5"),
        ("1 299,50 €", "1299.50"),
        ("$1,299.50", "1299.50"),
        ("CHF 1'299.50", "1299.50"),
        ("-5", "-5"),
        ("+3.5e2", "350"),
        ("25%", "25"),
        ("1\u00a0000", "1000"),
    ],
)
def test_numbers_are_read_as_people_write_them(text: str, number: str) -> None:
    assert number_of(text) == Decimal(number)


@pytest.mark.parametrize(
    "value", ["", "abc", "1.2.3,4,5x", "2026-12-03", "12:30", None, True, [], {}, "1" * 200, "--5", "192.168.0.1/24"]
)
def test_what_is_no_number_gives_none(value: JsonValue) -> None:
    assert number_of(value) is None


@given(st.one_of(st.text(), st.floats(), st.integers()))
def test_no_cell_breaks_the_reading_of_numbers(value: JsonValue) -> None:
    number = number_of(value)
    assert number is None or number.is_finite()


@given(st.integers(min_value=-(10**12), max_value=10**12))
def test_a_written_integer_reads_back(value: int) -> None:
    assert plain_number(number_of(text_of(value)) or Decimal(0)) == value


def test_a_column_is_found_in_spite_of_case_and_spaces() -> None:
    assert find_column(["Name ", "City"], "name") == "Name "
    with pytest.raises(RejectedError, match="the columns are: Name , City"):
        find_column(["Name ", "City"], "Country")


def test_empty_cells_stay_last_in_both_directions() -> None:
    rows: list[Row] = [{"n": "10"}, {"n": ""}, {"n": "9"}, {"n": None}, {"n": "b"}, {"n": "A"}]
    ascending = [row["n"] for row in sorted_rows(rows, ["n"], descending=False)]
    descending = [row["n"] for row in sorted_rows(rows, ["n"], descending=True)]
    assert ascending == ["9", "10", "A", "b", "", None]
    assert descending == ["b", "A", "10", "9", "", None]


def test_a_table_of_too_many_rows_is_refused() -> None:
    with pytest.raises(RejectedError, match="100,001 rows"):
        table([{"a": 1}] * 100_001)
