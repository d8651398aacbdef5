"""`excel.read` and `excel.write`: tables as sheets of a workbook. Formulas are neither computed nor written."""

from __future__ import annotations

import asyncio
import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from pydantic import Field, JsonValue, model_validator

from core.errors import RejectedError
from tools.csv_text import unique_names
from tools.step import Effect, Risk, StepContext, StepParams, StepResult, StepType
from tools.table import LIMIT_ROWS, Names, Row, Rows, TableResult, columns_of, table, text_of

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

_LIMIT_UNPACKED_BYTES = 200_000_000
_LIMIT_CELLS = 2_000_000
_LIMIT_SHEET_NAME = 31
_BROKEN = (
    zipfile.BadZipFile,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    IndexError,
    SyntaxError,
    EOFError,
    OSError,
)


class ExcelRead(StepParams):
    path: str = Field(min_length=1, description="Workbook (.xlsx) in the files folder.")
    sheet: str | None = Field(default=None, description="Name of the sheet; none: the first.")
    header: bool = Field(default=True, description="The first row holds the names of the columns.")
    limit: int = Field(default=LIMIT_ROWS, ge=1, le=LIMIT_ROWS, description="Read at most so many rows.")


class ExcelTable(TableResult):
    sheet: str
    sheets: list[str]


class ExcelSheet(StepParams):
    name: str = Field(default="Sheet1", description="Name of the sheet.")
    rows: Rows = Field(description="A list of objects.")
    columns: Names = Field(default=[], description="Columns in order; empty: as they come.")


class ExcelWrite(StepParams):
    """Give either `rows` (one sheet) or `sheets`."""

    path: str = Field(min_length=1, description="Workbook (.xlsx) in the files folder; it is replaced.")
    rows: Rows = Field(default=[], description="Rows of the only sheet.")
    columns: Names = Field(default=[], description="Columns in order; empty: as they come.")
    sheet: str = Field(default="Sheet1", description="Name of the only sheet.")
    sheets: list[ExcelSheet] = Field(default=[], max_length=50, description="Several sheets instead.")

    @model_validator(mode="after")
    def _one_source(self) -> ExcelWrite:
        if self.rows and self.sheets:
            raise ValueError("give either rows or sheets, not both")
        if not self.path.lower().endswith(".xlsx"):
            raise ValueError("the path of a workbook ends in .xlsx")
        return self


class ExcelWritten(StepResult):
    """`count` is the number of rows on all sheets."""

    path: str
    sheets: list[str]
    count: int


async def read_excel(params: ExcelRead, context: StepContext) -> ExcelTable:
    content = await context.files.read(params.path)
    return await asyncio.to_thread(_read, content, params)


def _read(content: bytes, params: ExcelRead) -> ExcelTable:
    from openpyxl import load_workbook  # slow to load
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        _check_size(content, params.path)
        workbook = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        names = [sheet.title for sheet in workbook.worksheets]
        sheet = _chosen(names, params.sheet)
        worksheet = workbook[sheet]
        worksheet.reset_dimensions()  # what a file says of its own size is not to be trusted
        records = _records(worksheet.iter_rows(values_only=True), params.limit + 1)
    except RejectedError:
        raise
    except (*_BROKEN, InvalidFileException) as error:
        raise RejectedError(f"{params.path} is not a workbook that can be read (.xlsx).") from error
    header = [text_of(cell) for cell in records.pop(0)] if params.header and records else []
    columns = unique_names(header, max([len(header), *map(len, records)], default=0))
    rows: list[Row] = [
        dict(zip(columns, [*record, *[None] * (len(columns) - len(record))], strict=True))
        for record in records[: params.limit]
    ]
    return ExcelTable(**table(rows, columns).model_dump(), sheet=sheet, sheets=names)


