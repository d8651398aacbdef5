"""`table.merge`, `table.summary` and `table.format`: several tables into one, one into totals, one into text. Pure."""

from __future__ import annotations

import html
from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, JsonValue

from core.errors import RejectedError
from tools.csv_text import format_csv
from tools.step import Effect, StepContext, StepParams, StepResult, StepType
from tools.table import (
    LIMIT_ROWS,
    Names,
    Row,
    Rows,
    TableResult,
    columns_of,
    find_column,
    find_columns,
    number_of,
    plain_number,
    sorted_rows,
    table,
    text_of,
)


def _rows_of(value: object) -> object:
    """A whole result of a table step counts as its rows."""
    if isinstance(value, list):
        return [one["rows"] if isinstance(one, dict) and isinstance(one.get("rows"), list) else one for one in value]
    return value


class TableMerge(StepParams):
    tables: Annotated[list[Rows], BeforeValidator(_rows_of)] = Field(
        min_length=1, max_length=100, description="Lists of objects, or whole results of table steps."
    )
    mode: Literal["append", "join"] = Field(
        default="append", description="Append puts tables below each other, join beside each other."
    )
    by: Names = Field(default=[], description="For join: the columns that belong together.")
    keep: Literal["matching", "first", "all"] = Field(
        default="first", description="For join: rows that match everywhere, all of the first table, or all."
    )


class Measure(StepParams):
    column: str = Field(description="The column to measure.")
    measure: Literal["sum", "average", "minimum", "maximum", "count", "distinct"] = "sum"
    name: str = Field(default="", description="Name of the new column; empty: e.g. sum_amount.")


class TableSummary(StepParams):
    rows: Rows = Field(description="A list of objects.")
    group_by: Names = Field(default=[], description="One row for each of these columns' values; empty: one in all.")
    measures: list[Measure] = Field(default=[], description="What to calculate beside the count of rows.")


class TableFormat(StepParams):
    rows: Rows = Field(description="A list of objects.")
    columns: Names = Field(default=[], description="Columns in order; empty: as they come.")
    style: Literal["text", "markdown", "html", "csv", "list"] = Field(
        default="text", description="Aligned text, a markdown or HTML table, CSV, or one line for each row."
    )
    limit: int = Field(default=100, ge=1, le=5000, description="Show at most so many rows.")
    empty: str = Field(default="(no rows)", description="What is said when there are none.")


class TableText(StepResult):
    """`count` is the number of all rows, `shown` of those in the text."""

    text: str
    count: int
    shown: int


async def merge_tables(params: TableMerge, _context: StepContext) -> TableResult:
    columns = columns_of(row for rows in params.tables for row in rows)
    if params.mode == "append":
        rows = [row for rows in params.tables for row in rows]
        return table([{name: row.get(name, "") for name in columns} for row in rows], columns)
    if not params.by:
        raise RejectedError("To join tables, name the columns that belong together (by).")
    merged = params.tables[0]
    for other in params.tables[1:]:
        merged = _joined(merged, other, params.by, params.keep)
    return table(merged)


def _joined(left: list[Row], right: list[Row], by: Sequence[str], keep: str) -> list[Row]:
    """Return one row for each pair that agrees in `by`; equal names of other columns get `_2` on the right."""
    left_columns, right_columns = columns_of(left), columns_of(right)
    left_by = find_columns(left_columns, by) if left else list(by)
    right_by = find_columns(right_columns, by) if right else list(by)
    added = {name: _free_name(name, left_columns) for name in right_columns if name not in right_by}
    index: dict[tuple[str, ...], list[Row]] = {}
    for row in right:
        index.setdefault(_key(row, right_by), []).append(row)
    used: set[tuple[str, ...]] = set()
    joined: list[Row] = []
    for row in left:
        key = _key(row, left_by)
        used.add(key)
        partners = index.get(key, [{}] if keep != "matching" else [])
        joined += [{**row, **{new: partner.get(old, "") for old, new in added.items()}} for partner in partners]
        if len(joined) > LIMIT_ROWS:
            raise RejectedError(f"The join gives more than {LIMIT_ROWS:,} rows; join by more columns.")
    if keep == "all":
        blank: Row = dict.fromkeys(left_columns, "")
        for row in right:
            if _key(row, right_by) not in used:
                keys = {left_name: row.get(name) for left_name, name in zip(left_by, right_by, strict=True)}
                joined.append({**blank, **keys, **{new: row.get(old, "") for old, new in added.items()}})
    return joined


