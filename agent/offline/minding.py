"""Reads “would you mind emailing …” as “could you email …”: who is asked so politely is asked for what the verb says."""

from __future__ import annotations

import re
from functools import cache

from agent.offline.lexicon.words import alternation, sentence_words
from agent.offline.text import Text, exchanged

_VOWELS = "aeiou"
_SHORTEST = 3


def without_minding(text: Text) -> Text:
    """The same message, asked for with “could you”, where it is English and asks whether somebody minds."""
    match = _minding().search(text.low)
    if match is None:
        return text
    changes = [(*match.span("mind"), "could you"), (*match.span("verb"), _verbs()[match["verb"]])]
    return exchanged(text, changes)


@cache
def _minding() -> re.Pattern[str]:
    return re.compile(
        rf"(?<![\w'-])(?P<mind>(?:(?:would|do)\s+(?:you|u)\s+)?mind)\s+(?P<verb>{alternation(list(_verbs()))})(?![\w'-])"
    )


@cache
def _verbs() -> dict[str, str]:
    """What people ask for, as it is said after “mind”: emailing, posting, making, putting."""
    return {form: verb for verb in sorted(sentence_words().verbs) for form in _forms(verb)}


def _forms(verb: str) -> set[str]:
    forms = {f"{verb}ing"}
    if verb.endswith("e"):
        forms.add(f"{verb[:-1]}ing")
    if len(verb) >= _SHORTEST and verb[-1] not in f"{_VOWELS}wxy" and verb[-2] in _VOWELS and verb[-3] not in _VOWELS:
        forms.add(f"{verb}{verb[-1]}ing")
    return forms
