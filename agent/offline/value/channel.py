"""On which surface a channel is, where the words next to it say so: “#announcements from slack”, “discord #news”."""

from __future__ import annotations

import re
from functools import cache

from agent.offline.lexicon.words import alternation, clause_words
from agent.offline.sentence import Sentence
from agent.offline.span import Span
from catalog.kinds.address import SURFACES


def on_surface(sentence: Sentence, span: Span) -> str:
    """The channel, with its surface where that is named (`slack:#ops`)."""
    if not span.value.startswith("#"):
        return span.value
    before = _before().search(sentence.masked, 0, span.start)
    after = _after().match(sentence.masked, span.end)
    named = next((match for match in (before, after) if match is not None), None)
    surface = next((name for name in _surfaces() if named and named[name]), "")
    return f"{surface}:{span.value}" if surface else span.value


def _surfaces() -> dict[str, list[str]]:
    return {name: words for name, words in clause_words().surfaces.items() if name in SURFACES}


@cache
def _named() -> str:
    return "|".join(f"(?P<{name}>{alternation(words)})" for name, words in _surfaces().items())


@cache
def _before() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{_named()})(?:'s)?\s+(?:channel\s+)?(?:the\s+)?$")


@cache
def _after() -> re.Pattern[str]:
    """Not where another channel follows: “#ops in slack #archive”."""
    return re.compile(rf"\s*(?:channel\s+)?(?:on|in|from|of|at)\s+(?:{_named()})(?!\w)(?!\s*\x00*#)")
