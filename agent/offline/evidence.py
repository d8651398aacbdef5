"""How well a message fits a template, weighed from retrieval and from what can be told without it.

The template's own words (with synonyms) must explain most of what the message says, apart from the values in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from agent.offline import calibration as weight
from agent.offline.intent import is_question
from agent.offline.lexicon.words import alternation, sentence_words
from agent.offline.sentence import Sentence
from agent.offline.value.fill import Filled, fill
from catalog.retrieval.words import Term, Words
from catalog.workflow import Template


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """A template with what it would be given, and its score."""

    template: Template
    filled: Filled
    score: float


class Evidence:
    """Knows the words of every template. Built once; weighing a template takes well under a millisecond."""

    def __init__(self, templates: Mapping[str, Template], words: Words | None = None) -> None:
        self._words = words or Words()
        self._known = {template.id: self._vocabulary(template) for template in templates.values()}
        self._asks = {template.id: {_bare(ask) for ask in template.asks} for template in templates.values()}
        self._services = {service.lower() for template in templates.values() for service in template.services}

    def weigh(self, template: Template, sentence: Sentence, retrieved: float) -> Weighed:
        """Score one template for one sentence."""
        filled = fill(template, sentence)
        low = sentence.low
        score = weight.RETRIEVAL * retrieved + weight.COVERAGE * self._coverage(template, sentence, filled)
        score += (
            weight.VERB
            if starts_with_verb(sentence.masked)
            else 0.0
            if filled.typed or filled.spoken
            else weight.NO_VERB
        )
        score += (
            min(weight.TYPED_VALUES_AT_MOST, weight.TYPED_VALUE * filled.typed) + weight.UNUSED_SPAN * filled.unused
        )
        score += self._services_named(template, low)
        if sentence.spoken is not None:
            score += weight.SCHEDULE_FITS if _allows_time(template, filled) else weight.SCHEDULE_UNFIT
        if is_question(low):
            score += weight.QUESTION_WITH_VALUES if filled.typed else weight.QUESTION
        if _bare(low) in self._asks[template.id]:
            score = max(score, weight.SAME_ASK)
        return Weighed(template=template, filled=filled, score=max(0.0, min(1.0, score)))

    def _vocabulary(self, template: Template) -> frozenset[str]:
        parameters = (
            text
            for n, p in template.parameters.items()
            for text in (n.replace("_", " "), p.label, *p.words, *p.options)
        )
        texts = (*template.asks, template.title, template.summary, *template.services, *parameters)
        return frozenset(token for text in texts for term in self._words.terms(text) for token in _tokens(term))

    def _coverage(self, template: Template, sentence: Sentence, filled: Filled) -> float:
        """The part of the message's meaning that the template's words explain; values count neither way."""
        known = self._known[template.id]
        rest = _without_values(sentence, filled)
        explained = total = 0.0
        for term in self._words.terms(rest):
            if term.weight < weight.VERB * 4 or not term.text:
                continue
            total += term.weight
            if any(token in known for token in _tokens(term)):
                explained += term.weight if term.stem in known else 0.8 * term.weight
        return explained / total if total >= 1.0 else 0.5 * explained

    def _services_named(self, template: Template, low: str) -> float:
        named = set(_service_pattern(frozenset(self._services)).findall(low)) if self._services else set()
        own = {service.lower() for service in template.services}
        foreign = set(_foreign_services().findall(low)) - own
        return (weight.SERVICE_NAMED if named & own else 0.0) + (weight.SERVICE_ELSEWHERE if foreign else 0.0)


def _tokens(term: Term) -> Iterable[str]:
    yield term.stem
    for concept in term.concepts:
        yield f"~{concept}"


def _without_values(sentence: Sentence, filled: Filled) -> str:
    """The message without times, spans and the texts that were taken as values."""
    low = sentence.masked
    for start, end in (*(sentence.spoken.fragments if sentence.spoken else ()), *sentence.dropped):
        low = low[:start] + " " * (end - start) + low[end:]
    for value in filled.values.values():
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str) and len(text) > 1:
                low = low.replace(text.lower(), " ", 1)
    return low.replace("\x00", " ")


def _allows_time(template: Template, filled: Filled) -> bool:
    return "schedule" in template.trigger.allowed or (filled.spoken is None and bool(filled.typed))


@lru_cache(maxsize=1)
def _opening_verb() -> re.Pattern[str]:
    words = sentence_words()
    return re.compile(
        rf"(?:[\s,.:;!–—\x00-]|(?:{alternation(words.openers)})\b)*(?:{alternation(sorted(words.verbs))})\b"
    )


def starts_with_verb(masked: str) -> bool:
    """Whether it begins like a request, times and polite words aside; also after "every monday at 9" or "when …,"."""
    if _opening_verb().match(masked):
        return True
    verbs = alternation(sorted(sentence_words().verbs))
    return (
        re.search(rf"(?:[,;:]|\d|\bevery \w+|\bday|\bmorning)\s+(?:please\s+)?(?:{verbs})\b", masked[:160]) is not None
    )


@lru_cache(maxsize=4)
def _service_pattern(services: frozenset[str]) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{alternation(sorted(services))})\b")


@lru_cache(maxsize=1)
def _foreign_services() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{alternation(sentence_words().services)})\b")


def _bare(text: str) -> str:
    return " ".join(re.findall(r"[\w@#/:.-]+", text.lower()))
