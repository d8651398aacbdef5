"""Retrieval by words: BM25 over what a template says about itself, with stems and synonyms. Knows no vectors.

Templates come and go one by one: what is counted is kept as it is, and weighed only when it is looked for.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from catalog.retrieval.words import Term, Words
from catalog.workflow import Template

_TELLING = 0.1
_UNKNOWN_WEIGHT = 0.3
_CONCEPT = "~"
_SATURATION, _LENGTH_SHARE = 1.5, 0.75
"""BM25's k1 and b, in Lucene's form of it."""


def template_texts(template: Template) -> list[str]:
    """What is compared with a sentence: how people ask for it, its title, its summary and its services."""
    return [*template.asks, template.title, template.title, template.summary, " ".join(template.services)]


class LexicalIndex:
    """All templates in memory. Used by one thread."""

    def __init__(self, templates: Iterable[Template], words: Words) -> None:
        self._words = words
        self._ids: list[str] = []
        self._lengths = np.zeros(0)
        self._counts: dict[str, Counter[str]] = {}
        self._places: dict[str, int] = {}
        self._postings: dict[str, dict[int, int]] = {}
        self._arrays: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        for template in templates:
            self.put(template)

    def put(self, template: Template) -> None:
        """Add a template, or replace what it said before."""
        self.remove(template.id)
        texts = template_texts(template)
        counts = Counter(token for text in texts for token, _ in self._tokens(self._words.terms(text)))
        place = self._places.setdefault(template.id, len(self._ids))
        if place == len(self._ids):
            self._ids.append(template.id)
            self._lengths = np.append(self._lengths, 0.0)
        self._counts[template.id] = counts
        self._lengths[place] = counts.total()
        for token, count in counts.items():
            self._postings.setdefault(token, {})[place] = count
            self._arrays.pop(token, None)

    def remove(self, template_id: str) -> None:
        """Forget what a template says, if it is there. Its place stays its own, empty."""
        for token in self._counts.pop(template_id, ()):
            del self._postings[token][self._places[template_id]]
            if not self._postings[token]:
                del self._postings[token]
            self._arrays.pop(token, None)
        if template_id in self._places:
            self._lengths[self._places[template_id]] = 0.0

    def search(self, text: str, limit: int) -> dict[str, float]:
        """Return the best templates and their scores: which part of what the sentence tells was found (0 to 1)."""
        tokens = dict(self._tokens(self._words.terms(text)))
        known = [token for token in tokens if token in self._postings]
        if not known:
            return {}
        rarest = math.log(1 + (len(self._counts) + 0.5) / 0.5)
        possible = sum(self._rarity(token) for token in known)
        possible += (
            _UNKNOWN_WEIGHT * rarest * sum(weight for token, weight in tokens.items() if token not in self._postings)
        )
        scores = self.scores(known) / possible
        return {self._ids[place]: float(scores[place]) for place in _largest(scores, limit) if scores[place] > 0}

    def scores(self, tokens: Sequence[str]) -> np.ndarray:
        """Return how well each place fits these known tokens; not yet between 0 and 1."""
        average = self._lengths.sum() / len(self._counts)
        scores = np.zeros(len(self._ids))
        for token in tokens:
            places, counts = self._posting(token)
            length = 1 - _LENGTH_SHARE + _LENGTH_SHARE * self._lengths[places] / average
            scores[places] += self._rarity(token) * counts / (counts + _SATURATION * length)
        return scores

    def _rarity(self, token: str) -> float:
        found = len(self._postings[token])
        return math.log(1 + (len(self._counts) - found + 0.5) / (found + 0.5))

    def _posting(self, token: str) -> tuple[np.ndarray, np.ndarray]:
        """The places that have a token and how often."""
        if token not in self._arrays:
            posting = self._postings[token]
            places = np.fromiter(posting.keys(), dtype=np.intp, count=len(posting))
            self._arrays[token] = (places, np.fromiter(posting.values(), dtype=np.float64, count=len(posting)))
        return self._arrays[token]

    @staticmethod
    def _tokens(terms: Sequence[Term]) -> list[tuple[str, float]]:
        """Stems and concepts that tell something, with their weights."""
        return [
            (token, term.weight)
            for term in terms
            if term.weight > _TELLING
            for token in (*((term.stem,) if term.stem else ()), *(_CONCEPT + concept for concept in term.concepts))
        ]


def _largest(scores: np.ndarray, limit: int) -> list[int]:
    """Return the places of the largest scores, largest first; equal ones in order of place."""
    if len(scores) > limit:
        edge = np.partition(scores, -limit)[-limit]
        places = np.flatnonzero(scores >= edge)
    else:
        places = np.arange(len(scores))
    return [int(place) for place in sorted(places, key=lambda place: (-scores[place], place))[:limit]]
