"""Tables from file to file."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from core.errors import RejectedError
from tests.fakes.run_step import run_step
from tests.fakes.step_context import make_context
from tools.files import FolderFiles

SALES: list[dict[str, Any]] = [
    {"city": "Berlin", "amount": "1.299,50", "rep": "Ada"},
    {"city": "berlin ", "amount": "100", "rep": "Bob"},
    {"city": "Oslo", "amount": "n/a", "rep": ""},
    {"city": "Oslo", "amount": "50", "rep": "Eve"},
]


@pytest.fixture
def context(files: FolderFiles) -> Any:
    return make_context(files=files)


async def test_a_clumsy_file_is_read(context: Any, files: FolderFiles) -> None:
    await files.write("in.csv", '\ufeffName;Price\r\n"Müller; Söhne";"1,50"\r\n'.encode())
    result = await run_step("csv.read", context, path="in.csv")
    assert result.rows == [{"Name": "Müller; Söhne", "Price": "1,50"}]
    assert (result.columns, result.count) == (["Name", "Price"], 1)


async def test_ten_thousand_rows_make_the_round_trip(context: Any) -> None:
    rows = [{"id": number, "text": f'row "{number}", a; b'} for number in range(10_000)]
    await run_step("csv.write", context, path="big.csv", rows=rows)
    result = await run_step("csv.read", context, path="big.csv")
    assert result.count == 10_000
    assert result.rows[-1] == {"id": "9999", "text": 'row "9999", a; b'}


async def test_reading_needs_one_source_and_stops_at_the_limit(context: Any) -> None:
    assert (await run_step("csv.read", context, text="a\n1\n2\n3", limit=2)).count == 2
    assert (await run_step("csv.read", context, text="1,2\n3,4", header=False)).columns == ["column_1", "column_2"]
    with pytest.raises(ValidationError, match="not both"):
        await run_step("csv.read", context, path="a.csv", text="a")
    with pytest.raises(RejectedError, match="no file"):
        await run_step("csv.read", context, path="none.csv")


async def test_formulas_are_written_as_texts(context: Any, files: FolderFiles) -> None:
    rows = [{"=a": "=cmd()", "b": -5, "c": "-5"}]
    await run_step("csv.write", context, path="out.csv", rows=rows)
    assert (await files.read("out.csv")).decode() == "'=a,b,c\n'=cmd(),-5,-5\n"
    await run_step("csv.write", context, path="out.csv", rows=rows, guard_formulas=False)
    assert (await files.read("out.csv")).decode() == "=a,b,c\n=cmd(),-5,-5\n"


async def test_rows_are_added_below_in_the_files_own_order_and_separator(context: Any, files: FolderFiles) -> None:
    await files.write("log.csv", b"when;who\n1;Ada")
    await run_step("csv.write", context, path="log.csv", rows={"who": "Bob; Co", "when": 2}, append=True)
    assert (await files.read("log.csv")).decode() == 'when;who\n1;Ada\n2;"Bob; Co"\n'
    with pytest.raises(RejectedError, match=r"the new rows also have city"):
        await run_step("csv.write", context, path="log.csv", rows=[{"who": "Eve", "city": "Oslo"}], append=True)


async def test_the_first_rows_added_bring_the_header(context: Any, files: FolderFiles) -> None:
    for name in ("Ada", "Bob"):
        await run_step("csv.write", context, path="new.csv", rows=[{"name": name}], append=True)
    assert (await files.read("new.csv")).decode() == "name\nAda\nBob\n"


async def test_cleaning_trims_renames_and_drops(context: Any) -> None:
    rows = [
        {" First  Name ": "  Ada   L. ", "First Name": "x", "Empty": ""},
        {" First  Name ": " ", "First Name": None},
    ]
    result = await run_step("table.clean", context, rows=rows, headers="snake", drop_empty_columns=True)
    assert result.rows == [{"first_name": "Ada L.", "first_name_2": "x"}]
    assert result.removed == 1
    result = await run_step(
        "table.clean", context, rows=SALES, rename={"CITY": "Place"}, columns=["rep", "place"], fill="-"
    )
    assert result.columns == ["rep", "Place"]
    assert result.rows[2] == {"rep": "-", "Place": "Oslo"}


async def test_duplicates_go_by_all_or_by_some_columns(context: Any) -> None:
    assert (await run_step("table.dedupe", context, rows=SALES)).removed == 0
    result = await run_step("table.dedupe", context, rows=SALES, by="CITY", keep="last")
    assert [row["rep"] for row in result.rows] == ["Bob", "Eve"]
    assert (await run_step("table.dedupe", context, rows=SALES, by=["city"], ignore_case=False)).removed == 1
    assert (await run_step("table.dedupe", context, rows=[], by="city")).count == 0
    with pytest.raises(RejectedError, match="no column “colour”"):
        await run_step("table.dedupe", context, rows=SALES, by="colour")


@pytest.mark.parametrize(
    ("operator", "value", "reps"),
    [
        ("equals", "BERLIN", ["Ada", "Bob"]),
        ("not_equals", "oslo", ["Ada", "Bob"]),
        ("contains", "erl", ["Ada", "Bob"]),
        ("starts_with", "o", ["", "Eve"]),
        ("ends_with", "N", ["Ada", "Bob"]),
        ("one_of", ["oslo", "Rome"], ["", "Eve"]),
        ("not_contains", "o", ["Ada", "Bob"]),
    ],
)
async def test_texts_are_filtered(context: Any, operator: str, value: Any, reps: list[str]) -> None:
    result = await run_step("table.filter", context, rows=SALES, column="city", operator=operator, value=value)
    assert [row["rep"] for row in result.rows] == reps


@pytest.mark.parametrize(
    ("operator", "value", "amounts"),
    [
        ("greater", 100, ["1.299,50"]),
        ("at_least", "100", ["1.299,50", "100"]),
        ("less", 100, ["50"]),
        ("at_most", 100.0, ["100", "50"]),
        ("equals", 1299.5, ["1.299,50"]),
        ("greater", "m", ["n/a"]),
    ],
)
async def test_numbers_are_filtered_by_size(context: Any, operator: str, value: Any, amounts: list[str]) -> None:
    result = await run_step("table.filter", context, rows=SALES, column="amount", operator=operator, value=value)
    assert [row["amount"] for row in result.rows] == amounts


async def test_empty_cells_are_found_and_a_comparison_needs_a_value(context: Any) -> None:
    assert (await run_step("table.filter", context, rows=SALES, column="rep", operator="empty")).count == 1
    assert (await run_step("table.filter", context, rows=SALES, column="rep", operator="not_empty")).count == 3
    assert (await run_step("table.filter", context, rows=[], column="rep")).count == 0
    with pytest.raises(RejectedError, match="needs a value"):
        await run_step("table.filter", context, rows=SALES, column="amount", operator="less")


async def test_sorting_goes_by_several_columns(context: Any) -> None:
    result = await run_step("table.sort", context, rows=SALES, by=["city", "amount"])
    assert [row["rep"] for row in result.rows] == ["Bob", "Ada", "Eve", ""]


async def test_tables_are_put_below_each_other(context: Any) -> None:
    result = await run_step("table.merge", context, tables=[[{"a": 1}], {"a": 2, "b": 3}, [], {"rows": [{"b": 4}]}])
    assert result.rows == [{"a": 1, "b": ""}, {"a": 2, "b": 3}, {"a": "", "b": 4}]


@pytest.mark.parametrize(
    ("keep", "rows"),
    [
        ("matching", [{"id": 1, "n": "a", "n_2": "x"}]),
        ("first", [{"id": 1, "n": "a", "n_2": "x"}, {"id": 2, "n": "b", "n_2": ""}]),
        ("all", [{"id": 1, "n": "a", "n_2": "x"}, {"id": 2, "n": "b", "n_2": ""}, {"id": "3", "n": "", "n_2": "y"}]),
    ],
)
async def test_tables_are_joined(context: Any, keep: str, rows: list[dict[str, Any]]) -> None:
    tables = [[{"id": 1, "n": "a"}, {"id": 2, "n": "b"}], [{"ID": "1", "n": "x"}, {"ID": "3", "n": "y"}]]
    assert (await run_step("table.merge", context, tables=tables, mode="join", by="id", keep=keep)).rows == rows


async def test_a_join_that_explodes_or_has_no_key_is_refused(context: Any) -> None:
    many = [{"k": 1, "v": number} for number in range(1000)]
    with pytest.raises(RejectedError, match="more than 100,000 rows"):
        await run_step("table.merge", context, tables=[many, many], mode="join", by="k")
    with pytest.raises(RejectedError, match="name the columns"):
        await run_step("table.merge", context, tables=[many, many], mode="join")


async def test_a_summary_has_one_row_for_each_group(context: Any) -> None:
    measures = [
        {"column": "Amount", "measure": "sum", "name": "total"},
        {"column": "amount", "measure": "average"},
        {"column": "amount", "measure": "maximum"},
        {"column": "rep", "measure": "count"},
        {"column": "rep", "measure": "distinct"},
    ]
    result = await run_step("table.summary", context, rows=SALES, group_by="city", measures=measures)
    assert result.rows == [
        {
            "city": "Berlin",
            "count": 2,
            "total": 1399.5,
            "average_amount": 699.75,
            "maximum_amount": 1299.5,
            "count_rep": 2,
            "distinct_rep": 2,
        },
        {
            "city": "Oslo",
            "count": 2,
            "total": 50,
            "average_amount": 50,
            "maximum_amount": 50,
            "count_rep": 1,
            "distinct_rep": 1,
        },
    ]
    nothing = await run_step("table.summary", context, rows=[], measures=[{"column": "a", "measure": "minimum"}])
    assert nothing.rows == [{"count": 0, "minimum_a": None}]


@pytest.mark.parametrize(
    ("style", "text"),
    [
        ("text", "a    b\nx|y  <b>\n\n… and 1 more"),
        ("markdown", "| a | b |\n| --- | --- |\n| x\\|y | <b> |\n… and 1 more"),
        ("list", "- x|y, <b>\n… and 1 more"),
        ("csv", "a,b\nx|y,<b>\n"),
    ],
)
async def test_a_table_is_written_as_text(context: Any, style: str, text: str) -> None:
    rows = [{"a": "x|y", "b": "<b>"}, {"a": 1, "b": 2}]
    result = await run_step("table.format", context, rows=rows, style=style, limit=1)
    assert result.text.replace("\n\n", "\n") == text.replace("\n\n", "\n")
    assert (result.count, result.shown) == (2, 1)


async def test_html_is_escaped_and_nothing_is_said_for_no_rows(context: Any) -> None:
    result = await run_step("table.format", context, rows=[{"<i>": "<script>"}], style="html")
    assert "<script>" not in result.text
    assert "&lt;script&gt;" in result.text
    assert (await run_step("table.format", context, rows=[], empty="Nothing today.")).text == "Nothing today."
