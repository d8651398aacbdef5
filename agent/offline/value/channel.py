"""On which surface a channel is: the words next to it say so (“#announcements from slack”, “discord #news”), or the message
as a whole (“discord: post … to #raids”). Knows nothing of what surfaces are connected.
"""

from __future__ import annotations

import re
from functools import cache

from agent.offline.lexicon.words import alternation, clause_words, sentence_words
from agent.offline.sentence import Sentence
from agent.offline.span import Span
from agent.offline.told import told_from
from catalog.kinds.address import SURFACES

_MARKS = ("#", "@")


def on_surface(sentence: Sentence, span: Span) -> str:
    """The channel or the person, with the surface where that is named (`slack:#ops`, `discord:@ana`)."""
    if not span.value.startswith(_MARKS):
        return span.value
    named = _beside(sentence, span)
    surface = next((name for name in _surfaces() if named and named[name]), "") or named_surface(sentence)
    return f"{surface}:{span.value}" if surface else span.value


def place_of(sentence: Sentence, span: Span) -> tuple[int, int]:
    """Where a channel stands, with the surface beside it."""
    named = _beside(sentence, span) if span.value.startswith(_MARKS) else None
    return (min(span.start, named.start()), max(span.end, named.end())) if named else (span.start, span.end)


def _beside(sentence: Sentence, span: Span) -> re.Match[str] | None:
    return _before().search(sentence.masked, 0, span.start) or _after().match(sentence.masked, span.end)


def named_surface(sentence: Sentence) -> str:
    """The only surface that is named as the place where something is to be posted; empty without one, and with several."""
    told = told_from(sentence.masked, sentence.spans)
    command = sentence.masked[: told.start] if told else sentence.masked
    found = {match.lastgroup or "" for match in _place().finditer(command)}
    mentioned = {match.lastgroup for match in re.finditer(rf"(?<!\w)(?:{_named()})(?!\w)", command)}
    return found.pop() if len(found) == 1 and len(mentioned) == 1 else ""


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


@cache
def _place() -> re.Pattern[str]:
    """“discord: …” and “slack #ops …” at the beginning, “in the discord”, “a slack message”."""
    openers, nouns = alternation(sentence_words().openers), alternation(clause_words().surface_nouns)
    into = alternation(clause_words().surface_leads)
    ways = []
    for name, words in _surfaces().items():
        said = alternation(words)
        first = rf"^(?:[\s,.!]|(?:{openers})\b)*(?:{said})(?=\s*:|\s+\x00)"
        ways.append(
            rf"(?P<{name}>{first}|(?<!\w)(?:{into})\s+(?:{said})(?![\w'-])|(?<!\w)(?:{said})\s+(?:{nouns})(?!\w))"
        )
    return re.compile("|".join(ways))