def _key(row: Row, by: Sequence[str]) -> tuple[str, ...]:
    return tuple(text_of(row.get(name)).strip().casefold() for name in by)


def _free_name(name: str, taken: Sequence[str]) -> str:
    free, copy = name, 1
    while free in taken:
        copy += 1
        free = f"{name}_{copy}"
    return free


async def summarize_table(params: TableSummary, _context: StepContext) -> TableResult:
    columns = columns_of(params.rows)
    by = find_columns(columns, params.group_by) if columns else list(params.group_by)
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in params.rows:
        groups.setdefault(_key(row, by), []).append(row)
    if not by and not groups:
        groups[()] = []
    names = [measure.name or f"{measure.measure}_{measure.column}" for measure in params.measures]
    summary: list[Row] = []
    for rows in groups.values():
        line: Row = {name: rows[0].get(name) for name in by}
        line["count"] = len(rows)
        for name, measure in zip(names, params.measures, strict=True):
            line[name] = _measured(rows, find_column(columns, measure.column) if columns else "", measure.measure)
        summary.append(line)
    return table(sorted_rows(summary, by, descending=False), [*by, "count", *names])


def _measured(rows: list[Row], column: str, measure: str) -> JsonValue:
    """Return one figure over the column's filled cells; cells that are no numbers are left out of sums and averages."""
    cells = [row.get(column) for row in rows if text_of(row.get(column)).strip()]
    if measure == "count":
        return len(cells)
    if measure == "distinct":
        return len({text_of(cell).strip().casefold() for cell in cells})
    numbers = [number for cell in cells if (number := number_of(cell)) is not None]
    if measure == "sum":
        return plain_number(sum(numbers, Decimal(0)))
    if not numbers:
        return None
    if measure == "average":
        return plain_number(sum(numbers, Decimal(0)) / len(numbers))
    return plain_number(min(numbers) if measure == "minimum" else max(numbers))


async def format_table(params: TableFormat, _context: StepContext) -> TableText:
    columns = find_columns(columns_of(params.rows), params.columns) if params.rows and params.columns else None
    rows = params.rows[: params.limit]
    text = params.empty if not rows else _formatted(rows, columns or columns_of(params.rows), params.style)
    if (hidden := len(params.rows) - len(rows)) and params.style != "csv":
        more = f"… and {hidden:,} more"
        text += f"\n<p>{more}</p>" if params.style == "html" else f"\n{more}"
    return TableText(text=text, count=len(params.rows), shown=len(rows))


def _formatted(rows: list[Row], columns: Sequence[str], style: str) -> str:
    if style == "csv":
        return format_csv(rows, columns, header=True)
    cells = [[" ".join(text_of(row.get(name)).split()) for name in columns] for row in rows]
    if style == "list":
        return "\n".join("- " + ", ".join(filter(None, line)) for line in cells)
    if style == "html":
        head = "".join(f"<th>{html.escape(name)}</th>" for name in columns)
        body = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in line) + "</tr>\n" for line in cells)
        return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>"
    if style == "markdown":
        lines = [list(columns), ["---"] * len(columns), *cells]
        return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
    lines = [list(columns), *cells]
    widths = [max(len(line[at]) for line in lines) for at in range(len(columns))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


STEPS = (
    StepType(
        name="table.merge",
        title="Merge tables",
        description="Puts tables below each other, or joins them by the columns that they share.",
        params=TableMerge,
        result=TableResult,
        effect=Effect.READ,
        run=merge_tables,
        summarize=lambda params: "Join the tables" if params.mode == "join" else "Put the tables together",
    ),
    StepType(
        name="table.summary",
        title="Summarize a table",
        description="Counts rows and calculates sums, averages, minima and maxima, for each group.",
        params=TableSummary,
        result=TableResult,
        effect=Effect.READ,
        run=summarize_table,
        summarize=lambda params: (
            f"Summarize the table by {', '.join(params.group_by) if isinstance(params.group_by, list) else params.group_by}"
            if params.group_by
            else "Summarize the table"
        ),
    ),
    StepType(
        name="table.format",
        title="Write a table as text",
        description="Turns rows into text for a message: aligned, markdown, HTML, CSV or a list.",
        params=TableFormat,
        result=TableText,
        effect=Effect.READ,
        run=format_table,
        summarize=lambda params: f"Write the table as {params.style}",
    ),
)
