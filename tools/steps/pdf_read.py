"""`pdf.read`: the text of a PDF, page by page. Scanned pages hold pictures, no text."""

from __future__ import annotations

import asyncio
import io

from pydantic import Field

from core.errors import RejectedError
from tools.step import Effect, StepContext, StepParams, StepResult, StepType

_LIMIT_CHARACTERS = 2_000_000
_BROKEN = (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, OverflowError, AssertionError)


class PdfRead(StepParams):
    path: str = Field(min_length=1, description="Document (.pdf) in the files folder.")
    limit: int = Field(default=200, ge=1, le=2000, description="Read at most so many pages.")


class PdfText(StepResult):
    """`pages` holds the text of each page read; `page_count` counts all pages; `is_cut` says that not all was read."""

    text: str
    pages: list[str]
    page_count: int
    title: str
    is_cut: bool


async def read_pdf(params: PdfRead, context: StepContext) -> PdfText:
    content = await context.files.read(params.path)
    if b"%PDF-" not in content[:1024]:
        raise RejectedError(f"{params.path} is not a PDF.")
    return await asyncio.to_thread(_read, content, params)


def _read(content: bytes, params: PdfRead) -> PdfText:
    from pypdf import PdfReader  # loaded when it is first used
    from pypdf.errors import PyPdfError

    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            raise RejectedError(f"{params.path} is protected by a password.")
        page_count = len(reader.pages)
        title = str((reader.metadata.title if reader.metadata else None) or "")
        pages: list[str] = []
        size = 0
        for page in reader.pages[: params.limit]:
            pages.append(page.extract_text())
            size += len(pages[-1])
            if size > _LIMIT_CHARACTERS:
                break
    except (PyPdfError, *_BROKEN) as error:
        raise RejectedError(f"{params.path} is damaged and cannot be read.") from error
    return PdfText(
        text="\n\n".join(pages).strip(), pages=pages, page_count=page_count, title=title, is_cut=len(pages) < page_count
    )


STEPS = (
    StepType(
        name="pdf.read",
        title="Read a PDF",
        description="Reads the text of a PDF.",
        params=PdfRead,
        result=PdfText,
        effect=Effect.READ,
        run=read_pdf,
        summarize=lambda params: f"Read the PDF {params.path}",
    ),
)
