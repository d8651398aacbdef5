"""Markdown in the markup of an outside surface, which its `Dialect` tells. Knows no surface; what is too long is cut elsewhere.

Tables and code become code, images become links: that is what every surface has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.surface.dialect import Dialect

FENCE = "```"
JOINER = "\u2060"
"""Takes no room and is not seen; behind a sign it keeps it from meaning anything."""
_RULE = "———"
_LIMIT = 100_000
_IN_A_FENCE = re.compile(r"`(?=``)")

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


@dataclass(frozen=True, slots=True)
class Chunk:
    """One paragraph, list, quote or table; of code only what stands between the fences."""

    text: str
    is_code: bool = False


def to_chunks(markdown: str, dialect: Dialect, *, files_url: str = "") -> list[Chunk]:
    """The blocks of a Markdown text; one that is longer than the limit is shown as it is.

    `files/…` links lead to the web panel at `files_url`, where there is one.
    """
    writer = _Writer(dialect, files_url)
    if len(markdown) > _LIMIT:
        return [Chunk(writer.code(markdown), is_code=True)]
    return [chunk for chunk in writer.chunks(_MARKDOWN.parse(markdown)) if chunk.text.strip()]


class _Writer:
    """Writes markdown-it's tokens. Knows the marks of styles that are open: one within the same says nothing more."""

    def __init__(self, dialect: Dialect, files_url: str) -> None:
        self._dialect = dialect
        self._files_url = files_url
        self._open: list[str] = []

    def chunks(self, tokens: Sequence[Token]) -> Iterator[Chunk]:
        for block in _blocks(tokens):
            code = self._code_of(block)
            yield Chunk("\n".join(self._lines(block)) if code is None else code, is_code=code is not None)

    def code(self, text: str) -> str:
        """What stands between fences, with none of its own."""
        return _IN_A_FENCE.sub(f"`{JOINER}", self._dialect.clean(text)).strip("\n")

    def _lines(self, tokens: Sequence[Token]) -> Iterator[str]:
        """Lines of what stands within other blocks, where code is written in place."""
        for block in _blocks(tokens):
            token, inner = block[0], block[1:-1]
            if (code := self._code_of(block)) is not None:
                yield from (FENCE, *code.split("\n"), FENCE)
                continue
            match token.type:
                case "heading_open":
                    yield from self._dialect.heading(self._inline(inner))
                case "bullet_list_open" | "ordered_list_open":
                    yield from self._list(inner, int(token.attrGet("start") or 1) if token.tag == "ol" else None)
                case "blockquote_open":
                    yield from (f"> {line}" for line in self._lines(inner))
                case "hr":
                    yield _RULE
                case "inline":
                    yield from self._inline([token]).split("\n")
                case _:
                    yield from self._lines(inner)

    def _code_of(self, block: Sequence[Token]) -> str | None:
        match block[0].type:
            case "fence" | "code_block":
                return self.code(block[0].content)
            case "table_open":
                return self._table(block)
            case _:
                return None

    def _list(self, tokens: Sequence[Token], start: int | None) -> Iterator[str]:
        for number, item in enumerate(_blocks(tokens), start or 0):
            mark = self._dialect.bullet if start is None else f"{number}."
            for at, line in enumerate(self._lines(item[1:-1])):
                yield f"{self._dialect.indent if at else f'{mark} '}{line}"

    def _table(self, tokens: Sequence[Token]) -> str:
        rows: list[list[str]] = []
        for token in tokens:
            if token.type == "tr_open":
                rows.append([])
            elif token.type == "inline" and rows:
                rows[-1].append(self.code(_plain(token)))
        widths = [max(len(row[at]) for row in rows if at < len(row)) for at in range(max(map(len, rows), default=0))]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip() for row in rows
        )

    def _inline(self, tokens: Sequence[Token]) -> str:
        self._open = []
        return "".join(self._written([child for token in tokens for child in token.children or []]))

    def _written(self, tokens: Sequence[Token]) -> Iterator[str]:
        at = 0
        while at < len(tokens):
            token = tokens[at]
            style, _, what = token.type.rpartition("_")
            if token.type == "link_open":
                end = _closing(tokens, at)
                yield self._link(token.attrGet("href"), "".join(map(_plain, tokens[at + 1 : end])))
                at = end
            elif style in self._dialect.marks:
                yield self._styled(self._dialect.marks[style], is_open=what == "open")
            else:
                yield self._text(token)
            at += 1

    def _styled(self, mark: str, *, is_open: bool) -> str:
        if is_open:
            self._open.append(mark)
            return mark if self._open.count(mark) == 1 else ""
        self._open.remove(mark)
        return "" if mark in self._open else mark

    def _text(self, token: Token) -> str:
        match token.type:
            case "softbreak" | "hardbreak":
                marks = list(dict.fromkeys(self._open)) if self._dialect.styles_end_with_line else []
                return f"{''.join(reversed(marks))}\n{''.join(marks)}"
            case "code_inline":
                return self._dialect.code(token.content)
            case "image":
                return self._link(token.attrGet("src"), _plain(token))
            case _:
                return self._dialect.running(token.content)

    def _link(self, target: str | float | None, label: str) -> str:
        address = str(target or "")
        if address.startswith("files/"):
            address = f"{self._files_url}/api/{address}" if self._files_url else ""
        return self._dialect.link(address, label)


def _blocks(tokens: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """The tokens of each block, from the one that opens it to the one that closes it; one alone where it is both."""
    at = 0
    while at < len(tokens):
        end = _closing(tokens, at) + 1
        yield tokens[at:end]
        at = end


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
