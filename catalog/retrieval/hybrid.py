"""Retrieval as the rest of Errand uses it: vectors and words, fused to one score. Opens its indexes in the background.

Without the vector index (no network, a folder that another process holds) words alone still find templates.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from catalog.retrieval.chroma import ChromaIndex, IndexEntry
from catalog.retrieval.embedding import Embedding
from catalog.retrieval.lexical import LexicalIndex
from catalog.retrieval.port import Match
from catalog.retrieval.words import Words
from catalog.workflow import Template
from core.errors import ErrandError

_log = logging.getLogger(__name__)

_NEIGHBOURS = 24
_LEXICAL_CANDIDATES = 20
_STEEPNESS, _MIDDLE = 10.0, 0.64
"""A logistic curve through sentences whose template was known, each tried with that sentence left out."""


class HybridRetriever:
    """Implements `Retriever`. `start` first; `close` at the end."""

    def __init__(
        self,
        templates: Iterable[Template],
        embedding: Embedding,
        *,
        folder: Path | None = None,
        url: str = "",
        words: Words | None = None,
    ) -> None:
        self._templates = {template.id: template for template in templates}
        self._embedding = embedding
        self._words = words or Words()
        self._index = ChromaIndex(embedding, folder=folder, url=url)
        self._lexical: LexicalIndex | None = None
        self._waiting: dict[str, Template | None] = {}
        self._has_vectors = False
        self._has_warned = False
        self._ready: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="retrieval")  # Chroma is used by one thread

    @property
    def has_vectors(self) -> bool:
        """Whether the vector index answers; false while it opens."""
        return self._has_vectors

    async def problem(self) -> str:
        """Why the vector index cannot be used now, or the empty string. Does not wait for it to open."""
        if self._ready is None or not self._ready.done():
            return "The index is being opened."
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._problem)

    @property
    def updated(self) -> int:
        """How many templates were embedded by the last start."""
        return self._index.updated

    def start(self) -> None:
        """Begin to open the indexes. Returns at once."""
        if self._ready is None:
            self._ready = asyncio.create_task(self._open(), name="open retrieval")

    async def wait_until_ready(self) -> None:
        self.start()
        assert self._ready is not None
        await asyncio.shield(self._ready)

    async def close(self) -> None:
        if self._ready is not None:
            await self._ready
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown()

    async def search(self, text: str, *, limit: int = 5) -> list[Match]:
        """Best first; equal ones in order of their ids. Waits while the indexes are being opened or built."""
        await self.wait_until_ready()
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._search, text, limit)

    def update(self, changed: Mapping[str, Template | None]) -> None:
        """Take over changed, new and (none) removed templates. Returns at once; every later search knows them."""
        self._thread.submit(self._change, dict(changed))

    async def _open(self) -> None:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._open_words)
        await loop.run_in_executor(self._thread, self._open_vectors)

    def _open_words(self) -> None:
        self._lexical = LexicalIndex(self._templates.values(), self._words)

    def _open_vectors(self) -> None:
        try:
            self._index.open([_entry(template) for template in self._templates.values()])
            self._has_vectors = True
        except ErrandError as error:
            self._say_once(error)

    def _change(self, changed: Mapping[str, Template | None]) -> None:
        for template_id, template in changed.items():
            self._templates.pop(template_id, None)
            if template is not None:
                self._templates[template_id] = template
            if self._lexical is not None and template is not None:
                self._lexical.put(template)
            elif self._lexical is not None:
                self._lexical.remove(template_id)
        if self._has_vectors:
            self._waiting |= changed
            self._change_vectors()

    def _change_vectors(self) -> None:
        """What cannot be written now is written with the next change, or at the next start."""
        entries = [_entry(template) for template in self._waiting.values() if template is not None]
        removed = [template_id for template_id, template in self._waiting.items() if template is None]
        try:
            self._index.change(entries, removed=removed)
            self._waiting = {}
        except ErrandError as error:
            self._say_once(error)

    def _problem(self) -> str:
        if not self._has_vectors:
            return "The index could not be opened; templates are found by their words alone."
        try:
            self._index.check()
        except ErrandError as error:
            return error.message
        return ""

    def _say_once(self, error: ErrandError) -> None:
        if not self._has_warned:
            self._has_warned = True
            _log.warning("Templates are found by their words alone: %s %s", error.message, error.advice)

    def _close(self) -> None:
        self._embedding.close()
        try:
            self._index.close()
        except ErrandError as error:
            _log.warning("The vector index did not close cleanly: %s", error.message)

    def _search(self, text: str, limit: int) -> list[Match]:
        assert self._lexical is not None
        lexical = self._lexical.search(text, _LEXICAL_CANDIDATES)
        found = self._similar(text) if self._has_vectors else None
        trust, vector = (0.0, {}) if found is None else (self._embedding.trust, found)
        farthest = min(vector.values(), default=0.0)  # nothing that was not found is nearer than that
        matches = [
            _fuse(template_id, vector.get(template_id, farthest), lexical.get(template_id, 0.0), trust)
            for template_id in vector.keys() | lexical.keys()
        ]
        return sorted(matches, key=lambda match: (-match.score, match.template_id))[:limit]

    def _similar(self, text: str) -> dict[str, float] | None:
        """Return each template's best similarity, from 0 (nothing in common) to 1 (says the same); none when it fails."""
        try:
            vector = self._embedding.embed([text])
            found = self._index.nearest(vector, _NEIGHBOURS) if vector.any() else []
        except ErrandError as error:
            self._say_once(error)
            return None
        best: dict[str, float] = {}
        for template_id, similarity in found:
            scaled = (similarity - self._embedding.floor) / (self._embedding.ceiling - self._embedding.floor)
            best[template_id] = max(best.get(template_id, 0.0), min(1.0, max(0.0, scaled)))
        return best


def _entry(template: Template) -> IndexEntry:
    return IndexEntry(template_id=template.id, texts=[*template.asks, template.title])


def _fuse(template_id: str, vector: float, lexical: float, trust: float) -> Match:
    evidence = trust * vector + (1 - trust) * lexical
    score = 1 / (1 + math.exp(-_STEEPNESS * (evidence - _MIDDLE)))
    return Match(template_id=template_id, score=round(score, 6), vector=round(vector, 6), lexical=round(lexical, 6))
