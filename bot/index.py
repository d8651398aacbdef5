"""The retriever that the settings ask for: which embedding, and Chroma embedded or as a server.

Its libraries are large; they are imported in the background, while the process serves already.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from catalog.retrieval.port import Entry, Match
from catalog.workflow import Template
from core.settings import Settings

if TYPE_CHECKING:
    from catalog.retrieval.embedding import Embedding
    from catalog.retrieval.hybrid import HybridRetriever


class BackgroundRetriever:
    """A `Retriever` that is made and opened in the background; a search waits for it. `name` tells its index from others."""

    def __init__(self, settings: Settings, templates: Iterable[Template], *, name: str = "asks") -> None:
        self._settings = settings
        self._name = name
        self._templates = list(templates)
        self._changed: dict[str, Entry | None] = {}
        self._making: asyncio.Task[HybridRetriever] | None = None

    def start(self) -> None:
        """Begin to open the indexes. Returns at once."""
        if self._making is None:
            self._making = asyncio.create_task(self._make(), name="make retriever")

    async def wait_until_ready(self) -> None:
        await (await self._made()).wait_until_ready()

    async def problem(self) -> str:
        """Why sentences are not compared by vectors now, or the empty string. Waits for nothing."""
        if self._making is None or not self._making.done():
            return "The index is being opened."
        return await (await self._making).problem()

    async def search(self, text: str, *, limit: int = 5) -> list[Match]:
        return await (await self._made()).search(text, limit=limit)

    def update(self, changed: Mapping[str, Entry | None]) -> None:
        """What changes before the indexes are made is made with them."""
        if self._making is not None and self._making.done():
            self._making.result().update(changed)
            return
        self._changed |= changed

    async def close(self) -> None:
        if self._making is not None:
            await (await self._making).close()

    async def _made(self) -> HybridRetriever:
        self.start()
        assert self._making is not None
        return await asyncio.shield(self._making)

    async def _make(self) -> HybridRetriever:
        retriever = await asyncio.to_thread(_make_retriever, self._settings, self._templates, self._name)
        retriever.update(self._changed)
        retriever.start()
        return retriever


def _make_retriever(settings: Settings, templates: Sequence[Template], name: str) -> HybridRetriever:
    from catalog.retrieval.hybrid import HybridRetriever

    folder = None if settings.chroma_url else settings.data / "chroma" / name
    embedding = _make_embedding(settings)
    return HybridRetriever(templates, embedding, folder=folder, url=settings.chroma_url, name=name)


def _make_embedding(settings: Settings) -> Embedding:
    from catalog.retrieval.embedding import LocalEmbedding, MiniLmEmbedding, OpenAIEmbedding

    match settings.embedding:
        case "local":
            return LocalEmbedding()
        case "minilm":
            from catalog.retrieval.chroma import minilm_embedder

            return MiniLmEmbedding(minilm_embedder(settings.data / "models"))
        case "openai":
            from tools.model import openai_embedder

            embed = openai_embedder(
                settings.embedding_model, settings.model_url, settings.model_key.get_secret_value(), timeout_s=30.0
            )
            return OpenAIEmbedding(embed, model=settings.embedding_model)
