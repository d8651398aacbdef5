"""CSV as clumsy programs write it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import RejectedError
from tools.csv_text import decode_text, format_csv, guarded, parse_csv, sniff_delimiter, unique_names


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8", "name;city\nZoë;Köln\n"),
        ("utf-8-sig", "name;city\nZoë;Köln\n"),
        ("utf-16", "name;city\nZoë;Köln\n"),
        ("utf-16-le", "name;city\nZoe;Koeln\n"),
        ("utf-16-be", "name;city\nZoe;Koeln\n"),
        ("cp1252", "name;city\nZoë;Köln\n"),
    ],
)
def test_the_encoding_is_found_out(encoding: str, text: str) -> None:
    assert decode_text(text.encode(encoding)) == text


@pytest.mark.parametrize("content", [b"\x00\x01\x02\x00\x00\x00\x00\xff", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00"])
def test_what_is_not_text_is_refused(content: bytes) -> None:
    with pytest.raises(RejectedError, match="not text"):
        decode_text(content)


def test_an_unknown_encoding_is_said() -> None:
    with pytest.raises(RejectedError, match="klingon"):
        decode_text(b"a", "klingon")


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("a,b\n1,2\n", ","),
        ("a;b\n1,5;2,5\n3,5;4,5\n", ";"),
        ("a\tb\n1\t2\n", "\t"),
        ("a|b|c\n1|2|3\n", "|"),
        ('a;b\n"x, y, z";"1,2"\n', ";"),
        ("only\none\n", ","),
        ("", ","),
    ],
)
def test_the_separator_is_found_out(text: str, delimiter: str) -> None:
    assert sniff_delimiter(text) == delimiter


def test_quotes_line_ends_and_excels_own_first_line_are_understood() -> None:
    parsed = parse_csv('\ufeffsep=;\r\nname;note\r\n"Ada ""A"" L";"two\r\nlines"\r\n\r\n')
    assert parsed.rows == [{"name": 'Ada "A" L', "note": "two\r\nlines"}]


def test_ragged_rows_lose_nothing() -> None:
    parsed = parse_csv("a,b,a,\n1\n1,2,3,4,5\n")
    assert parsed.columns == ["a", "b", "a_2", "column_4", "column_5"]
    assert parsed.rows[0] == {"a": "1", "b": "", "a_2": "", "column_4": "", "column_5": ""}
    assert parsed.rows[1]["column_5"] == "5"


def test_a_quote_that_never_ends_is_said_instead_of_swallowing_the_file() -> None:
    with pytest.raises(RejectedError, match="never closed"):
        parse_csv('a,b\n"1,2\n3,4\n')


def test_a_stray_quote_inside_a_cell_does_no_harm() -> None:
    assert parse_csv('a,b\n5" screen,1\n"x" y,2\n').rows[0]["a"] == '5" screen'


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("@cmd", "'@cmd"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-5", "-5"),
        ("+49 30 1234", "+49 30 1234"),
        ("plain", "plain"),
    ],
)
def test_formulas_are_guarded_and_numbers_are_not(text: str, safe: str) -> None:
    assert guarded(text) == safe


def test_a_lone_carriage_return_in_a_cell_does_not_break_its_row() -> None:
    text = format_csv([{"a": "1\r2", "b": "3\r\n4"}], ["a", "b"], header=True)
    assert parse_csv(text).rows == [{"a": "1\n2", "b": "3\n4"}]


names = st.lists(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=5), min_size=1, max_size=5
)


@given(names)
def test_every_column_has_a_name_of_its_own(wanted: list[str]) -> None:
    unique = unique_names(wanted, len(wanted))
    assert len(set(unique)) == len(wanted)
    assert all(unique)


cells = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\ufeff", exclude_categories=["Cs"]), max_size=8)


@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=10))
def test_what_is_written_reads_back(pairs: list[tuple[str, str]]) -> None:
    rows = [{"k": "x" + left, "v": right} for left, right in pairs]
    text = format_csv(rows, ["k", "v"], header=True, is_guarded=False)
    assert parse_csv(text, delimiter=",").rows == rows
