"""Reads the answer to “which of these?”: a number, an ordinal, or a title. Knows no template."""

from __future__ import annotations

import re
from collections.abc import Mapping

from rapidfuzz import fuzz, process, utils

from agent.offline import calibration
from agent.offline.lexicon.words import intent_words

_LONGEST_TITLE = 60
"""A longer answer is a new sentence."""


def index_of(said: str, titles: Mapping[int, str], count: int) -> int | None:
    """0-based, among `count` choices of which `titles` are still known; none when it names none of them."""
    index = _index(said, count)
    if index is None and len(said) < _LONGEST_TITLE:
        found = process.extractOne(
            said,
            titles,
            scorer=fuzz.token_set_ratio,
            processor=utils.default_process,
            score_cutoff=calibration.LOOSE_NAME_RATIO,
        )
        index = int(found[2]) if found else None
    return index


def _index(said: str, count: int) -> int | None:
    """0-based: "2", "the second one", "option b", "last"."""
    words = (
        re.sub(r"\b(?:the|one|option|number|no|choice|please|i mean|i want|take|use|it's)\b", " ", said).split()
        or said.split()
    )
    if len(words) != 1:
        return None
    number = int(words[0]) if words[0].isdecimal() else intent_words().ordinals.get(words[0])
    if number is None or not (number == -1 or 1 <= number <= count):
        return None
    return count - 1 if number == -1 else number - 1
