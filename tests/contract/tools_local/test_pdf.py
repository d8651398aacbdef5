"""Documents: what is written can be read back; what is broken is said."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from pydantic import ValidationError
from pypdf import PdfReader, PdfWriter

from core.errors import RejectedError
from tests.fakes.run_step import run_step
from tests.fakes.step_context import make_context
from tools.files import FolderFiles

BODY = """# Results

First line
second line with **strong** words & <b>literal</b> marks

- one
- two
1. first

## More
The end."""


@pytest.fixture
def context(files: FolderFiles) -> Any:
    return make_context(files=files)


async def test_a_document_has_its_title_text_lists_and_table(context: Any) -> None:
    rows = [{"City": "Köln", "Sum": 12.5}, {"City": "<i>Oslo</i>", "Sum": "n/a"}]
    made = await run_step("pdf.create", context, path="r/report.pdf", title="Report & Co", body=BODY, rows=rows)
    assert (made.path, made.page_count, made.missing) == ("r/report.pdf", 1, "")
    read = await run_step("pdf.read", context, path="r/report.pdf")
    for words in (
        "Report & Co",
        "Results",
        "strong words & <b>literal</b> marks",
        "• one",
        "1. first",
        "Köln",
        "<i>Oslo</i>",
        "12.5",
    ):
        assert words in " ".join(read.text.split()), words
    assert (read.title, read.page_count, read.is_cut) == ("Report & Co", 1, False)
    assert "**" not in read.text
    assert "#" not in read.text


async def test_the_same_input_gives_the_same_document(context: Any, files: FolderFiles) -> None:
    for name in ("a.pdf", "b.pdf"):
        await run_step("pdf.create", context, path=name, title="T", body="x", rows=[{"a": 1}])
    assert await files.read("a.pdf") == await files.read("b.pdf")


async def test_markup_in_a_text_fetches_nothing_and_breaks_nothing(context: Any) -> None:
    hostile = '<img src="http://127.0.0.1:9/x.png"/> <para> </b> <font size="999"> &bogus; **<a href="file:///x">** ]]>'
    made = await run_step("pdf.create", context, path="a.pdf", title=hostile, body=hostile, rows=[{hostile: hostile}])
    read = await run_step("pdf.read", context, path="a.pdf")
    assert made.page_count == 1
    assert '<img src="http://127.0.0.1:9/x.png"/>' in " ".join(read.text.split())


async def test_characters_that_the_font_lacks_are_told(context: Any) -> None:
    made = await run_step("pdf.create", context, path="a.pdf", body="Grüße 你好 Grüße\u200b", rows=[{"a": "你\x07"}])
    assert made.missing == "你好"
    assert "Grüße ?? Grüße" in (await run_step("pdf.read", context, path="a.pdf")).text


async def test_long_texts_and_tables_take_more_pages(context: Any) -> None:
    rows = [{"number": number, "text": "word " * 30} for number in range(150)]
    made = await run_step("pdf.create", context, path="a.pdf", body="x" * 30_000 + "\n\n" + "y z " * 8000, rows=rows)
    assert made.page_count > 10
    read = await run_step("pdf.read", context, path="a.pdf", limit=2)
    assert (len(read.pages), read.page_count, read.is_cut) == (2, made.page_count, True)


async def test_wide_and_empty_documents(context: Any) -> None:
    wide = {f"column {number}": "word " * 200 for number in range(30)}
    assert (await run_step("pdf.create", context, path="a.pdf", rows=[wide], landscape=True)).page_count >= 1
    assert (await run_step("pdf.create", context, path="b.pdf")).page_count == 1
    with pytest.raises(RejectedError, match="at most 30 columns"):
        await run_step("pdf.create", context, path="c.pdf", rows=[{**wide, "one more": 1}])
    with pytest.raises(ValidationError, match=r"ends in \.pdf"):
        await run_step("pdf.create", context, path="c.doc")


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.4\nbroken",
        b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 1 0 R >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF",
        b"%PDF-1.4\ntrailer << /Root 9 0 R /Size 9 >>\nstartxref\n0\n%%EOF",
    ],
)
async def test_a_damaged_document_is_said(context: Any, files: FolderFiles, content: bytes) -> None:
    await files.write("a.pdf", content)
    with pytest.raises(RejectedError, match="damaged"):
        await run_step("pdf.read", context, path="a.pdf")


async def test_what_is_no_pdf_or_is_protected_is_said(context: Any, files: FolderFiles) -> None:
    await files.write("a.pdf", b"hello")
    with pytest.raises(RejectedError, match="is not a PDF"):
        await run_step("pdf.read", context, path="a.pdf")
    await run_step("pdf.create", context, path="b.pdf", body="secret")
    writer = PdfWriter(clone_from=PdfReader(context.files._folder / "b.pdf"))
    writer.encrypt("password", algorithm="AES-256")
    writer.write(context.files._folder / "c.pdf")
    with pytest.raises(RejectedError, match="protected by a password"):
        await run_step("pdf.read", context, path="c.pdf")


async def test_a_document_cut_anywhere_is_read_or_refused_but_never_breaks(context: Any, files: FolderFiles) -> None:
    await run_step("pdf.create", context, path="a.pdf", title="T", body=BODY)
    whole = await files.read("a.pdf")
    for size in range(8, len(whole), max(1, len(whole) // 40)):
        await files.write("cut.pdf", whole[:size])
        with contextlib.suppress(RejectedError):
            await run_step("pdf.read", context, path="cut.pdf")
