"""`csv.read` and `csv.write`: tables as files of separated values, however clumsy the program that made them."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Iterable, Sequence
from typing import Literal

from pydantic import Field, JsonValue, model_validator

from core.errors import RejectedError
from tools.step import Effect, Risk, StepContext, StepParams, StepResult, StepType
from tools.table import LIMIT_ROWS, Names, Row, Rows, TableResult, columns_of, number_of, table, text_of

_DELIMITERS = ",;\t|"
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


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


def decode_text(content: bytes, encoding: str = "auto") -> str:
    """Return the text of a file whose encoding is given or guessed. Raises RejectedError for what is not text."""
    if encoding != "auto":
        try:
            return content.decode(encoding)
        except (LookupError, UnicodeDecodeError) as error:
            raise RejectedError(f"The file is not text in the encoding {encoding}.") from error
    guess = next((name for bom, name in _BOMS if content.startswith(bom)), "")
    if not guess and b"\0" in content[:4096]:
        even, odd = content[:4096:2].count(0), content[1:4096:2].count(0)
        guess = "utf-16-be" if even > odd else "utf-16-le"
        if min(even, odd) > max(even, odd) // 4 or len(content) % 2:
            raise RejectedError("The file is not text; a workbook is read with excel.read, a PDF with pdf.read.")
    for name in (guess,) if guess else ("utf-8", "cp1252", "latin-1"):
        try:
            return content.decode(name)
        except UnicodeDecodeError:
            continue
    raise RejectedError("The file cannot be read as text.")


def sniff_delimiter(text: str) -> str:
    """Return the separator that cuts the first lines most evenly; a comma when there is only one column."""
    sample = text[:20_000].rsplit("\n", 1)[0] if len(text) > 20_000 else text  # noqa: PLR2004  # enough to judge by
    best, best_score = ",", (0.0, 1)
    for delimiter in _DELIMITERS:
        widths = [len(row) for row in _records(sample, delimiter, is_strict=False)][:50]
        if not widths or widths[0] < 2:  # noqa: PLR2004  # one column separates nothing
            continue
        score = (widths.count(widths[0]) / len(widths), widths[0])
        if score > best_score:
            best, best_score = delimiter, score
    return best


def parse_csv(text: str, *, delimiter: str = "auto", header: bool = True, limit: int = LIMIT_ROWS) -> TableResult:
    """Return the table of a CSV text. Missing cells are empty, surplus ones get columns of their own, names are unique."""
    text = text.removeprefix("\ufeff").replace("\0", "")
    first, _, rest = text.partition("\n")
    if len(stated := first.strip().lower()) == len("sep=;") and stated.startswith("sep="):
        delimiter, text = stated[-1], rest
    if delimiter == "auto":
        delimiter = sniff_delimiter(text)
    try:
        records = _records(text, delimiter, is_strict=True)
    except csv.Error as error:
        if "unexpected end" in str(error):
            raise RejectedError("A quote (\") is opened in the table and never closed.") from error
        records = _lenient(text, delimiter)
    records = [record for record in records if any(cell.strip() for cell in record)]
    names = records.pop(0) if header and records else []
    names = _unique_names(names, max([len(names), *map(len, records)], default=0))
    rows: list[Row] = [
        dict(zip(names, [*record, *[""] * (len(names) - len(record))], strict=True)) for record in records[:limit]
    ]
    return table(rows, names)


def _records(text: str, delimiter: str, *, is_strict: bool) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=is_strict))


def _lenient(text: str, delimiter: str) -> list[list[str]]:
    try:
        return _records(text, delimiter, is_strict=False)
    except csv.Error as error:
        raise RejectedError(f"The table cannot be read: {error}.") from error


def _unique_names(names: Sequence[str], width: int) -> list[str]:
    """Return one name for each column: trimmed, `column_3` for an empty one, `name_2` for a repeated one."""
    unique: dict[str, None] = {}
    for number in range(1, width + 1):
        name = names[number - 1].strip() if number <= len(names) else ""
        candidate = name = name or f"column_{number}"
        copy = 1
        while candidate in unique:
            copy += 1
            candidate = f"{name}_{copy}"
        unique[candidate] = None
    return list(unique)


def guarded(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula; numbers stay numbers."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) and number_of(text) is None else text


def format_csv(
    rows: Iterable[Row], columns: Sequence[str], *, header: bool, delimiter: str = ",", is_guarded: bool = True
) -> str:
    """Return rows as CSV text with `\\n` line ends; cells of other columns are left out."""

    def cell(value: JsonValue) -> str:
        text = text_of(value)
        return guarded(text) if is_guarded and isinstance(value, str) else text

    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\n")
    if header:
        writer.writerow([cell(name) for name in columns])
    writer.writerows([cell(row.get(name)) for name in columns] for row in rows)
    return buffer.getvalue()


async def read_csv(params: CsvRead, context: StepContext) -> TableResult:
    text = params.text
    if params.path:
        text = decode_text(await context.files.read(params.path), params.encoding)
    return await asyncio.to_thread(
        parse_csv, text, delimiter=params.delimiter, header=params.header, limit=params.limit
    )


async def write_csv(params: CsvWrite, context: StepContext) -> CsvWritten:
    columns, delimiter, before = params.columns or columns_of(params.rows), params.delimiter, ""
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
