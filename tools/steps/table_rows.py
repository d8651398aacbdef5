"""`table.clean`, `table.filter`, `table.sort` and `table.dedupe`: pure work on the rows of one table."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

from pydantic import Field, JsonValue

from core.errors import RejectedError
from tools.step import Effect, StepContext, StepParams, StepType
from tools.table import (
    Names,
    Row,
    Rows,
    TableResult,
    columns_of,
    find_column,
    find_columns,
    number_of,
    order_of,
    sorted_rows,
    table,
    text_of,
)

Operator = Literal[
    "equals",
    "not_equals",
    "contains",
    "not_contains",
    "starts_with",
    "ends_with",
    "greater",
    "at_least",
    "less",
    "at_most",
    "one_of",
    "empty",
    "not_empty",
]


class TableClean(StepParams):
    rows: Rows = Field(description="A list of objects.")
    trim: bool = Field(default=True, description="Remove outer and repeated spaces.")
    drop_empty_rows: bool = Field(default=True, description="Leave out rows without any content.")
    drop_empty_columns: bool = Field(default=False, description="Leave out columns without any content.")
    headers: Literal["keep", "trim", "lower", "snake"] = Field(
        default="trim", description="Names of columns: as they are, trimmed, small letters, or like_this."
    )
    rename: dict[str, str] = Field(default={}, description="New names of columns, by their old ones.")
    columns: Names = Field(default=[], description="Keep only these (new names), in this order.")
    fill: str = Field(default="", description="What stands in empty cells.")


class TableFilter(StepParams):
    rows: Rows = Field(description="A list of objects.")
    column: str = Field(min_length=1, description="The column to look at.")
    operator: Operator = Field(default="equals", description="How the cell is compared.")
    value: JsonValue = Field(default=None, description="What it is compared with; a list for one_of.")


class TableSort(StepParams):
    rows: Rows = Field(description="A list of objects.")
    by: Names = Field(min_length=1, description="Columns, the most important first.")
    descending: bool = Field(default=False, description="Largest first.")


class TableDedupe(StepParams):
    rows: Rows = Field(description="A list of objects.")
    by: Names = Field(default=[], description="Columns that make rows equal; empty: all.")
    keep: Literal["first", "last"] = Field(default="first", description="Which of equal rows stays.")
    ignore_case: bool = Field(default=True, description="Case and outer spaces make no difference.")


class TableShrunk(TableResult):
    """A table and how many rows are gone."""

    removed: int


async def clean_table(params: TableClean, _context: StepContext) -> TableShrunk:
    names = _clean_names(params)
    columns = list(dict.fromkeys(names.values()))
    rows = [_clean_row(row, names, params) for row in params.rows]
    if params.drop_empty_rows:
        rows = [row for row in rows if any(text_of(cell).strip() for cell in row.values())]
    if params.drop_empty_columns:
        columns = [name for name in columns if any(text_of(row.get(name)).strip() for row in rows)]
    if params.columns:
        columns = find_columns(columns, params.columns) if columns else params.columns
    rows = [{name: _filled(row.get(name), params.fill) for name in columns} for row in rows]
    return TableShrunk(**table(rows, columns).model_dump(), removed=len(params.rows) - len(rows))


def _clean_names(params: TableClean) -> dict[str, str]:
    """Return the new name of each column; two that became equal are told apart by a number."""
    present = columns_of(params.rows)
    renamed = {find_column(present, old): new for old, new in params.rename.items()} if present else {}
    names: dict[str, str] = {}
    for name in present:
        new = wanted = renamed.get(name) or _header(name, params.headers)
        copy = 1
        while new in names.values():
            copy += 1
            new = f"{wanted}_{copy}"
        names[name] = new
    return names


def _header(name: str, style: str) -> str:
    if style == "keep":
        return name
    name = " ".join(name.split())
    if style == "snake":
        return re.sub(r"\W+", "_", name.lower()).strip("_") or "column"
    return name.lower() if style == "lower" else name


def _clean_row(row: Row, names: dict[str, str], params: TableClean) -> Row:
    return {
        names[name]: " ".join(cell.split()) if params.trim and isinstance(cell, str) else cell
        for name, cell in row.items()
    }


def _filled(cell: JsonValue, fill: str) -> JsonValue:
    return fill if cell is None or cell == "" else cell


async def filter_table(params: TableFilter, _context: StepContext) -> TableShrunk:
    columns = columns_of(params.rows)
    rows: list[Row] = []
    if columns:
        column, is_kept = find_column(columns, params.column), _test(params.operator, params.value)
        rows = [row for row in params.rows if is_kept(row.get(column))]
    return TableShrunk(**table(rows, columns).model_dump(), removed=len(params.rows) - len(rows))


def _test(operator: Operator, value: JsonValue) -> Callable[[JsonValue], bool]:
    """Return the test of one cell. Texts are compared without regard to case, numbers by size."""
    wanted = _folded(value)
    tests: dict[Operator, Callable[[JsonValue], bool]] = {
        "equals": lambda cell: _is_equal(cell, value),
        "not_equals": lambda cell: not _is_equal(cell, value),
        "contains": lambda cell: wanted in _folded(cell),
        "not_contains": lambda cell: wanted not in _folded(cell),
        "starts_with": lambda cell: _folded(cell).startswith(wanted),
        "ends_with": lambda cell: _folded(cell).endswith(wanted),
        "one_of": lambda cell: any(_is_equal(cell, one) for one in (value if isinstance(value, list) else [value])),
        "empty": lambda cell: not _folded(cell),
        "not_empty": lambda cell: bool(_folded(cell)),
        "greater": lambda cell: _compare(cell, value) > 0,
        "at_least": lambda cell: _compare(cell, value) >= 0,
        "less": lambda cell: -2 < _compare(cell, value) < 0,  # noqa: PLR2004  # -2: not comparable
        "at_most": lambda cell: -2 < _compare(cell, value) <= 0,  # noqa: PLR2004  # as above
    }
    if operator in ("greater", "at_least", "less", "at_most") and not wanted:
        raise RejectedError(f"The filter “{operator}” needs a value to compare with.")
    return tests[operator]


def _folded(value: JsonValue) -> str:
    return text_of(value).strip().casefold()


def _is_equal(cell: JsonValue, value: JsonValue) -> bool:
    if _folded(cell) == _folded(value):
        return True
    number = number_of(value)
    return number is not None and number == number_of(cell)


def _compare(cell: JsonValue, value: JsonValue) -> int:
    """Return -1, 0 or 1; -2 when the cell is empty or one is a number and the other is not."""
    left, right = order_of(cell), order_of(value)
    if left[0] != right[0]:
        return -2
    return (left > right) - (left < right)


async def sort_table(params: TableSort, _context: StepContext) -> TableResult:
    columns = columns_of(params.rows)
    by = find_columns(columns, params.by) if columns else []
    return table(sorted_rows(params.rows, by, descending=params.descending), columns)


async def dedupe_table(params: TableDedupe, _context: StepContext) -> TableShrunk:
    columns = columns_of(params.rows)
    by = find_columns(columns, params.by) if columns else []
    seen: dict[tuple[str, ...], Row] = {}
    for row in params.rows if params.keep == "first" else reversed(params.rows):
        texts = (text_of(row.get(name)) for name in by or columns)
        seen.setdefault(tuple(text.strip().casefold() if params.ignore_case else text for text in texts), row)
    rows = list(seen.values()) if params.keep == "first" else list(reversed(seen.values()))
    return TableShrunk(**table(rows, columns).model_dump(), removed=len(params.rows) - len(rows))


STEPS = (
    StepType(
        name="table.clean",
        title="Clean a table",
        description="Trims cells, drops empty rows, tidies, renames and picks columns.",
        params=TableClean,
        result=TableShrunk,
        effect=Effect.READ,
        run=clean_table,
        summarize=lambda _params: "Clean up the table",
    ),
    StepType(
        name="table.filter",
        title="Filter a table",
        description="Keeps the rows whose cell in one column passes a comparison.",
        params=TableFilter,
        result=TableShrunk,
        effect=Effect.READ,
        run=filter_table,
        summarize=lambda params: (
            f"Keep rows whose {params.column} {str(params.operator).replace('_', ' ')} {_shown(params.value)}".rstrip()
        ),
    ),
    StepType(
        name="table.sort",
        title="Sort a table",
        description="Sorts rows by columns; numbers by size, texts without regard to case, empty cells last.",
        params=TableSort,
        result=TableResult,
        effect=Effect.READ,
        run=sort_table,
        summarize=lambda params: f"Sort the table by {_shown(params.by)}",
    ),
    StepType(
        name="table.dedupe",
        title="Remove duplicate rows",
        description="Keeps one of the rows that are equal in all or in the named columns.",
        params=TableDedupe,
        result=TableShrunk,
        effect=Effect.READ,
        run=dedupe_table,
        summarize=lambda params: (
            f"Remove rows with the same {_shown(params.by)}" if params.by else "Remove duplicate rows"
        ),
    ),
)


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
