"""Reads “would you mind emailing …” as “could you email …”: who is asked so politely is asked for what the verb says."""

from __future__ import annotations

import re
from functools import cache

from agent.offline.lexicon.words import alternation, sentence_words
from agent.offline.text import Text, exchanged
from agent.offline.verb_form import gerunds


def without_minding(text: Text) -> Text:
    """The same message, asked for with “could you”, where it is English and asks whether somebody minds."""
    match = _minding().search(text.low)
    if match is None:
        return text
    changes = [(*match.span("mind"), "could you"), (*match.span("verb"), gerunds()[match["verb"]])]
    return exchanged(text, changes)


@cache
def _minding() -> re.Pattern[str]:
    return re.compile(
        rf"(?<![\w'-])(?P<mind>(?:(?:would|do)\s+(?:you|u)\s+)?mind)\s+(?P<verb>{alternation(list(gerunds()))})(?![\w'-])"
        rf"(?!\s+(?:{alternation(sentence_words().wishing_less)})\b)"
    )
