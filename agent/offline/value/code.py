"""Queries and dotted paths, which are known by their form."""

from __future__ import annotations

import re

from pydantic import JsonValue

from agent.offline.lexicon.words import sentence_words
from agent.offline.value.board import TEXT_KINDS, Board


def is_code(name: str) -> bool:
    """Queries, paths and the like: plain words are never one."""
    return not sentence_words().code_names.isdisjoint(name.split("_"))


_SQL = re.compile(
    r"\b(?:select\s.+?\sfrom|insert\s+into|update\s.+?\sset|delete\s+from|with\s+\w+\s+as)\s+.*", re.DOTALL
)

_IDENTIFIER = re.compile(r"(?<![\w./@#-])[^\W\d]\w*(?:[._]\w+|\[\d+\])+(?![\w/])")


def is_query(value: JsonValue) -> bool:
    """Whether a value has the form of SQL."""
    return isinstance(value, str) and _SQL.match(value.lower()) is not None


def take_code(board: Board) -> None:
    """A query or a dotted path is known by its form."""
    for name, parameter in board.open(*TEXT_KINDS):
        if not (is_code(name) and parameter.is_required):
            continue
        pattern = _SQL if parameter.kind == "long_text" else _IDENTIFIER
        match = pattern.search(board.sentence.masked)
        if match is not None:
            text, end = board.text_from(match.start(), match.end())
            board.values[name] = text
            board.hard.append((match.start(), end))
