"""What an SQL statement would do, told from its words. A cautious reading, not a parser: what it does not know counts
as a change. Runs nothing.
"""

from __future__ import annotations

import re

from core.errors import RejectedError
from tools.step import Effect, Risk

_SHAPE = r"""
    (?P<comment>--[^\n]*|/\*(?!!).*?(?:\*/|\Z))
    |(?P<quoted>\$(?P<tag>[A-Za-z_]*)\$.*?(?:\$(?P=tag)\$|\Z)|%s|"(?:[^"]|"")*(?:"|\Z)|`[^`]*(?:`|\Z))
    |(?P<word>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<end>;)
    |(?P<other>\S)
    """
_STANDARD = re.compile(_SHAPE % r"'(?:[^']|'')*(?:'|\Z)", re.DOTALL | re.VERBOSE)
_BACKSLASHED = re.compile(_SHAPE % r"'(?:[^'\\]|''|\\.)*(?:'|\Z)", re.DOTALL | re.VERBOSE)
_READING = frozenset({"select", "with", "show", "explain", "describe", "desc", "values", "table"})
_CHANGING = frozenset({"insert", "update", "delete", "merge", "into", "create", "execute"})
_ADDING = frozenset({"insert", "create"})


def words_of(statement: str) -> list[str]:
    """Return the bare words in small letters, without texts, quoted names and comments.

    Databases disagree on what a backslash in a text means; then the words of both readings are returned. Raises
    RejectedError when there is nothing, or more than one statement.
    """
    words = _words(statement, _STANDARD)
    return words + _words(statement, _BACKSLASHED) if "\\" in statement else words


def _words(statement: str, shape: re.Pattern[str]) -> list[str]:
    words: list[str] = []
    is_ended = False
    for token in shape.finditer(statement):
        if token["end"]:
            is_ended = True
        elif token["comment"] is None:
            if is_ended:
                raise RejectedError("Only one SQL statement is run at a time.")
            if token["word"]:
                words.append(token["word"].lower())
    if not words:
        raise RejectedError("There is no SQL statement.")
    return words


def with_escaped_texts(statement: str) -> str:
    r"""Return the statement with `\:` for each colon in texts, quoted names and comments, where no parameter is meant."""
    return _STANDARD.sub(
        lambda token: token[0].replace(":", "\\:") if token["quoted"] or token["comment"] else token[0], statement
    )


def effect_of(statement: str) -> Effect:
    """Return READ for a statement that only looks, else ONCE."""
    try:
        words = words_of(statement)
    except RejectedError:
        return Effect.ONCE
    only_looks = words[0] in _READING and not _CHANGING.intersection(words)
    return Effect.READ if only_looks else Effect.ONCE


def risk_of(statement: str) -> Risk:
    """Return NONE for one that only looks, LOW for one that only adds, HIGH for all that may lose what is there."""
    if effect_of(statement) is Effect.READ:
        return Risk.NONE
    try:
        words = words_of(statement)
    except RejectedError:
        return Risk.HIGH
    only_adds = words[0] in _ADDING and not {"update", "replace", "delete"}.intersection(words)
    return Risk.LOW if only_adds else Risk.HIGH
