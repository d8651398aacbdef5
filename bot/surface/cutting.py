"""Cuts what is written for an outside surface into texts that it takes, each of which stands alone. Knows no surface."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.surface.dialect import Dialect
from bot.surface.markdown import FENCE, Chunk, to_chunks


def to_texts(markdown: str, limit: int, dialect: Dialect, *, files_url: str = "") -> list[str]:
    """A Markdown text as texts of at most `limit` characters, split between paragraphs where that is possible; each fence is
    closed in the text in which it was opened, and opened again in the next.
    """
    chunks = to_chunks(markdown, dialect, files_url=files_url)
    return join((piece for chunk in chunks for piece in _pieces(chunk, limit, dialect)), limit, dialect, between="\n\n")


def join(texts: Iterable[str], limit: int, dialect: Dialect, *, between: str = "\n") -> list[str]:
    """Texts joined while they fit into `limit`, and cut where one alone does not."""
    joined: list[str] = []
    for piece in (piece for text in texts for piece in cut(text, limit, dialect)):
        if joined and dialect.length(joined[-1]) + len(between) + dialect.length(piece) <= limit:
            joined[-1] = f"{joined[-1]}{between}{piece}"
        else:
            joined.append(piece)
    return joined


def cut(text: str, limit: int, dialect: Dialect) -> list[str]:
    """Pieces of at most `limit` characters that are not empty, cut at line ends or spaces, never within what belongs together."""
    pieces = []
    while dialect.length(text) > limit:
        end = _end(text, limit, dialect)
        pieces.append(text[:end].rstrip())
        text = text[end:].lstrip("\n ")
    return [piece for piece in [*pieces, text] if piece.strip()]


def _pieces(chunk: Chunk, limit: int, dialect: Dialect) -> Sequence[str]:
    if not chunk.is_code:
        return [chunk.text]
    room = limit - 2 * len(FENCE) - 2
    return [f"{FENCE}\n{piece}\n{FENCE}" for piece in cut(chunk.text, room, dialect)]


def _end(text: str, limit: int, dialect: Dialect) -> int:
    most = limit
    while (over := dialect.length(text[:limit]) - most) > 0:
        limit -= max(1, over // 2)
    for mark in ("\n", " "):
        at = text.rfind(mark, limit // 2, limit)
        if at > 0 and not dialect.is_within(text, at):
            return at
    at = limit
    while at > 1 and dialect.is_within(text, at):
        at -= 1
    return at if at > 1 else limit
