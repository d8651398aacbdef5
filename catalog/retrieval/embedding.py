"""Embeddings: what turns sentences into vectors. Knows no index and no templates.

`LocalEmbedding` is ours and needs no download; the others are models behind a function that the composition root hands
in (`catalog.retrieval.chroma.minilm_embedder`, `tools.model`).
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from catalog.retrieval.words import Term, Words

Vectors = NDArray[np.float32]
"""One row for each text, of length one (or zero for a text without words)."""

EmbedTexts = Callable[[Sequence[str]], Sequence[Sequence[float]] | NDArray[np.float32]]
"""A model: one vector for each text. Raises ErrandError when it cannot be loaded or reached. May block."""


class Embedding(Protocol):
    """Turns texts into vectors. `floor` and `ceiling` are the cosine similarities of sentences that have nothing in
    common and of ones that say the same: models differ much in these. `trust` is its share when both kinds of
    retrieval are weighed (0 to 1).
    """

    name: str
    dimensions: int
    floor: float
    ceiling: float
    trust: float

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One row for each text. May block: call it outside the event loop."""
        ...

    def close(self) -> None: ...


class LocalEmbedding:
    """Hashed stems, concepts, neighbours and character n-grams, weighted by how much each tells."""

    name = "local-1"
    dimensions = 384
    floor = 0.12
    ceiling = 0.85
    trust = 0.15

    def __init__(self, words: Words | None = None) -> None:
        self._words = words or Words()
        self._vectors: dict[str, Vectors] = {}

    def embed(self, texts: Sequence[str]) -> Vectors:
        return normalised(np.array([self._sentence(text) for text in texts]).reshape(-1, self.dimensions))

    def close(self) -> None:
        """There is nothing to close."""

    def _sentence(self, text: str) -> Vectors:
        terms = list(dict.fromkeys(self._words.terms(text)))
        total = np.zeros(self.dimensions, dtype=np.float32)
        for term in terms:
            total += self._term(term)
        stems = [term.stem for term in terms if term.weight >= _TELLING and term.stem]
        for pair in pairwise(stems):
            total += self._cached(f"2{pair[0]} {pair[1]}", lambda feature: 0.35 * self._feature(feature))
        return total

    def _term(self, term: Term) -> Vectors:
        key = f"{term.text}|{term.stem}|{','.join(term.concepts)}"
        return self._cached(key, lambda _: self._features(term))

    def _features(self, term: Term) -> Vectors:
        total = np.zeros(self.dimensions, dtype=np.float32)
        if term.stem:
            total += self._feature(f"s{term.stem}")
        for concept in term.concepts:
            total += 1.1 / len(term.concepts) ** 0.5 * self._feature(f"c{concept}")
        padded = f"^{term.text}$"
        grams = [padded[i : i + size] for size in (3, 4) for i in range(len(padded) - size + 1)]
        if grams and not term.text.startswith("<"):
            total += 0.5 / len(grams) ** 0.5 * np.sum([self._feature(f"g{gram}") for gram in grams], axis=0)
        return total * np.float32(term.weight)

    def _cached(self, key: str, make: Callable[[str], Vectors]) -> Vectors:
        found = self._vectors.get(key)
        if found is None:
            found = make(key)
            if len(self._vectors) < _MOST_KEPT:
                self._vectors[key] = found
        return found

    def _feature(self, feature: str) -> Vectors:
        """A feature's own direction: four places, each up or down, decided by a hash that never changes."""
        vector = np.zeros(self.dimensions, dtype=np.float32)
        for salt in range(_PLACES):
            hashed = zlib.crc32(f"{salt}{feature}".encode())
            vector[hashed % self.dimensions] += 0.5 if hashed & 0x8000_0000 else -0.5
        return vector


_PLACES = 4
_TELLING = 0.5
_MOST_KEPT = 8000


class ModelEmbedding:
    """Any model behind a function."""

    def __init__(
        self, *, name: str, dimensions: int, embed_texts: EmbedTexts, floor: float, ceiling: float, trust: float = 0.5
    ) -> None:
        self.name = name
        self.dimensions = dimensions
        self.floor = floor
        self.ceiling = ceiling
        self.trust = trust
        self._embed_texts = embed_texts

    def embed(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.empty((0, self.dimensions), dtype=np.float32)
        return normalised(np.asarray(self._embed_texts(texts), dtype=np.float32))

    def close(self) -> None:
        """Close the model's connections, where it has some."""
        close = getattr(self._embed_texts, "close", None)
        if close is not None:
            close()


class MiniLmEmbedding(ModelEmbedding):
    """all-MiniLM-L6-v2, Chroma's default. Its files are downloaded when it is first used."""

    def __init__(self, embed_texts: EmbedTexts) -> None:
        super().__init__(name="minilm-l6-v2", dimensions=384, embed_texts=embed_texts, floor=0.15, ceiling=0.8)


class OpenAIEmbedding(ModelEmbedding):
    """An embedding model behind an OpenAI-compatible endpoint."""

    def __init__(self, embed_texts: EmbedTexts, *, model: str, dimensions: int = 1536) -> None:
        super().__init__(
            name=f"openai-{model}", dimensions=dimensions, embed_texts=embed_texts, floor=0.15, ceiling=0.75
        )


def normalised(vectors: NDArray[np.floating]) -> Vectors:
    """Return the rows with length one; rows of zeros stay."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(lengths == 0, 1, lengths)).astype(np.float32)
