"""Markdown to Slack's mrkdwn. What people and services write means itself: no mention, no link, no bold of theirs. Sends nothing.

Source: docs.slack.dev, "Formatting message text". `&`, `<` and `>` are written as entities, which leaves no mention and no
link of somebody else's. Slack has no escape for `*`, `_`, `~` and the backtick: an invisible word joiner behind one that
could begin a style keeps it literal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

JOINER = "\u2060"
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u2028\u2029]")
_STYLE = re.compile(r"(?<!\w)([*_~`])(?=\S)")
_QUOTE = re.compile(r"^(\s*)(?=&gt;)", re.MULTILINE)
_ADDRESS = re.compile(r"https?://[^\s<>\"'`|]+[^\s<>\"'`|.,;:!?)\]}*_~]")
_SCHEMES = ("https://", "http://", "mailto:")
_MARKS = {"strong": "*", "em": "_", "s": "~"}
_LONGEST_LINK = 1000
_LIMIT = 100_000
_FENCE = "```"

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


@dataclass(frozen=True, slots=True)
class Chunk:
    """One paragraph, list, quote or table in mrkdwn; of code only what stands between the fences."""

    text: str
    is_code: bool = False


def escape(text: str) -> str:
    """A text of somebody's for places where Slack knows no styles, such as a message's fallback."""
    return _CONTROL.sub("", text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def literal(text: str) -> str:
    """A text of somebody's in mrkdwn: shown as it was written."""
    return _QUOTE.sub(rf"\1{JOINER}", _STYLE.sub(rf"\1{JOINER}", escape(text)))


def to_chunks(markdown: str, *, files_url: str = "") -> list[Chunk]:
    """The blocks of a Markdown text. `files/…` links lead to `files_url`, where there is one."""
    if len(markdown) > _LIMIT:
        return [Chunk(escape(markdown), is_code=True)]
    return [chunk for chunk in _Writer(files_url).chunks(_MARKDOWN.parse(markdown)) if chunk.text.strip()]


def to_texts(markdown: str, limit: int, *, files_url: str = "") -> list[str]:
    """The same as texts of at most `limit` characters, split between paragraphs where that is possible."""
    return pack(to_chunks(markdown, files_url=files_url), limit)


def pack(chunks: Sequence[Chunk], limit: int) -> list[str]:
    """Join chunks while they fit; each fence is closed in the text in which it was opened."""
    texts: list[str] = []
    for piece in (piece for chunk in chunks for piece in _pieces(chunk, limit)):
        if texts and len(texts[-1]) + 2 + len(piece) <= limit:
            texts[-1] = f"{texts[-1]}\n\n{piece}"
        else:
            texts.append(piece)
    return texts


def cut(text: str, limit: int) -> list[str]:
    """Pieces of at most `limit` characters, cut at line ends or spaces, never within a link or an entity."""
    pieces = []
    while len(text) > limit:
        end = _end(text, limit)
        pieces.append(text[:end].rstrip())
        text = text[end:].lstrip("\n ")
    return [piece for piece in [*pieces, text] if piece.strip()]


def _end(text: str, limit: int) -> int:
    for mark in ("\n", " "):
        at = text.rfind(mark, limit // 2, limit)
        if at > 0 and not _is_within(text, at):
            return at
    at = limit
    while at > 1 and (_is_within(text, at) or "\ud800" <= text[at - 1] <= "\udbff"):
        at -= 1
    return at if at > 1 else limit


def _is_within(text: str, at: int) -> bool:
    """Whether a cut there would fall into a link or an entity."""
    opened, entity = text.rfind("<", 0, at), text.rfind("&", max(0, at - 4), at)
    return (opened >= 0 and text.find(">", opened, at) < 0) or (entity >= 0 and text.find(";", entity, at) < 0)


def _pieces(chunk: Chunk, limit: int) -> list[str]:
    if not chunk.is_code:
        return cut(chunk.text, limit)
    room = limit - 2 * len(_FENCE) - 2
    return [f"{_FENCE}\n{piece}\n{_FENCE}" for piece in cut(chunk.text, room)]


class _Writer:
    """Writes markdown-it's tokens. Knows the marks of styles that are open, since Slack's end with the line."""

    def __init__(self, files_url: str) -> None:
        self._files_url = files_url
        self._open: list[str] = []

    def chunks(self, tokens: Sequence[Token]) -> Iterator[Chunk]:
        at = 0
        while at < len(tokens):
            token = tokens[at]
            end = _closing(tokens, at)
            inner = tokens[at + 1 : end]
            match token.type:
                case "fence" | "code_block":
                    yield Chunk(_code(token.content), is_code=True)
                case "table_open":
                    yield Chunk(self._table(inner), is_code=True)
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
                case "paragraph_open":
                    yield from self._inline(inner).split("\n")
                case "heading_open":
                    plain = self._inline(inner)
                    yield from (line if "*" in line else f"*{line}*" for line in plain.split("\n") if line.strip())
                case "bullet_list_open" | "ordered_list_open":
                    yield from self._list(inner, int(token.attrGet("start") or 1) if token.tag == "ol" else None)
                case "blockquote_open":
                    yield from (f"> {line}" for line in self._lines(inner))
                case "hr":
                    yield "———"
                case "fence" | "code_block":
                    yield from (_FENCE, *_code(token.content).split("\n"), _FENCE)
                case "table_open":
                    yield from (_FENCE, *self._table(inner).split("\n"), _FENCE)
                case "inline":
                    yield from self._inline([token]).split("\n")
                case _:
                    yield from self._lines(inner)
            at = end + 1

    def _list(self, tokens: Sequence[Token], start: int | None) -> Iterator[str]:
        at, number = 0, start
        while at < len(tokens):
            end = _closing(tokens, at)
            mark = "•" if number is None else f"{number}."
            for index, line in enumerate(self._lines(tokens[at + 1 : end])):
                yield f"{mark} {line}" if index == 0 else f"    {line}"
            number = None if number is None else number + 1
            at = end + 1

    def _table(self, tokens: Sequence[Token]) -> str:
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
                marks = list(dict.fromkeys(self._open))
                return f"{''.join(reversed(marks))}\n{''.join(marks)}"
            case "code_inline":
                shown = escape(token.content.replace("`", "ˋ")).strip()
                return f"`{shown}`" if shown else ""
            case "image":
                return self._link(str(token.attrGet("src") or ""), _plain(token))
            case _:
                return self._linked(token.content)

    def _linked(self, text: str) -> str:
        """Running text, its web addresses as links."""
        written, last = "", 0
        for found in _ADDRESS.finditer(text):
            written += literal(text[last : found.start()]) + self._link(found.group(), found.group())
            last = found.end()
        return written + literal(text[last:])

    def _link(self, address: str, label: str) -> str:
        if address.startswith("files/"):
            address = f"{self._files_url}/api/{address}" if self._files_url else ""
        shown = literal(label.replace("|", "¦") or address).replace("\n", " ")
        if not address.startswith(_SCHEMES) or len(address) + len(shown) > _LONGEST_LINK:
            return shown
        target = escape(address).replace("|", "%7C").replace(" ", "%20").replace("&lt;", "%3C").replace("&gt;", "%3E")
        return f"<{target}|{shown}>"


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
    return escape(text.replace(_FENCE, f"`{JOINER}``")).strip("\n")
