"""Guesses the columns that an SQL statement gives, for the row that a rehearsal pretends. Not a parser: it may be wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydantic import JsonValue

_PIECE = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\"[^\"]*\"|`[^`]*`|\[[^\]]*\]|\w+|\S", re.DOTALL)
_MOST = 100
_END = frozenset(("from", "where", "limit", "order", "group", "union", "into", ";"))


def sample_row(statement: str) -> dict[str, JsonValue]:
    """Return one row with the columns of the outermost SELECT or RETURNING; empty when there is none."""
    columns: list[str] = []
    for item in _items(statement):
        words = [piece for piece in item if re.match(r"[\w\"`\[]", piece)]
        if item[-1] == "*":
            columns += ["id", "name"]
        elif words:  # `count(*)` is called count, `price * 2 AS total` total
            columns.append((words[0] if item[-1] == ")" else words[-1]).strip('"`[]'))
    return {name: position for position, name in enumerate(dict.fromkeys(columns[:_MOST]), start=1)}


def _items(statement: str) -> Iterator[list[str]]:
    """Yield the tokens of each column expression."""
    depth = 0
    item: list[str] | None = None
    for piece in _PIECE.findall(statement):
        word = piece.lower()
        depth += {"(": 1, ")": -1}.get(piece, 0)
        if piece.startswith(("--", "/*")):
            continue
        if depth == 0 and item is None:
            item = [] if word in ("select", "returning") else None
        elif item is not None and depth == 0 and (word in _END or piece == ","):
            if item:
                yield item
            if piece != ",":
                return
            item = []
        elif item is not None and not (not item and word in ("distinct", "all")):
            item.append(piece)
    if item:
        yield item
