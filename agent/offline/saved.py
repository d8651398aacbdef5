"""Whether words may be what a person calls a saved automation: a name that is known, or the way people speak of one."""

from __future__ import annotations

import re

from rapidfuzz import fuzz, process, utils

from agent.interpreter import View
from agent.offline import calibration
from agent.offline.intent import Meaning
from agent.offline.lexicon.words import intent_words, sentence_words

_LAST_ONE = {"it", "that", "this", "this one", "that one", "the last one", "last one", "the last", "them"}
_LONGEST_NAME = 6
"""Words; what is longer is a sentence."""
_NOT_IN_A_NAME = re.compile(
    r"\b(?:every|each|when|whenever|if|to|into|onto|from|with|for|at|on|in|by|via|and|or|a|an|new|another|music|lights?|volume)\b"
    r"|[\w-]\.\w{2,5}\b|[@#/:]"
)


def read_name(meaning: Meaning, view: View, *, is_sure: bool = False, takes_work: bool = True) -> str | None:
    """What the automation is called; empty for the last one spoken of; none when no automation is meant.

    A name that is not known counts when the words say that it is one (“the backup workflow”), when it is a kind of work
    (“the weekly report”) and `takes_work`, or when the sentence `is_sure` to be about one.
    """
    said = meaning.slots.get("name", "").strip()
    plain = said.strip("\"'“”‘’`").strip()
    read = meaning.said.get("name", "").strip("\"'“”‘’` ")
    low = re.sub(r"^(?:the|my|our|this|that)\s+", "", read)
    nouns = intent_words().control_nouns
    if low in _LAST_ONE or low in nouns or read in _LAST_ONE:
        return ""
    if (known := closest(plain, view.workflow_names) or closest(low, view.workflow_names)) is not None:
        return known
    words = set(low.split())
    if len(words) > _LONGEST_NAME or _NOT_IN_A_NAME.search(low) or words <= sentence_words().small_words:
        return None
    if words & nouns:
        return " ".join(word for word in plain.split() if word.lower() not in nouns)
    is_work = takes_work and bool(words & intent_words().work_nouns)
    return plain if is_work or is_sure or plain != said or low.lstrip("#").isdecimal() else None


def closest(said: str, names: list[str]) -> str | None:
    """The saved name that is meant, or none."""
    if not names or not said:
        return None
    found = process.extractOne(
        said, names, scorer=fuzz.token_set_ratio, processor=utils.default_process, score_cutoff=calibration.NAME_RATIO
    )
    return found[0] if found else None
