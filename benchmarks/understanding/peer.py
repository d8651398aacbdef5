"""What others find in the same catalog: BM25 over plain words, and Chroma's MiniLM where its files are at hand. They rank
and nothing else; each is asked about every request.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import bm25s
import numpy as np

from benchmarks.understanding.case import Request
from benchmarks.understanding.right import Rightness
from catalog.retrieval.lexical import template_texts
from catalog.workflow import Template

Search = Callable[[str], list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerFigures:
    """Shares of the covered requests; compositions are out of a peer's reach and count as missed."""

    name: str
    first: float
    third: float


def measure_peers(
    templates: Sequence[Template], requests: Sequence[Request], rightness: Rightness
) -> list[PeerFigures]:
    """Those that can be loaded here."""
    peers: dict[str, Search | None] = {"BM25 alone": _bm25(templates), "MiniLM alone": _minilm(templates)}
    return [_measure(name, search, requests, rightness) for name, search in peers.items() if search is not None]


def _measure(name: str, search: Search, requests: Sequence[Request], rightness: Rightness) -> PeerFigures:
    covered = [(request, entries) for request in requests if (entries := rightness.of(request))]
    ranked = [(search(request.text), entries) for request, entries in covered]
    return PeerFigures(
        name=name,
        first=sum(bool({*found[:1]} & {*entries}) for found, entries in ranked) / max(1, len(ranked)),
        third=sum(bool({*found[:3]} & {*entries}) for found, entries in ranked) / max(1, len(ranked)),
    )


def _bm25(templates: Sequence[Template]) -> Search:
    index = bm25s.BM25(method="lucene")
    texts = [" ".join(template_texts(template)) for template in templates]
    index.index(bm25s.tokenize(texts, stopwords="en", show_progress=False), show_progress=False)

    def search(text: str) -> list[str]:
        query = bm25s.tokenize(text, stopwords="en", show_progress=False)
        places, _ = index.retrieve(query, k=3, show_progress=False)
        return [templates[int(place)].id for place in places[0]]

    return search


def _minilm(templates: Sequence[Template]) -> Search | None:
    """Chroma's default model, only when its files were fetched before: nothing is downloaded here."""
    from chromadb.utils.embedding_functions import ONNXMiniLM_L6_V2

    folder = ONNXMiniLM_L6_V2.DOWNLOAD_PATH / ONNXMiniLM_L6_V2.EXTRACTED_FOLDER_NAME
    if not (folder / "model.onnx").exists():
        return None
    embed = ONNXMiniLM_L6_V2(preferred_providers=["CPUExecutionProvider"])
    owners = [template.id for template in templates for _ in template_texts(template)]
    vectors = _unit(embed([text for template in templates for text in template_texts(template)]))

    def search(text: str) -> list[str]:
        likeness = vectors @ _unit(embed([text]))[0]
        best = [owners[place] for place in np.argsort(-likeness)]
        return list(dict.fromkeys(best))[:3]

    return search


def _unit(vectors: Sequence[Sequence[float]]) -> np.ndarray:
    made = np.asarray(vectors, dtype=np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)
