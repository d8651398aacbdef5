"""`pdf.create`: a plain, readable document of a title, simple markdown and a table.

It is set in DejaVu where the system has that font, else in Vera, which comes along and has the letters of western
European languages. What a font lacks is shown as its plain letter or `?` and told in the result.
"""

from __future__ import annotations

import asyncio

from pydantic import Field, field_validator

from core.errors import RejectedError
from tools.step import Effect, Risk, StepContext, StepParams, StepResult, StepType
from tools.table import Names, Rows, columns_of

_LIMIT_ROWS = 5000
_LIMIT_COLUMNS = 30


class PdfCreate(StepParams):
    path: str = Field(min_length=1, description="The document (.pdf) in the files folder; it is replaced.")
    title: str = Field(default="", max_length=300, description="The heading of the first page.")
    body: str = Field(
        default="", max_length=500_000, description="Paragraphs, # headings, - bullets, 1. numbers, **bold**."
    )
    rows: Rows = Field(default=[], max_length=_LIMIT_ROWS, description="Rows of a table below the text.")
    columns: Names = Field(default=[], description="Its columns in order; empty: as they come.")
    landscape: bool = Field(default=False, description="Turn the page, for wide tables.")

    @field_validator("path")
    @classmethod
    def _is_pdf(cls, path: str) -> str:
        if not path.lower().endswith(".pdf"):
            raise ValueError("the path of a document ends in .pdf")
        return path


class PdfCreated(StepResult):
    """`size` is in bytes; `missing` holds the characters that the font does not have."""

    path: str
    page_count: int
    size: int
    missing: str = ""


async def create_pdf(params: PdfCreate, context: StepContext) -> PdfCreated:
    columns = params.columns or columns_of(params.rows)
    if len(columns) > _LIMIT_COLUMNS:
        raise RejectedError(f"A page holds at most {_LIMIT_COLUMNS} columns; name those that matter.")
    from tools.document import make_document  # its library is slow to load

    document = await asyncio.to_thread(
        make_document,
        title=params.title,
        body=params.body,
        rows=params.rows,
        columns=columns,
        is_landscape=params.landscape,
    )
    await context.files.write(params.path, document.content)
    return PdfCreated(
        path=params.path, page_count=document.page_count, size=len(document.content), missing=document.missing
    )


STEPS = (
    StepType(
        name="pdf.create",
        title="Create a PDF",
        description="Writes a PDF with a title, paragraphs, headings, lists and a table.",
        params=PdfCreate,
        result=PdfCreated,
        effect=Effect.IDEMPOTENT,
        run=create_pdf,
        summarize=lambda params: (
            f"Create the PDF {params.path}" + (f" titled “{params.title}”" if params.title else "")
        ),
        risk=Risk.LOW,
    ),
)
