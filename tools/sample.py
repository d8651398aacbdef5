"""Guesses the columns that an SQL statement gives, for the row that a rehearsal pretends. Not a parser: it may be wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydantic import JsonValue

_TOKEN = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\"[^\"]*\"|`[^`]*`|\[[^\]]*\]|\w+|\S", re.DOTALL)
_MOST = 100
_END = frozenset(("from", "where", "limit", "order", "group", "union", "into", ";"))


def sample_row(statement: str) -> dict[str, JsonValue]:
    """Return one row with the columns of the outermost SELECT or RETURNING; empty when there is none."""
    columns: list[str] = []
    for item in _items(statement):
        words = [token for token in item if re.match(r"[\w\"`\[]", token)]
        if item[-1] == "*":
            columns += ["id", "name"]
        elif words:  # `count(*)` is called count, `price * 2 AS total` total
            columns.append((words[0] if item[-1] == ")" else words[-1]).strip('"`[]'))
    return {name: position for position, name in enumerate(dict.fromkeys(columns[:_MOST]), start=1)}


def _items(statement: str) -> Iterator[list[str]]:
    """Yield the tokens of each column expression."""
    depth = 0
    item: list[str] | None = None
    for token in _TOKEN.findall(statement):
        word = token.lower()
        depth += {"(": 1, ")": -1}.get(token, 0)
        if token.startswith(("--", "/*")):
            continue
        if depth == 0 and item is None:
            item = [] if word in ("select", "returning") else None
        elif item is not None and depth == 0 and (word in _END or token == ","):
            if item:
                yield item
            if token != ",":
                return
            item = []
        elif item is not None and not (not item and word in ("distinct", "all")):
            item.append(token)
    if item:
        yield item
