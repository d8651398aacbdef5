"""A message while its values are collected: what was found and where, and which places are still free. Finds nothing itself."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache

from pydantic import JsonValue

from agent.offline.lexicon.words import alternation, sentence_words, value_words
from agent.offline.sentence import Sentence
from agent.offline.span import Span, SpanKind

QUOTES: tuple[SpanKind, ...] = ("quoted", "code")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One value under a plain name, with its place: the word that introduces it included."""

    name: str
    value: JsonValue
    start: int
    end: int


@dataclass(slots=True)
class Page:
    """`found` in the order of finding. Times that are said (`times`) belong to no name or text."""

    sentence: Sentence
    found: list[Found] = field(default_factory=list)
    times: tuple[tuple[int, int], ...] = ()

    @property
    def plain(self) -> str:
        return self.sentence.text.plain

    @property
    def masked(self) -> str:
        return self.sentence.masked

    def put(self, name: str, value: JsonValue, start: int, end: int) -> None:
        self.found.append(Found(name=name, value=value, start=start, end=end))

    def drop_inside(self, start: int, stop: int) -> None:
        """What stands in a text is part of it, and no value of its own."""
        self.found[:] = [f for f in self.found if not (start <= f.start and f.end <= stop)]

    def is_free(self, start: int, end: int) -> bool:
        return not any(f.start < end and start < f.end for f in self.found)

    def is_time(self, at: int) -> bool:
        return any(a <= at < b for a, b in self.times)

    def free(self, *kinds: SpanKind) -> list[Span]:
        """Spans of these kinds that no value has."""
        return [s for s in self.sentence.spans if s.kind in kinds and self.is_free(s.start, s.end)]

    def span_at(self, at: int, *kinds: SpanKind) -> Span | None:
        return next((s for s in self.sentence.spans if s.start == at and s.kind in kinds), None)

    def before(self, at: int, size: int = 40) -> str:
        """The words before a place, values and marks blanked."""
        return self.masked[max(0, at - size) : at]

    def lead(self, at: int) -> str:
        """The word right before a place, articles aside."""
        match = _last_word().search(self.before(at))
        return " ".join(match["word"].split()) if match else ""

    def says(self, pattern: re.Pattern[str]) -> bool:
        return pattern.search(self.masked) is not None


@cache
def any_word(*words: str) -> re.Pattern[str]:
    """One of these as a whole word or phrase."""
    return re.compile(rf"(?<![\w'-])(?:{alternation(list(words))})(?![\w'-])")


@cache
def ends_in(*words: str) -> re.Pattern[str]:
    """A text that ends with one of these, articles and marks after it aside."""
    articles = alternation(sentence_words().articles)
    return re.compile(rf"(?<![\w'-])(?P<word>{alternation(list(words))})(?:\s+(?:{articles}))?[\s:=(\"']*$")


@cache
def _last_word() -> re.Pattern[str]:
    return re.compile(rf"(?P<word>[\w/'-]+)(?:\s+(?:{alternation(sentence_words().articles)}))?[\s:=(]*$")


@cache
def small() -> frozenset[str]:
    """Words that are never the name of something."""
    words = sentence_words()
    return (
        words.small_words
        | words.verbs
        | words.carriers
        | frozenset((*words.prepositions, *words.articles, *words.clause_words))
    )


@cache
def services() -> frozenset[str]:
    return frozenset(
        (*sentence_words().services, *value_words().services, *value_words().task_boards, *value_words().trackers)
    )


def is_service(word: str) -> bool:
    return word.lower() in services()
