"""Queries and dotted paths, which are known by their form."""

from __future__ import annotations

import re
from functools import cache

from agent.offline.lexicon.words import alternation, sentence_words
from agent.offline.span import QUERY
from agent.offline.value.board import TEXT_KINDS, Board
from catalog.workflow import Parameter


def is_code(name: str) -> bool:
    """Queries, paths and the like: plain words are never one."""
    return not sentence_words().code_names.isdisjoint(name.split("_"))


_IDENTIFIER = re.compile(r"(?<![\w./@#-])[^\W\d]\w*(?:[._]\w+|\[\d+\])+(?![\w/])")


_GLOB = re.compile(r"(?<![\w*?/])[\w./-]*\*[\w.*?/-]*")
_FIELD = re.compile(r"(?P<lead>\b[\w-]+)\s+(?P<field>[^\W\d]\w*(?:\.\w+)+)(?![\w/])")


def take_code(board: Board) -> None:
    """A query or a dotted path is known by its form."""
    for name, parameter in board.open(*TEXT_KINDS):
        if not is_code(name):
            continue
        if not parameter.is_required:
            _take_optional(board, name, parameter)
            continue
        pattern = QUERY if parameter.kind == "long_text" else _IDENTIFIER
        match = pattern.search(board.sentence.masked)
        if match is not None:
            stop = _query_end().search(board.sentence.masked, match.start() + 1, match.end())
            text, end = board.text_from(match.start(), stop.start() if stop else match.end())
            board.values[name] = text
            board.hard.append((match.start(), end))


@cache
def _query_end() -> re.Pattern[str]:
    """Where a query that stands in no quotes is over: what is to be done with its result is said."""
    verbs = alternation(sorted(sentence_words().verbs))
    return re.compile(
        rf"\s*,?\s+(?:and|then)\s+(?:then\s+)?(?:{verbs})\b(?!\s*[=<>]|\s+(?:in|like|is|between|not|and|or)\b)"
        r"|\s+(?:to|as|into|in)\s+(?:an?|the|chat|excel|csv|here)\b|\s+(?:goes|gets|rises|exceeds|is\s+(?:over|above))\b|\s+here\b"
    )


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
