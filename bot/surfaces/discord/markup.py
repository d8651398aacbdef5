"""Markdown to Discord's own Markdown. What people and services write means itself: no mention, no link, no bold of theirs.

Source: discord.com/developers, "Message formatting". A backslash makes any punctuation behind it literal, except in code.
Discord knows no tables and no images: the ones become code, the others links.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u2028\u2029]")
_SPECIAL = re.compile(r"([\\*_~|`<>\[\]()@#:])")
_LINE_START = re.compile(r"^([^\S\n]*)(?=[-+])", re.MULTILINE)
_NUMBERED = re.compile(r"^([^\S\n]*\d+)(?=\.\s)", re.MULTILINE)
_ADDRESS = re.compile(r"https?://[^\s<>\"'`|\\]+[^\s<>\"'`|\\.,;:!?)\]}*_~]")
_SCHEMES = ("https://", "http://")
_MARKS = {"strong": "**", "em": "*", "s": "~~"}
_LONGEST_LINK = 1000
_LIMIT = 100_000
_FENCE = "```"
_ALMOST_FENCE = "`\u200b``"

_MARKDOWN = MarkdownIt("commonmark", {"html": False, "maxNesting": 12}).enable(["table", "strikethrough"])


@dataclass(frozen=True, slots=True)
class Chunk:
    """One paragraph, list, quote or table; of code only what stands between the fences."""

    text: str
    is_code: bool = False


def clean(text: str) -> str:
    """A text of somebody's for places where Discord knows no styles, such as a button."""
    return _CONTROL.sub("", text)


def literal(text: str) -> str:
    """A text of somebody's, shown as it was written; web addresses in it lead there."""
    text, written, last = clean(text), "", 0
    for found in _ADDRESS.finditer(text):
        written += _escaped(text[last : found.start()]) + f"<{found.group()}>"
        last = found.end()
    return _NUMBERED.sub(r"\1\\", _LINE_START.sub(r"\1\\", written + _escaped(text[last:])))


def length(text: str) -> int:
    """How long Discord takes a text to be: in UTF-16 units, which is never less than what it counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters long, never empty."""
    text = clean(text).strip() or "…"
    while length(text) > limit:
        text = text[: min(len(text) - 2, limit)].rstrip() + "…"
    return text


def to_chunks(markdown: str, *, files_url: str = "") -> list[Chunk]:
    """The blocks of a Markdown text. `files/…` links lead to the web panel at `files_url`, where there is one."""
    if len(markdown) > _LIMIT:
        return [Chunk(_code(markdown), is_code=True)]
    return [chunk for chunk in _Writer(files_url).chunks(_MARKDOWN.parse(markdown)) if chunk.text.strip()]


def to_texts(markdown: str, limit: int, *, files_url: str = "") -> list[str]:
    """The same as texts of at most `limit` characters, split between paragraphs where that is possible; each fence is
    closed in the text in which it was opened, and opened again in the next.
    """
    texts: list[str] = []
    for piece in (piece for chunk in to_chunks(markdown, files_url=files_url) for piece in _pieces(chunk, limit)):
        if texts and length(texts[-1]) + 2 + length(piece) <= limit:
            texts[-1] = f"{texts[-1]}\n\n{piece}"
        else:
            texts.append(piece)
    return texts


def cut(text: str, limit: int) -> list[str]:
    """Pieces of at most `limit` characters, cut at line ends or spaces; never behind a backslash, within a link or a pair."""
    pieces = []
    while length(text) > limit:
        end = _end(text, limit)
        pieces.append(text[:end].rstrip())
        text = text[end:].lstrip("\n ")
    return [piece for piece in [*pieces, text] if piece.strip()]


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)


