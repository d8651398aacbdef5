"""Puts slips of the keys right in words that Errand listens for: “sned an emial”, “lsit my wrokflows”. What is written stays what
values are taken from; quotes, addresses and names are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from agent.offline.language import english_words
from agent.offline.lexicon.words import intent_words, sentence_words, time_words
from agent.offline.span import find_spans
from agent.offline.text import Text, exchanged

_SWAPPED = 4
"""So many letters are alike by chance, unless two of them are only swapped; shorter words always are."""
_SHORT = 5
"""Up to so many letters, one letter in place of another makes another word (“wrote”, “write”)."""
_LONG = 9
"""From so many letters on, two slips are put right."""
_TIME = 6
"""Shorter words for times are alike by chance too."""
_MOST = 8
"""A message with more slips than this is in no language that is known here."""
_WORD = re.compile(r"(?<![\w@#./'’-])[^\W\d_]{4,}(?![\w@/'’-]|\.\w)")
_LEAD = re.compile(r"(\w+)\s+$")


class Speller:
    """Knows the words that are meant (`wanted`) and those that are right as they are."""

    def __init__(self, wanted: Iterable[str], right: Iterable[str] = ()) -> None:
        self._by_letter: dict[str, list[str]] = {}
        for word in sorted({one for one in wanted if len(one) >= _SWAPPED and one.isalpha()}):
            self._by_letter.setdefault(word[0], []).append(word)
        self._right = frozenset(right) | sentence_words().right_words
        self._right |= frozenset(word for words in self._by_letter.values() for word in words)

    def nearest(self, word: str) -> str:
        """The word that is meant; the word itself where it is right, or none is alike."""
        low = word.lower()
        if low in self._right or len(low) < _SWAPPED:
            return word
        slips = 2 if len(low) >= _LONG else 1
        found = process.extractOne(low, self._by_letter.get(low[0], ()), scorer=OSA.distance, score_cutoff=slips)
        if found is None:
            return word
        is_swapped = sorted(found[0]) == sorted(low)
        is_other = len(low) <= _SHORT and len(found[0]) == len(low)
        return word if (is_other or len(low) == _SWAPPED) and not is_swapped else found[0]

    def put_right(self, text: Text) -> Text:
        """The message with its slips put right where it speaks to Errand; each word keeps its place in what was written."""
        spans = [(span.start, span.end) for span in find_spans(text)]
        changes = []
        for match in _WORD.finditer(text.plain):
            if any(start < match.end() and match.start() < end for start, end in spans) or _is_name(match):
                continue
            meant = self.nearest(match[0])
            if meant != match[0]:
                changes.append((*match.span(), meant))
        return exchanged(text, changes) if 0 < len(changes) <= _MOST else text


def well_spelled(text: str) -> str:
    """The text with each word that is almost a command's word replaced by it."""
    return _WORD.sub(lambda match: _commands().nearest(match[0]), text)


def times_right(text: Text) -> Text:
    """The message with its words for times put right: a day that was mistyped must not be overheard."""
    return _times().put_right(text)


def _is_name(match: re.Match[str]) -> bool:
    """A capital inside a sentence, unless a day or month may stand there."""
    if not match[0][0].isupper() or not match.string[: match.start()].strip():
        return False
    lead = _LEAD.search(match.string[max(0, match.start() - 20) : match.start()])
    return lead is None or lead[1].lower() not in sentence_words().before_days


@cache
def _commands() -> Speller:
    return Speller(intent_words().command_words)


@cache
def _times() -> Speller:
    words = time_words()
    listed = (
        *words.weekdays.values(), *words.months.values(), *words.units.values(), *words.dayparts.values(),
        *words.named_days.values(), words.plurals,
    )  # fmt: skip
    wanted = {word for some in listed for phrase in some for word in phrase.split() if len(word) >= _TIME}
    return Speller(wanted, right=english_words())
