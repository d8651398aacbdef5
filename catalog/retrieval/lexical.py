"""Retrieval by words: BM25 over what a template says about itself, with stems and synonyms. Knows no vectors."""

from __future__ import annotations

import logging
import math
from collections import Counter
from collections.abc import Iterable, Sequence

import bm25s
import numpy as np

from catalog.retrieval.words import Term, Words
from catalog.workflow import Template

logging.getLogger("bm25s").setLevel(logging.WARNING)  # it tells of each step, loudly, unless it is told not to

_TELLING = 0.1
_UNKNOWN_WEIGHT = 0.3
_CONCEPT = "~"


def template_texts(template: Template) -> list[str]:
    """What is compared with a sentence: how people ask for it, its title, its summary and its services."""
    return [*template.asks, template.title, template.title, template.summary, " ".join(template.services)]


class LexicalIndex:
    """All templates in memory. Built at once, then only read."""

    def __init__(self, templates: Iterable[Template], words: Words) -> None:
        self._words = words
        templates = list(templates)
        self._ids = [template.id for template in templates]
        documents = [
            [token for text in template_texts(template) for token, _ in self._tokens(words.terms(text))]
            for template in templates
        ]
        seen = Counter(token for document in documents for token in set(document))
        count = len(documents)
        self._idf = {token: math.log(1 + (count - df + 0.5) / (df + 0.5)) for token, df in seen.items()}
        self._rarest = math.log(1 + (count + 0.5) / 0.5)
        self._bm25: bm25s.BM25 | None = None
        if seen:
            self._bm25 = bm25s.BM25(method="lucene")
            self._bm25.index(documents, show_progress=False)

    def search(self, text: str, limit: int) -> dict[str, float]:
        """Return the best templates and their scores: which part of what the sentence tells was found (0 to 1)."""
        tokens = dict(self._tokens(self._words.terms(text)))
        known = [token for token in tokens if token in self._idf]
        if not known or self._bm25 is None:
            return {}
        possible = sum(self._idf[token] for token in known)
        possible += (
            _UNKNOWN_WEIGHT * self._rarest * sum(weight for token, weight in tokens.items() if token not in self._idf)
        )
        scores = self._bm25.get_scores(known) / possible
        return {self._ids[place]: float(scores[place]) for place in _largest(scores, limit) if scores[place] > 0}

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