def _end(text: str, limit: int) -> int:
    most = limit
    while (over := length(text[:limit]) - most) > 0:
        limit -= max(1, over // 2)
    for mark in ("\n", " "):
        at = text.rfind(mark, limit // 2, limit)
        if at > 0 and not _is_within(text, at):
            return at
    at = limit
    while at > 1 and _is_within(text, at):
        at -= 1
    return at if at > 1 else limit


def _is_within(text: str, at: int) -> bool:
    """Whether a cut there would fall behind a backslash or into a link."""
    if text[at - 1] == "\\":
        return True
    label, target = text.rfind("[", 0, at), text.rfind("(<", 0, at)
    is_in_label = label >= 0 and text[label - 1 : label] != "\\" and text.find(">)", label, at) < 0
    is_in_target = target >= 0 and text.find(">)", target, at) < 0
    opened = text.rfind("<http", 0, at)
    return is_in_label or is_in_target or (opened >= 0 and text.find(">", opened, at) < 0)


def _pieces(chunk: Chunk, limit: int) -> list[str]:
    if not chunk.is_code:
        return cut(chunk.text, limit)
    room = limit - 2 * len(_FENCE) - 2
    return [f"{_FENCE}\n{piece}\n{_FENCE}" for piece in cut(chunk.text, room)]


class _Writer:
    """Writes markdown-it's tokens."""

    def __init__(self, files_url: str) -> None:
        self._files_url = files_url
        self._open: list[str] = []

    def chunks(self, tokens: Sequence[Token]) -> Iterator[Chunk]:
        at = 0
        while at < len(tokens):
            end = _closing(tokens, at)
            match tokens[at].type:
                case "fence" | "code_block":
                    yield Chunk(_code(tokens[at].content), is_code=True)
                case "table_open":
                    yield Chunk(_table(tokens[at + 1 : end]), is_code=True)
                case _:
                    yield Chunk("\n".join(self._lines(tokens[at : end + 1])))
            at = end + 1

    def _lines(self, tokens: Sequence[Token]) -> Iterator[str]:
        """Lines of what stands within other blocks, where fences and tables are written in place."""
        at = 0
        while at < len(tokens):
            token, end = tokens[at], _closing(tokens, at)
            inner = tokens[at + 1 : end]
            match token.type:
                case "heading_open":
                    yield f"### {self._inline(inner)}".replace("\n", " ")
                case "bullet_list_open" | "ordered_list_open":
                    yield from self._list(inner, int(token.attrGet("start") or 1) if token.tag == "ol" else None)
                case "blockquote_open":
                    yield from (f"> {line}" for line in self._lines(inner))
                case "hr":
                    yield "———"
                case "fence" | "code_block":
                    yield from (_FENCE, *_code(token.content).split("\n"), _FENCE)
                case "table_open":
                    yield from (_FENCE, *_table(inner).split("\n"), _FENCE)
                case "inline":
                    yield from self._inline([token]).split("\n")
                case _:
                    yield from self._lines(inner)
            at = end + 1

    def _list(self, tokens: Sequence[Token], start: int | None) -> Iterator[str]:
        at, number = 0, start
        while at < len(tokens):
            end = _closing(tokens, at)
            mark = "-" if number is None else f"{number}."
            for index, line in enumerate(self._lines(tokens[at + 1 : end])):
                yield f"{mark} {line}" if index == 0 else f"  {line}"
            number = None if number is None else number + 1
            at = end + 1

    def _inline(self, tokens: Sequence[Token]) -> str:
        self._open = []
        children = [child for token in tokens for child in token.children or []]
        return "".join(self._written(children))

    def _written(self, tokens: Sequence[Token]) -> Iterator[str]:
        at = 0
        while at < len(tokens):
            token = tokens[at]
            style, _, what = token.type.rpartition("_")
            if token.type == "link_open":
                end = _closing(tokens, at)
                yield self._link(str(token.attrGet("href") or ""), "".join(map(_plain, tokens[at + 1 : end])))
                at = end
            elif style in _MARKS and what in ("open", "close"):
                yield self._styled(_MARKS[style], is_open=what == "open")
            else:
                yield self._text(token)
            at += 1

    def _styled(self, mark: str, *, is_open: bool) -> str:
        """A style within the same style says nothing more."""
        if is_open:
            self._open.append(mark)
            return mark if self._open.count(mark) == 1 else ""
        self._open.remove(mark)
        return "" if mark in self._open else mark

    def _text(self, token: Token) -> str:
        match token.type:
            case "softbreak" | "hardbreak":
                return "\n"
            case "code_inline":
                shown = clean(token.content.replace("`", "ˋ")).strip()
                return f"`{shown}`" if shown else ""
            case "image":
                return self._link(str(token.attrGet("src") or ""), _plain(token))
            case _:
                return literal(token.content)

    def _link(self, address: str, label: str) -> str:
        if address.startswith("files/"):
            address = f"{self._files_url}/api/{address}" if self._files_url else ""
        shown = _escaped(clean(label or address)).replace("\n", " ")
        if not address.startswith(_SCHEMES) or len(address) + len(shown) > _LONGEST_LINK:
            return literal(label or address)
        target = re.sub(r"[<>()\s\\]", lambda found: f"%{ord(found[0]):02X}", clean(address))
        return f"[{shown}](<{target}>)"


def _table(tokens: Sequence[Token]) -> str:
    rows: list[list[str]] = []
    for token in tokens:
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline" and rows:
            rows[-1].append(_code(_plain(token)))
    widths = [max(len(row[at]) for row in rows if at < len(row)) for at in range(max(map(len, rows), default=0))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip() for row in rows
    )


def _closing(tokens: Sequence[Token], at: int) -> int:
    """Where what opens at `at` is closed; `at` itself for what stands alone."""
    depth = 0
    for index in range(at, len(tokens)):
        depth += tokens[index].nesting
        if depth <= 0:
            return index
    return len(tokens) - 1


def _plain(token: Token) -> str:
    if token.type in ("softbreak", "hardbreak"):
        return " "
    return "".join(map(_plain, token.children)) if token.children else token.content


def _code(text: str) -> str:
    return clean(text).replace(_FENCE, _ALMOST_FENCE).strip("\n")
