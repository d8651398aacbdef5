"""Emoji in a sentence: the character, `:its_name:`, or a name that the words around it tell (“the bug emoji”)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from agent.offline.lexicon.words import alternation, value_words
from agent.offline.sentence import Sentence

_SIGN = r"[\U0001F000-\U0001FAFF\u2300-\u23FF\u2600-\u27BF\u2B00-\u2BFF][\ufe0f\u20e3\U0001F3FB-\U0001F3FF]*"
_FORM = re.compile(rf"(?P<sign>{_SIGN})|(?<![\w:]):(?P<code>(?=[\d_+-]*[a-z+-])[\w+-]{{1,60}}):(?![\w:])")


@dataclass(frozen=True, slots=True)
class Emoji:
    """`place` counts in `Text.plain`."""

    value: str
    place: tuple[int, int]


def find_emoji(sentence: Sentence) -> Sequence[Emoji]:
    """By form; where there is none, by the words around it."""
    if formed := formed_emoji(sentence):
        return formed
    masked = sentence.masked
    return [
        Emoji(match[name], match.span())
        for match in _named().finditer(masked)
        for name in ("first", "last")
        if match[name] and match[name] not in value_words().not_emoji
    ]


def formed_emoji(sentence: Sentence) -> Sequence[Emoji]:
    """Only what its form tells."""
    masked, literal = sentence.masked, sentence.text.literal
    return [Emoji(match["code"] or literal(*match.span()), match.span()) for match in _FORM.finditer(masked)]


@cache
def _named() -> re.Pattern[str]:
    words = value_words().emoji
    name = r"[a-z+-][\w+-]{1,40}"
    return re.compile(
        rf"(?<!\w)(?:(?P<first>{name})\s+(?:{alternation(words.before)})"
        rf"|(?:{alternation(words.after)})\s+(?:(?:the|a|an)\s+)?(?P<last>{name}))(?!\w)"
    )
