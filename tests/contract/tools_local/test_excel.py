"""Workbooks: read as they come, written so that people like to open them."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime, time
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from pydantic import ValidationError

from core.errors import RejectedError
from tests.fakes.run_step import run_step
from tests.fakes.step_context import make_context
from tools.files import FolderFiles

ENTITY_BOMB = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">{}]><workbook>&h;</workbook>'.format(
    "".join(f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefg", "bcdefgh", strict=True))
)


@pytest.fixture
def context(files: FolderFiles) -> Any:
    return make_context(files=files)


async def put(files: FolderFiles, workbook: Workbook) -> None:
    buffer = io.BytesIO()
    workbook.save(buffer)
    await files.write("in.xlsx", buffer.getvalue())


async def test_every_kind_of_cell_is_read(context: Any, files: FolderFiles) -> None:
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet.title = "Data"
    sheet.append(["When", "Day", "At", "Sum", "Yes", None, "Sum"])
    sheet.append([datetime(2026, 12, 3, 9, 30), date(2026, 12, 3), time(9, 30), 1.5, True, None, "x"])
    sheet.append([])
    sheet.append(["end"])
    workbook.create_sheet("Other").append(["a"])
    await put(files, workbook)
    result = await run_step("excel.read", context, path="in.xlsx")
    assert (result.sheet, result.sheets, result.count) == ("Data", ["Data", "Other"], 2)
    assert result.columns == ["When", "Day", "At", "Sum", "Yes", "column_6", "Sum_2"]
    assert list(result.rows[0].values()) == ["2026-12-03T09:30:00", "2026-12-03", "09:30:00", 1.5, True, None, "x"]
    assert result.rows[1]["When"] == "end"


async def test_a_sheet_is_chosen_by_name(context: Any, files: FolderFiles) -> None:
    workbook = Workbook()
    workbook.create_sheet("Prices 2026").append(["a", 1])
    await put(files, workbook)
    result = await run_step("excel.read", context, path="in.xlsx", sheet="prices 2026 ", header=False)
    assert result.rows == [{"column_1": "a", "column_2": 1}]
    with pytest.raises(RejectedError, match="the sheets are: Sheet, Prices 2026"):
        await run_step("excel.read", context, path="in.xlsx", sheet="Costs")
    assert (await run_step("excel.read", context, path="in.xlsx")).rows == []


def archive(**entries: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in entries.items():
            packed.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content",
    [b"", b"name,city\n", b"PK\x03\x04 broken", archive(nothing=b"x"), archive(**{"[Content_Types].xml": b"<broken"})],
)
async def test_what_is_no_workbook_is_said(context: Any, files: FolderFiles, content: bytes) -> None:
    await files.write("in.xlsx", content)
    with pytest.raises(RejectedError, match="not a workbook"):
        await run_step("excel.read", context, path="in.xlsx")


async def test_a_file_that_unpacks_to_a_huge_one_is_refused(
    context: Any, files: FolderFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.steps.excel_file._LIMIT_UNPACKED_BYTES", 4_000_000)
    await files.write("in.xlsx", archive(**{"xl/worksheets/sheet1.xml": b"\0" * 5_000_000}))
    assert len(await files.read("in.xlsx")) < 10_000
    with pytest.raises(RejectedError, match="unpacks to more than"):
        await run_step("excel.read", context, path="in.xlsx")


async def test_entities_that_multiply_are_refused(context: Any, files: FolderFiles) -> None:
    await put(files, Workbook())
    whole = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(await files.read("in.xlsx"))) as good, zipfile.ZipFile(whole, "w") as bad:
        for entry in good.namelist():
            bad.writestr(entry, ENTITY_BOMB if entry == "xl/workbook.xml" else good.read(entry))
    await files.write("in.xlsx", whole.getvalue())
    with pytest.raises(RejectedError, match="not a workbook"):
        await run_step("excel.read", context, path="in.xlsx")


async def test_a_sheet_of_endless_empty_cells_is_refused(context: Any, files: FolderFiles) -> None:
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    for line in range(1, 200):
        sheet.cell(line, 16_384).value = 1
    await put(files, workbook)
    with pytest.raises(RejectedError, match="more than 2,000,000 cells"):
        await run_step("excel.read", context, path="in.xlsx")


async def test_what_is_written_has_a_header_filters_and_no_formulas(context: Any, files: FolderFiles) -> None:
    rows = [{"name": "=HYPERLINK(1)", "sum": 12.5, "ok": True, "bell": "a\x07b", "none": None, "list": [1]}]
    result = await run_step("excel.write", context, path="out/report.xlsx", rows=rows, sheet="A/B: [2026]")
    assert (result.sheets, result.count) == (["A B   2026"], 1)
    sheet = load_workbook(io.BytesIO(await files.read("out/report.xlsx"))).worksheets[0]
    assert [cell.value for cell in sheet[1]] == ["name", "sum", "ok", "bell", "none", "list"]
    assert [cell.value for cell in sheet[2]] == ["=HYPERLINK(1)", 12.5, True, "ab", None, "[1]"]
    assert sheet["A2"].data_type == "s"
    assert sheet["A1"].font.bold
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:F2")


async def test_several_sheets_get_names_of_their_own(context: Any) -> None:
    sheets = [
        {"name": "x" * 40, "rows": [{"a": 1}]},
        {"name": "X" * 40, "rows": []},
        {"name": "::", "rows": [{"b": 2}]},
    ]
    result = await run_step("excel.write", context, path="a.xlsx", sheets=sheets)
    assert result.sheets == ["x" * 31, "X" * 29 + " 2", "Sheet"]
    assert (await run_step("excel.read", context, path="a.xlsx", sheet="Sheet")).rows == [{"b": 2}]


async def test_wrong_parameters_are_said(context: Any) -> None:
    with pytest.raises(ValidationError, match=r"ends in \.xlsx"):
        await run_step("excel.write", context, path="a.xls", rows=[])
    with pytest.raises(ValidationError, match="not both"):
        await run_step("excel.write", context, path="a.xlsx", rows=[{"a": 1}], sheets=[{"rows": []}])