def _check_size(content: bytes, path: str) -> None:
    """Refuse a small file that unpacks to a huge one. The directory's sizes are binding for the reader of the archive."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > _LIMIT_UNPACKED_BYTES:
            raise RejectedError(f"{path} is too large: it unpacks to more than {_LIMIT_UNPACKED_BYTES:,} bytes.")


def _chosen(names: Sequence[str], wanted: str | None) -> str:
    for name in names:
        if not wanted or name.strip().casefold() == wanted.strip().casefold():
            return name
    raise RejectedError(f"There is no sheet “{wanted}”; the sheets are: {', '.join(names) or 'none'}.")


def _records(lines: Iterable[Sequence[object]], limit: int) -> list[list[JsonValue]]:
    """Return the filled rows as JSON values, without the empty cells at their ends."""
    records: list[list[JsonValue]] = []
    cells = 0
    for line in lines:
        cells += len(line) + 1
        if cells > _LIMIT_CELLS:
            raise RejectedError(f"The sheet has more than {_LIMIT_CELLS:,} cells.")
        record = [_plain(cell) for cell in line]
        while record and record[-1] in (None, ""):
            record.pop()
        if record:
            records.append(record)
        if len(records) >= limit:
            break
    return records


def _plain(cell: object) -> JsonValue:
    if isinstance(cell, datetime):
        is_day = (cell.hour, cell.minute, cell.second, cell.microsecond) == (0, 0, 0, 0)
        return cell.date().isoformat() if is_day else cell.isoformat()
    if isinstance(cell, (date, time)):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return cell.total_seconds()
    return cell if cell is None or isinstance(cell, (bool, int, float, str)) else str(cell)


async def write_excel(params: ExcelWrite, context: StepContext) -> ExcelWritten:
    sheets = params.sheets or [ExcelSheet(name=params.sheet, rows=params.rows, columns=params.columns)]
    names = _sheet_names([sheet.name for sheet in sheets])
    content = await asyncio.to_thread(_workbook, sheets, names, context.started_at)
    await context.files.write(params.path, content)
    return ExcelWritten(path=params.path, sheets=names, count=sum(len(sheet.rows) for sheet in sheets))


def _sheet_names(wanted: Sequence[str]) -> list[str]:
    """Return names that Excel takes: no signs of paths and references, at most 31 characters, each once."""
    names: list[str] = []
    for name in wanted:
        plain = "".join(" " if sign in "[]:*?/\\" or ord(sign) < ord(" ") else sign for sign in name).strip(" '")
        free = plain = plain[:_LIMIT_SHEET_NAME] or "Sheet"
        copy = 1
        while free.casefold() in (taken.casefold() for taken in names):
            copy += 1
            free = f"{plain[: _LIMIT_SHEET_NAME - len(str(copy)) - 1]} {copy}"
        names.append(free)
    return names


def _workbook(sheets: Sequence[ExcelSheet], names: Sequence[str], created: datetime) -> bytes:
    from openpyxl import Workbook  # slow to load

    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    workbook.properties.created = workbook.properties.modified = created.replace(tzinfo=None)
    for sheet, name in zip(sheets, names, strict=True):
        _fill(workbook.create_sheet(name), sheet.rows, sheet.columns or columns_of(sheet.rows))
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def _fill(worksheet: Worksheet, rows: Sequence[Row], columns: Sequence[str]) -> None:
    from openpyxl.styles import Font, PatternFill
    from openpyxl.utils import get_column_letter

    head = Font(bold=True), PatternFill("solid", fgColor="E8EDF3")
    for at, name in enumerate(columns, 1):
        _set(worksheet, 1, at, name)
        worksheet.cell(1, at).font, worksheet.cell(1, at).fill = head
        texts = (len(text_of(row.get(name))) for row in rows[:200])
        worksheet.column_dimensions[get_column_letter(at)].width = min(60, max([len(name), *texts]) + 2)
    for line, row in enumerate(rows, 2):
        for at, name in enumerate(columns, 1):
            _set(worksheet, line, at, row.get(name))
    if columns:
        worksheet.freeze_panes = "A2"
        worksheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{len(rows) + 1}"


def _set(worksheet: Worksheet, line: int, at: int, value: JsonValue) -> None:
    """Write one cell; a text stays a text even if it begins like a formula."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    if value is None:
        return
    cell = worksheet.cell(line, at)
    if isinstance(value, (bool, int, float)):
        cell.value = value
    else:
        cell.value = ILLEGAL_CHARACTERS_RE.sub("", text_of(value))
        cell.data_type = "s"


STEPS = (
    StepType(
        name="excel.read",
        title="Read an Excel sheet",
        description="Reads a sheet of a workbook (.xlsx); of formulas it reads the last computed values.",
        params=ExcelRead,
        result=ExcelTable,
        effect=Effect.READ,
        run=read_excel,
        summarize=lambda params: f"Read {f'the sheet “{params.sheet}” of ' if params.sheet else ''}{params.path}",
    ),
    StepType(
        name="excel.write",
        title="Write an Excel workbook",
        description="Writes rows to a workbook (.xlsx) with a header, filters and fitting columns.",
        params=ExcelWrite,
        result=ExcelWritten,
        effect=Effect.IDEMPOTENT,
        run=write_excel,
        summarize=lambda params: f"Write a workbook to {params.path}",
        risk=Risk.LOW,
    ),
)
