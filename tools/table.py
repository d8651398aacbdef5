"""Tables as lists of JSON objects, and what all table steps agree on: columns, cell texts, numbers, order.

Reads and writes no files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Annotated

from pydantic import BeforeValidator, JsonValue

from core.canonical import encode
from core.errors import RejectedError
from tools.step import StepResult

Row = dict[str, JsonValue]
LIMIT_ROWS = 100_000
_NUMBER = re.compile(r"[-+]?\d[\d.,'\u00a0\u202f ]*(?:[eE][-+]?\d+)?")
_AFFIX = re.compile(r"^[^\d.,+-]{0,4}\s*|\s*[^\d.,]{0,4}$")


def _as_list(value: object) -> object:
    """One object or one name counts as a list of one, nothing as the empty list."""
    if value is None or value == "":
        return []
    return [value] if isinstance(value, (dict, str)) else value


Rows = Annotated[list[Row], BeforeValidator(_as_list)]
Names = Annotated[list[str], BeforeValidator(_as_list)]


class TableResult(StepResult):
    """A table: its columns in order, its rows, and how many."""

    columns: list[str]
    rows: list[Row]
    count: int


def columns_of(rows: Iterable[Row]) -> list[str]:
    """Return all columns in the order in which they first appear."""
    return list(dict.fromkeys(name for row in rows for name in row))


def find_column(columns: Sequence[str], name: str) -> str:
    """Return the column meant by a name; case and outer spaces do not matter. Raises RejectedError."""
    if name in columns:
        return name
    wanted = name.strip().casefold()
    for column in columns:
        if column.strip().casefold() == wanted:
            return column
    known = ", ".join(columns[:20]) or "none"
    raise RejectedError(f"There is no column “{name}”; the columns are: {known}.")


def find_columns(columns: Sequence[str], names: Iterable[str]) -> list[str]:
    return [find_column(columns, name) for name in names]


def text_of(value: JsonValue) -> str:
    """Return a cell as people write it: nothing for null, JSON for lists and objects."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, dict)):
        return encode(value).decode()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:  # noqa: PLR2004  # exact up to 2**53
        return str(int(value))
    return str(value)


def number_of(value: JsonValue) -> Decimal | None:
    """Return a cell as a number, or none. Understands 1,299.50 and 1.299,50, spaces and a currency sign around it.

    A single comma before exactly three digits is taken as a thousands separator.
    """
    if isinstance(value, bool) or value is None or isinstance(value, (list, dict)):
        return None
    if isinstance(value, (int, float)):
        number = Decimal(str(value))
        return number if number.is_finite() else None
    text = _AFFIX.sub("", value.strip()).strip() if len(value) < 100 else ""  # noqa: PLR2004  # no number is so long
    if not _NUMBER.fullmatch(text):
        return None
    try:
        return Decimal(_plain(text))
    except InvalidOperation:
        return None


def _plain(text: str) -> str:
    """Rewrite a number with thousands separators and any decimal sign as Python reads it."""
    text = re.sub(r"['\s\u00a0\u202f]", "", text)
    comma, dot = text.rfind(","), text.rfind(".")
    if comma >= 0 and dot >= 0:
        thousands, decimal = (",", ".") if dot > comma else (".", ",")
        return text.replace(thousands, "").replace(decimal, ".")
    if comma >= 0:
        is_thousands = text.count(",") > 1 or re.search(r"^[-+]?[1-9]\d{0,2},\d{3}$", text)
        return text.replace(",", "") if is_thousands else text.replace(",", ".")
    return text.replace(".", "") if text.count(".") > 1 else text


def plain_number(number: Decimal) -> int | float:
    """Return a Decimal as JSON has it: an integer where it is one."""
    return int(number) if number == number.to_integral_value() and abs(number) < Decimal(10) ** 15 else float(number)


def order_of(value: JsonValue) -> tuple[int, Decimal, str]:
    """Return a key that sorts numbers by size, then texts without regard to case, empty cells last."""
    if (number := number_of(value)) is not None:
        return (0, number, "")
    text = text_of(value).strip()
    return (1, Decimal(0), text.casefold()) if text else (2, Decimal(0), "")


def sorted_rows(rows: Iterable[Row], by: Sequence[str], *, descending: bool) -> list[Row]:
    """Return the rows in order; empty cells stay last in both directions, equal rows keep their order."""
    ordered = list(rows)
    for column in reversed(by):
        ordered = _sorted_by(ordered, column, descending=descending)
    return ordered


def _sorted_by(rows: list[Row], column: str, *, descending: bool) -> list[Row]:
    filled = [row for row in rows if text_of(row.get(column)).strip()]
    empty = [row for row in rows if not text_of(row.get(column)).strip()]
    return sorted(filled, key=lambda row: order_of(row.get(column)), reverse=descending) + empty


def table(rows: list[Row], columns: Sequence[str] | None = None) -> TableResult:
    """Return rows as a result. Raises RejectedError when there are too many."""
    if len(rows) > LIMIT_ROWS:
        raise RejectedError(f"The table would have {len(rows):,} rows; at most {LIMIT_ROWS:,} are allowed.")
    return TableResult(columns=list(columns if columns is not None else columns_of(rows)), rows=rows, count=len(rows))
