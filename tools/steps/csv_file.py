"""`csv.read` and `csv.write`: tables as files of separated values, however clumsy the program that made them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Literal

from pydantic import Field, model_validator

from core.errors import RejectedError
from tools.csv_text import decode_text, format_csv, parse_csv, sniff_delimiter
from tools.step import Effect, Risk, StepContext, StepParams, StepResult, StepType
from tools.table import LIMIT_ROWS, Names, Rows, TableResult, columns_of


class CsvRead(StepParams):
    """Give either `path` or `text`."""

    path: str = Field(default="", description="File in the files folder.")
    text: str = Field(default="", description="The table itself, instead of a file.")
    delimiter: str = Field(default="auto", description="One character, or auto.")
    encoding: str = Field(default="auto", description="E.g. utf-8 or latin-1, or auto.")
    header: bool = Field(default=True, description="The first line holds the names of the columns.")
    limit: int = Field(default=LIMIT_ROWS, ge=1, le=LIMIT_ROWS, description="Read at most so many rows.")

    @model_validator(mode="after")
    def _one_source(self) -> CsvRead:
        if bool(self.path) and bool(self.text):
            raise ValueError("give either path or text, not both")
        if self.delimiter != "auto" and len(self.delimiter) != 1:
            raise ValueError("delimiter is one character, or auto")
        return self


class CsvWrite(StepParams):
    path: str = Field(min_length=1, description="File in the files folder.")
    rows: Rows = Field(description="A list of objects, or one object.")
    columns: Names = Field(default=[], description="Columns in order; empty: as they come.")
    append: bool = Field(default=False, description="Add below what the file holds already.")
    delimiter: Literal[",", ";", "\t", "|"] = Field(default=",", description="What separates the cells.")
    guard_formulas: bool = Field(
        default=True, description="Put a quote before texts that a spreadsheet would run as a formula."
    )


class CsvWritten(StepResult):
    """`count` is the number of rows written this time."""

    path: str
    columns: list[str]
    count: int


async def read_csv(params: CsvRead, context: StepContext) -> TableResult:
    text = params.text
    if params.path:
        text = decode_text(await context.files.read(params.path), params.encoding)
    return await asyncio.to_thread(
        parse_csv, text, delimiter=params.delimiter, header=params.header, limit=params.limit
    )


async def write_csv(params: CsvWrite, context: StepContext) -> CsvWritten:
    columns, before = params.columns or columns_of(params.rows), ""
    delimiter: str = params.delimiter
    is_continued = params.append and await context.files.exists(params.path)
    if is_continued:
        before = decode_text(await context.files.read(params.path))
        is_continued = bool(before.strip())
    if is_continued:
        delimiter = sniff_delimiter(before)
        columns = _continued_columns(parse_csv(before, delimiter=delimiter).columns, columns, params.path)
    text = await asyncio.to_thread(
        format_csv,
        params.rows,
        columns,
        header=not is_continued,
        delimiter=delimiter,
        is_guarded=params.guard_formulas,
    )
    line_end = "" if not is_continued or before.endswith("\n") else "\n"
    await context.files.write(params.path, (line_end + text).encode(), append=params.append)
    return CsvWritten(path=params.path, columns=columns, count=len(params.rows))


def _continued_columns(present: list[str], wanted: Sequence[str], path: str) -> list[str]:
    if surplus := [name for name in wanted if name not in present]:
        raise RejectedError(
            f"{path} has the columns {', '.join(present)}; the new rows also have {', '.join(surplus)}.",
            advice="Leave these columns out, or write to another file.",
        )
    return present


STEPS = (
    StepType(
        name="csv.read",
        title="Read a CSV table",
        description="Reads a table from a CSV file or text; separator and encoding are found out. All cells are texts.",
        params=CsvRead,
        result=TableResult,
        effect=Effect.READ,
        run=read_csv,
        summarize=lambda params: f"Read the table in {params.path}" if params.path else "Read a table from text",
    ),
    StepType(
        name="csv.write",
        title="Write a CSV table",
        description="Writes rows to a CSV file, or adds them below its last row.",
        params=CsvWrite,
        result=CsvWritten,
        effect=lambda params: Effect.ONCE if params.append else Effect.IDEMPOTENT,
        run=write_csv,
        summarize=lambda params: f"{'Add rows to' if params.append else 'Write a table to'} {params.path}",
        risk=lambda params: Risk.NONE if params.append else Risk.LOW,
    ),
)
