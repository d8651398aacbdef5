"""Which parts of a sentence are already accounted for while values are read. Reads none itself."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache

from pydantic import JsonValue

from agent.offline.lexicon.words import alternation, sentence_words
from agent.offline.sentence import Sentence
from agent.offline.span import Span, SpanKind
from catalog.workflow import Parameter, Template

TEXT_KINDS = ("text", "long_text")


@dataclass(slots=True)
class Board:
    """`values` read so far. `hard` parts end a free text before them; `soft` ones (times) are only left out of it."""

    sentence: Sentence
    template: Template
    values: dict[str, JsonValue] = field(default_factory=dict)
    used: set[Span] = field(default_factory=set)
    hard: list[tuple[int, int]] = field(default_factory=list)
    soft: list[tuple[int, int]] = field(default_factory=list)
    _required_first: list[tuple[str, Parameter]] = field(init=False)

    def __post_init__(self) -> None:
        self._required_first = sorted(self.template.parameters.items(), key=lambda item: not item[1].is_required)

    def open(self, *kinds: str) -> list[tuple[str, Parameter]]:
        """Parameters of these kinds without a value: required ones first, then in the template's order."""
        return [(n, p) for n, p in self._required_first if p.kind in kinds and n not in self.values]

    def free_spans(self, *kinds: SpanKind) -> list[Span]:
        """Spans of these kinds that no value has taken and that are not part of a time."""
        return [
            s
            for s in self.sentence.spans
            if s.kind in kinds and s not in self.used and not any(a < s.end and s.start < b for a, b in self.soft)
        ]

    def take(self, span: Span) -> None:
        """Account for a span and the preposition or label before it."""
        self.used.add(span)
        self.hard.append((self.lead_start(span.start), span.end))

    def is_taken(self, start: int, end: int) -> bool:
        """Whether a value or a time has a part of this place."""
        return any(a < end and start < b for a, b in (*self.hard, *self.soft))

    def lead_start(self, start: int) -> int:
        match = _lead().search(self.sentence.low[max(0, start - 40) : start])
        return start - len(match[0]) if match else start

    def words_before(self, start: int) -> str:
        """The text before a position, without articles next to it: where an introducing word would end."""
        before = self.sentence.masked[max(0, start - 60) : start]
        return _articles().sub("", before.rstrip(" \t:=,\"'(")).rstrip(" :=,")

    def text_from(self, start: int, stop: int | None = None) -> tuple[str, int]:
        """Free text from a position to the next hard part, times left out; and where it ended."""
        size = len(self.sentence.text.plain)
        end = min([stop if stop is not None else size, *(a for a, b in self.hard if b > start and a >= start)])
        inside = next((b for a, b in self.hard if a < start < b), None)
        if inside is not None:
            return "", inside
        pieces, at = [], start
        for a, b in sorted(self.soft):
            if b <= at or a >= end:
                continue
            pieces.append(self.sentence.text.literal(at, max(at, a)))
            at = max(at, b)
        if at < end or not pieces:
            pieces.append(self.sentence.text.literal(at, end))
        return _joined(pieces), end


@cache
def _lead() -> re.Pattern[str]:
    words = sentence_words()
    names = alternation([*words.prepositions, *words.label_marks])
    articles = alternation(words.articles)
    return re.compile(rf"(?:(?:^|(?<=[\s,;(]))(?:{names})[\s:=]*)?(?:(?<=\s)(?:{articles})\s+)?[(]?$")


@cache
def _articles() -> re.Pattern[str]:
    return re.compile(rf"(?:\s+(?:{alternation(sentence_words().articles)}))+$")


_EDGES = " \t\n,;–—，；、"


def _joined(pieces: list[str]) -> str:
    return " ".join(piece for piece in (p.strip(_EDGES) for p in pieces) if piece)


def trimmed(text: str, *, keeps_period: bool = False, is_last: bool = False) -> str:
    """A value without the conjunctions and punctuation of the sentence that it stood in. A text that ends the sentence
    (`is_last`) keeps its last word: “please come by”.
    """
    words = text.strip().strip(_EDGES).strip()
    tail = _POLITE_TAIL if is_last and keeps_period else _TAIL if keeps_period else _NAME_TAIL
    while (shorter := tail.sub("", words).rstrip(_EDGES)) != words:
        words = shorter
    return words if keeps_period or words.endswith("..") else words.removesuffix(".").removesuffix("。")


_TAIL = re.compile(
    r"(?:^|\s+)(?:and|then|to|in|at|on|for|with|from|by|please|pls|plz|thanks|thank you|,)$", re.IGNORECASE
)


_POLITE_TAIL = re.compile(r"(?:^|\s+)(?:please|pls|plz|thanks|thank you|,)$", re.IGNORECASE)
_NAME_TAIL = re.compile(_TAIL.pattern.replace("(?:and|", "(?:is|are|and|"), re.IGNORECASE)


def ends_with(word: str, text: str) -> bool:
    """Whether a text ends with a whole word."""
    return text.endswith(word) and not text[: -len(word)][-1:].isalnum()


def starts_with(word: str, text: str) -> bool:
    """Whether a text starts with a whole word."""
    return text.startswith(word) and not text[len(word) : len(word) + 1].isalnum()
