"""Retrieval as the rest of Errand uses it: vectors and words, fused to one score. Opens its indexes in the background.

Without the vector index (no network, a folder that another process holds) words alone still find templates.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from catalog.retrieval.chroma import ChromaIndex, IndexEntry
from catalog.retrieval.embedding import Embedding
from catalog.retrieval.lexical import LexicalIndex
from catalog.retrieval.port import Entry, Match
from catalog.retrieval.words import Words
from catalog.workflow import Template
from core.errors import ErrandError

_log = logging.getLogger(__name__)

_LEARNED = "~"
"""Behind a template's id: the words that were learned for it."""
_EMPHASIS = 4
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
        name: str = "asks",
        words: Words | None = None,
    ) -> None:
        self._templates = {template.id: template for template in templates}
        self._embedding = embedding
        self._words = words or Words()
        self._index = ChromaIndex(embedding, folder=folder, url=url, name=name)
        self._lexical: LexicalIndex | None = None
        self._said = LexicalIndex((), self._words)
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

    def update(self, changed: Mapping[str, Entry | None]) -> None:
        """Take over changed, new and (none) removed templates. Returns at once; every later search knows them."""
        documents: dict[str, Template | None] = {}
        for template_id, entry in changed.items():
            documents[template_id] = entry.template if entry else None
            documents[template_id + _LEARNED] = _words_of(entry) if entry and entry.learned else None
        self._thread.submit(self._change, documents)

    async def _open(self) -> None:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._open_words)
        await loop.run_in_executor(self._thread, self._open_vectors)

    def _open_words(self) -> None:
        self._lexical = LexicalIndex((), self._words)
        self._said = LexicalIndex((), self._words)
        for document, template in self._templates.items():
            self._put_words(document, template)

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
            if self._lexical is not None:
                self._put_words(template_id, template)
        if self._has_vectors:
            self._waiting |= changed
            self._change_vectors()

    def _put_words(self, document: str, template: Template | None) -> None:
        """What people said is counted apart, so that it takes no weight from the templates' own words; and more than once,
        because a template says each thing in many ways and people say theirs in one.
        """
        assert self._lexical is not None
        index = self._said if document.endswith(_LEARNED) else self._lexical
        if template is None:
            index.remove(document)
        elif index is self._said:
            index.put(template.model_copy(update={"asks": [template.title, *template.asks] * _EMPHASIS}))
        else:
            index.put(template)

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
        lexical = self._lexical.search(text, _LEXICAL_CANDIDATES) | self._said.search(text, _LEXICAL_CANDIDATES)
        found = self._similar(text) if self._has_vectors else None
        trust, vector = (0.0, {}) if found is None else (self._embedding.trust, found)
        farthest = min(vector.values(), default=0.0)  # nothing that was not found is nearer than that
        fused = {
            document: _fuse(document, vector.get(document, farthest), lexical.get(document, 0.0), trust)
            for document in vector.keys() | lexical.keys()
        }
        own = {document.removesuffix(_LEARNED) for document in fused}
        matches = [_joined(one, fused.get(one), fused.get(one + _LEARNED)) for one in own]
        return sorted(matches, key=lambda match: (-max(match.score, match.learned), match.template_id))[:limit]

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


def _words_of(entry: Entry) -> Template:
    """The learned words of a template as a document of their own: they add to what finds it and change nothing else."""
    words = {"id": entry.template.id + _LEARNED, "asks": entry.learned[1:], "title": entry.learned[0]}
    return entry.template.model_copy(update={**words, "summary": "", "services": []})


def _joined(template_id: str, own: Match | None, learned: Match | None) -> Match:
    found = own or Match(template_id=template_id, score=0.0, vector=0.0, lexical=0.0)
    return replace(found, learned=learned.score) if learned else found


def _entry(template: Template) -> IndexEntry:
    return IndexEntry(template_id=template.id, texts=[*template.asks, template.title])


def _fuse(template_id: str, vector: float, lexical: float, trust: float) -> Match:
    evidence = trust * vector + (1 - trust) * lexical
    score = 1 / (1 + math.exp(-_STEEPNESS * (evidence - _MIDDLE)))
    return Match(template_id=template_id, score=round(score, 6), vector=round(vector, 6), lexical=round(lexical, 6))
