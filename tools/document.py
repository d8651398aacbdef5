"""Sets text and a table as a PDF. All text is escaped, so that no markup of it reaches the library that sets it."""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, LongTable, Paragraph, SimpleDocTemplate, Spacer
from reportlab.platypus.doctemplate import LayoutError

from core.errors import RejectedError
from tools.table import Row, number_of, text_of

_FONT, _BOLD = "Errand", "Errand-Bold"
_FAMILIES = (("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"), ("Vera.ttf", "VeraBd.ttf"))
_MARGIN = 20 * mm
_LIMIT_CELL = 400
_LIMIT_PARAGRAPH = 20_000
_LINE = re.compile(r"(?P<head>#{1,3})[ \t]+(?P<title>.+)|(?P<mark>[-*•]|\d{1,3}[.)])[ \t]+(?P<item>.+)")
_STRONG = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")
_STYLES = {
    "title": ParagraphStyle("title", fontName=_BOLD, fontSize=18, leading=23, spaceAfter=10),
    "h1": ParagraphStyle("h1", fontName=_BOLD, fontSize=15, leading=19, spaceBefore=10, spaceAfter=5, keepWithNext=1),
    "h2": ParagraphStyle("h2", fontName=_BOLD, fontSize=12, leading=16, spaceBefore=8, spaceAfter=4, keepWithNext=1),
    "h3": ParagraphStyle("h3", fontName=_BOLD, fontSize=10, leading=14, spaceBefore=6, spaceAfter=3, keepWithNext=1),
    "text": ParagraphStyle("text", fontName=_FONT, fontSize=10, leading=14, spaceAfter=6, splitLongWords=1),
    "item": ParagraphStyle(
        "item",
        fontName=_FONT,
        fontSize=10,
        leading=14,
        spaceAfter=2,
        leftIndent=18,
        bulletIndent=4,
        bulletFontName=_FONT,
    ),
    "head": ParagraphStyle("head", fontName=_BOLD, fontSize=8, leading=10),
    "cell": ParagraphStyle("cell", fontName=_FONT, fontSize=8, leading=10),
    "number": ParagraphStyle("number", fontName=_FONT, fontSize=8, leading=10, alignment=2),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """`missing` holds the characters that the font does not have, each once."""

    content: bytes
    page_count: int
    missing: str


def make_document(
    *, title: str, body: str, rows: Sequence[Row], columns: Sequence[str], is_landscape: bool
) -> Document:
    """Return the document; the same input gives the same bytes. Raises RejectedError for what fits on no page."""
    writer = _Writer(has=_glyphs())
    story: list[Flowable] = [writer.paragraph(title, "title")] if title.strip() else []
    story += writer.body(body)
    size = landscape(A4) if is_landscape else A4
    if rows and columns:
        story += [Spacer(1, 3 * mm), writer.table(rows, columns, size[0] - 2 * _MARGIN)]
    buffer = io.BytesIO()
    document = SimpleDocTemplate(
        buffer,
        pagesize=size,
        title=title,
        invariant=1,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN,
    )
    try:
        document.build(story or [Spacer(1, 1)], onFirstPage=_footer, onLaterPages=_footer)
    except LayoutError as error:
        raise RejectedError("The text does not fit on a page; use fewer columns or shorter cells.") from error
    return Document(content=buffer.getvalue(), page_count=document.page, missing="".join(sorted(writer.missing)))


def _glyphs() -> Callable[[str], bool]:
    """Register the font once and return whether it has a character."""
    if _FONT not in pdfmetrics.getRegisteredFontNames():
        plain, bold = next(fonts for fonts in map(_family, _FAMILIES) if fonts)
        pdfmetrics.registerFont(bold)
        pdfmetrics.registerFont(plain)
        pdfmetrics.registerFontFamily(_FONT, normal=_FONT, bold=_BOLD, italic=_FONT, boldItalic=_BOLD)
    font = pdfmetrics.getFont(_FONT)
    assert isinstance(font, TTFont), "the font was registered above"
    known: dict[int, int] = font.face.charToGlyph
    return lambda sign: ord(sign) in known


def _family(files: tuple[str, str]) -> tuple[TTFont, TTFont] | None:
    try:
        return TTFont(_FONT, files[0]), TTFont(_BOLD, files[1])
    except TTFError:
        return None


def _footer(canvas: Canvas, document: SimpleDocTemplate) -> None:
    canvas.setFont(_FONT, 8)
    canvas.setFillColor(colors.grey)
    canvas.drawRightString(document.pagesize[0] - _MARGIN, 10 * mm, str(document.page))


@dataclass(slots=True, kw_only=True)
class _Writer:
    """Makes the parts of one document and notes which characters its font lacks."""

    has: Callable[[str], bool]
    missing: set[str] = field(default_factory=set)

    def body(self, text: str) -> list[Flowable]:
        """Return paragraphs, headings and list entries; a blank line ends a paragraph, a single line end breaks it."""
        parts: list[Flowable] = []
        open_lines: list[str] = []
        for line in [*text.replace("\r\n", "\n").split("\n"), ""]:
            found = _LINE.match(line.strip())
            if open_lines and (found or not line.strip()):
                parts += self._paragraphs("\n".join(open_lines))
                open_lines = []
            if found and found["head"]:
                parts.append(self.paragraph(found["title"], f"h{len(found['head'])}"))
            elif found:
                mark = found["mark"] if found["mark"][0].isdigit() else "•"
                parts.append(self.paragraph(found["item"], "item", mark=mark))
            elif line.strip():
                open_lines.append(line.strip())
        return parts

    def _paragraphs(self, text: str) -> list[Flowable]:
        pieces = range(0, len(text), _LIMIT_PARAGRAPH)
        return [self.paragraph(text[start : start + _LIMIT_PARAGRAPH], "text") for start in pieces]

    def paragraph(self, text: str, style: str, *, mark: str | None = None) -> Flowable:
        safe = escape(self._printable(text))
        marked = _STRONG.sub(r"<b>\1</b>", safe).replace("\n", "<br/>")
        return Paragraph(marked, _STYLES[style], bulletText=mark)

    def table(self, rows: Sequence[Row], columns: Sequence[str], width: float) -> Flowable:
        """Return a table whose columns are as wide as their texts ask for, within the page."""
        texts = [[text_of(row.get(name))[:_LIMIT_CELL] for name in columns] for row in rows]
        asked = [
            max(6, min(40, max([len(name), *(len(line[at]) for line in texts[:200])])))
            for at, name in enumerate(columns)
        ]
        lines = [[self.paragraph(name, "head") for name in columns]]
        lines += [
            [self.paragraph(text, "cell" if number_of(text) is None else "number") for text in line] for line in texts
        ]
        return LongTable(
            lines,
            colWidths=[width * part / sum(asked) for part in asked],
            repeatRows=1,
            splitInRow=1,
            style=[
                ("BACKGROUND", (0, 0), (-1, 0), colors.HexColor("#e8edf3")),
                ("LINEBELOW", (0, 0), (-1, -1), 0.25, colors.HexColor("#c5ccd6")),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), 3),
                ("RIGHTPADDING", (0, 0), (-1, -1), 3),
            ],
        )

    def _printable(self, text: str) -> str:
        return "".join(sign if sign == "\n" or self.has(sign) else self._substitute(sign) for sign in text)

    def _substitute(self, sign: str) -> str:
        """Return the plain letter of an accented one that the font lacks, nothing for an invisible one, else `?`."""
        if sign.isspace():
            return " "
        if unicodedata.category(sign) in ("Cc", "Cf", "Mn"):
            return ""
        self.missing.add(sign)
        plain = unicodedata.normalize("NFKD", sign)[0]
        return plain if plain != sign and self.has(plain) else "?"
