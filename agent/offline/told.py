"""Where what is to be told begins in a message: after the colon of "post in #x: …", after "saying …", "that …". Reads no values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from agent.offline.lexicon.words import alternation, sentence_words, value_words
from agent.offline.span import Span

_RECIPIENTS = {"email", "channel", "mention", "phone"}


@dataclass(frozen=True, slots=True)
class Told:
    """`is_marked`: a colon leads to it, so that all that follows belongs to it."""

    start: int
    is_marked: bool


def told_from(masked: str, spans: Sequence[Span]) -> Told | None:
    """The place from which on the words are somebody's to read, or none. A quote is told by its marks alone."""
    places = [
        match for match in _leads().finditer(masked) if match.end() < len(masked) and masked[match.end()] != "\x00"
    ]
    for match in places:
        head = masked[: match.start()]
        is_addressed = any(s.kind in _RECIPIENTS and s.end <= match.start() for s in spans)
        speaks = _speaking().search(head) is not None
        if (is_addressed or speaks) and not _reminding().search(head):
            return Told(match.end(), is_marked=match["colon"] is not None)
        if match["colon"] and _asked_for().search(head):
            return Told(match.end(), is_marked=True)
    return None


@cache
def _leads() -> re.Pattern[str]:
    contents = alternation([w for w in value_words().contents if w not in {"say", "says"}])
    return re.compile(
        rf"(?<=[\w\x00>)\]])(?P<colon>:)\s+|(?<![\w'-])subject\b[^\n]{{1,160}}?\band\s+(?:with\s+|for\s+)?(?:the\s+)?(?:text|body|message)\b\s+|(?<![\w'-])(?:{contents})(?![\w'-])[\s:]*(?:that\s+)?|(?<=[\w\x00>])\s+that\s+"
    )


@cache
def _speaking() -> re.Pattern[str]:
    words = value_words()
    return re.compile(rf"(?<![\w'-])(?:{alternation([*words.messaging, *words.mailing])})(?![\w'-])")


@cache
def _asked_for() -> re.Pattern[str]:
    """“ask for approval: …”, “get a yes or no from me: …”."""
    return re.compile(rf"(?<![\w'-])(?:{alternation(sentence_words().asked_for)})(?![\w'-])")


@cache
def _reminding() -> re.Pattern[str]:
    return re.compile(rf"(?<![\w'-])(?:{alternation(value_words().scheduling)})")
