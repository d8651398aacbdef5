"""Puts slips right in the words that commands are made of: “lsit my wrokflows”. Touches no other word."""

from __future__ import annotations

import re
from functools import cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from agent.offline.lexicon.words import intent_words

_SHORTEST = 4
"""Shorter words are alike by chance."""
_LONG = 9
"""From so many letters on, two slips are put right."""
_WORD = re.compile(r"(?<![\w@#./-])[^\W\d_]{3,}(?![\w@/-]|\.\w)")


def well_spelled(text: str) -> str:
    """The text with each word that is almost a command's word replaced by it."""
    return _WORD.sub(lambda match: _nearest(match[0]), text)


def _nearest(word: str) -> str:
    low = word.lower()
    if low in _words() or low in intent_words().command_words or len(low) < _SHORTEST:
        return word
    slips = 2 if len(low) >= _LONG else 1
    found = process.extractOne(low, _long_words(), scorer=OSA.distance, score_cutoff=slips)
    return found[0] if found and found[0][0] == low[0] else word


@cache
def _long_words() -> list[str]:
    return sorted(word for word in intent_words().command_words if len(word) >= _SHORTEST)


@cache
def _words() -> frozenset[str]:
    """Words that are right as they are, although a command's word is near."""
    return frozenset(
        {"list", "show", "steps", "post", "test", "name", "paste", "cause", "state", "flow", "flows", "reports"}
    )
