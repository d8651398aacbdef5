"""Queries and dotted paths, which are known by their form."""

from __future__ import annotations

import re

from pydantic import JsonValue

from agent.offline.lexicon.words import sentence_words
from agent.offline.value.board import TEXT_KINDS, Board
from catalog.workflow import Parameter


def is_code(name: str) -> bool:
    """Queries, paths and the like: plain words are never one."""
    return not sentence_words().code_names.isdisjoint(name.split("_"))


_SQL = re.compile(
    r"\b(?:select\s.+?\sfrom|insert\s+into|update\s.+?\sset|delete\s+from|with\s+\w+\s+as)\s+.*", re.DOTALL
)

_IDENTIFIER = re.compile(r"(?<![\w./@#-])[^\W\d]\w*(?:[._]\w+|\[\d+\])+(?![\w/])")


_GLOB = re.compile(r"(?<![\w*?/])[\w./-]*\*[\w.*?/-]*")
_FIELD = re.compile(r"(?P<lead>\b[\w-]+)\s+(?P<field>[^\W\d]\w*(?:\.\w+)+)(?![\w/])")


def is_query(value: JsonValue) -> bool:
    """Whether a value has the form of SQL."""
    return isinstance(value, str) and _SQL.match(value.lower()) is not None


def take_code(board: Board) -> None:
    """A query or a dotted path is known by its form."""
    for name, parameter in board.open(*TEXT_KINDS):
        if not is_code(name):
            continue
        if not parameter.is_required:
            _take_optional(board, name, parameter)
            continue
        pattern = _SQL if parameter.kind == "long_text" else _IDENTIFIER
        match = pattern.search(board.sentence.masked)
        if match is not None:
            text, end = board.text_from(match.start(), match.end())
            board.values[name] = text
            board.hard.append((match.start(), end))


def _take_optional(board: Board, name: str, parameter: Parameter) -> None:
    """A pattern of file names by its form; a field only after a word of the parameter: “the value main.temp”."""
    masked = board.sentence.masked
    if name == "pattern":
        place = next((match.span() for match in _GLOB.finditer(masked)), None)
    else:
        fields = (match for match in _FIELD.finditer(masked) if match["lead"] in parameter.words)
        place = next((match.span("field") for match in fields), None)
    if place is not None and not board.is_taken(*place):
        board.values[name] = board.sentence.text.literal(*place)
        board.hard.append((board.lead_start(place[0]), place[1]))
