"""What a person takes back within one sentence: "at 9, I mean 10", "tomorrow, no, friday", "not monday but tuesday"."""

from __future__ import annotations

import re
from functools import cache

from agent.offline.lexicon.words import alternation, sentence_words, time_words

NOT_BUT = re.compile(r"[\s,]+(?:but|rather)\b\s*(?:\w+\s+)?")
NOT_BEFORE = re.compile(r"\bnot\s+(?:\w+\s+)?$")


@cache
def correction() -> re.Pattern[str]:
    """The words between what is taken back and what replaces it."""
    return re.compile(_words())


def _words() -> str:
    words = sentence_words()
    fillers = alternation([*words.prepositions, *words.articles])
    once = alternation(words.corrections)
    return rf"[\s,.;!–—-]+(?:{once})\b[\s,.;:!–—-]*(?:(?:{once}|{fillers})\b[\s,.;:!–—-]*)*"


@cache
def _times() -> tuple[re.Pattern[str], re.Pattern[str]]:
    weekdays = alternation([w for ws in time_words().weekdays.values() for w in ws])
    day = rf"(?:{weekdays}|today|tomorrow|tomorow|tonight)\b"
    clock = r"\d{1,2}(?:[:.h][0-5]\d)?\s?(?:[ap]\.?m\b)?"
    return (
        re.compile(
            rf"\b(?:(?:at|by|@)\s*)(?P<old>{clock}{_words()})(?={clock}(?:\W|$))|(?<![\w:])(?P<exact>\d{{1,2}}(?::[0-5]\d|\s?[ap]m\b){_words()})(?={clock}(?:\W|$))"
        ),
        re.compile(
            rf"\b(?P<old>{day}{_words()}(?:(?:on|next)\s+)?)(?={day})|\b(?P<denied>not\s+(?:on\s+)?{day}[\s,]+but\s+)(?=(?:on\s+)?{day})"
        ),
    )


def without_corrected_times(low: str) -> str:
    """The text with the times that were taken back blanked out, position by position."""
    if not any(word in low for word in (*sentence_words().corrections, "not ")):
        return low
    for pattern in _times():
        while (match := pattern.search(low)) is not None:
            start, end = next(match.span(name) for name in pattern.groupindex if match[name])
            low = low[:start] + " " * (end - start) + low[end:]
    return low
