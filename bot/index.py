"""Makes the retriever that the settings ask for: which embedding, and Chroma embedded or as a server."""

from __future__ import annotations

from catalog.loader import Catalog
from catalog.retrieval.embedding import Embedding, LocalEmbedding, MiniLmEmbedding, OpenAIEmbedding
from catalog.retrieval.hybrid import HybridRetriever
from core.settings import Settings


def make_retriever(settings: Settings, catalog: Catalog) -> HybridRetriever:
    """Return the retriever; it opens its index when it is started."""
    folder = None if settings.chroma_url else settings.data / "chroma"
    return HybridRetriever(catalog, _embedding(settings), folder=folder, url=settings.chroma_url)


def _embedding(settings: Settings) -> Embedding:
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
