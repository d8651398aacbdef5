"""The vector index: Chroma, embedded in a folder or a server by URL. The only module that imports chromadb.

What it holds can always be made again from the templates, so a damaged folder is dropped and rebuilt. Everything here
blocks and is called from one thread; importing chromadb alone takes about a second.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from catalog.retrieval.embedding import Embedding, EmbedTexts, Vectors
from core.canonical import digest
from core.errors import ConfigError, UnavailableError

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.models.Collection import Collection

_LAYOUT = "1"
_FINGERPRINT = "fingerprint"
_OTHERS_HOLD_IT = re.compile(r"locked|busy|permission denied|read-?only|unable to open", re.IGNORECASE)
_TEXTS_AT_ONCE = 512

T = TypeVar("T")


class DamagedIndexError(UnavailableError):
    """The vector index is damaged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexEntry:
    """What is indexed of one template: its texts, and a digest of them."""

    template_id: str
    texts: Sequence[str]

    @property
    def digest(self) -> str:
        return digest(list(self.texts))[:16]


class ChromaIndex:
    """One collection for one embedding. `open` before anything else; `updated` says how many templates it embedded."""

    def __init__(self, embedding: Embedding, *, folder: Path | None = None, url: str = "", name: str = "asks") -> None:
        if (folder is None) == (not url):
            raise ConfigError("ERRAND_CHROMA_URL: either a folder or a server's URL is needed for the vector index")
        self._embedding = embedding
        self._folder = folder
        self._url = url
        self._name = name
        self._client: Client | None = None
        self._collection: Collection | None = None
        self._digests: dict[str, str] = {}
        self.updated = 0

    def open(self, entries: Sequence[IndexEntry]) -> None:
        """Open the collection and bring it up to date. Raises UnavailableError when it cannot be used."""
        try:
            self._open(entries)
        except DamagedIndexError:
            self.close()
            if self._folder is None:
                raise
            _forget(self._folder)
            shutil.rmtree(self._folder, ignore_errors=True)
            self._open(entries)

    def change(self, entries: Sequence[IndexEntry], *, removed: Sequence[str] = ()) -> None:
        """Take over some changed or new templates, and forget some. Raises UnavailableError when it cannot."""
        ids = [*(entry.template_id for entry in entries), *removed]
        with _vendor_errors():
            self._update(self._opened(), entries, ids)
            self._digests = {key: value for key, value in self._digests.items() if key not in ids}
            self._digests |= {entry.template_id: entry.digest for entry in entries}
            self._opened().modify(metadata={_FINGERPRINT: self._fingerprint()})

    def nearest(self, vector: Vectors, count: int) -> list[tuple[str, float]]:
        """Return the nearest texts' templates and cosine similarities, nearest first."""
        collection = self._opened()
        with _vendor_errors():
            found = collection.query(query_embeddings=vector.reshape(1, -1), n_results=count, include=["distances"])
        return [
            (_template_of(key), 1.0 - float(distance))  # the metadata would say it too, at twice the time
            for key, distance in zip(found["ids"][0], (found["distances"] or [[]])[0], strict=True)
        ]

    def check(self) -> None:
        """Raise UnavailableError when the index does not answer now."""
        with _vendor_errors():
            self._opened().count()

    def close(self) -> None:
        client, self._client, self._collection = self._client, None, None
        if client is not None:
            with _vendor_errors():
                client.close()
                _close_connections(client)

    def _open(self, entries: Sequence[IndexEntry]) -> None:
        with _vendor_errors():
            self._client = _embedded(self._folder) if self._folder else _remote(self._url)
            name = re.sub(r"[^a-zA-Z0-9._-]+", "-", f"{self._name}-{self._embedding.name}")[:200].rstrip("-._")
            collection = self._client.get_or_create_collection(
                name, embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
            )
            self._collection = collection
            self._digests = {entry.template_id: entry.digest for entry in entries}
            fingerprint = self._fingerprint()
            self.updated = 0
            if (collection.metadata or {}).get(_FINGERPRINT) != fingerprint:
                self._update(collection, entries)
                collection.modify(metadata={_FINGERPRINT: fingerprint})
        self._try_out(entries)

    def _fingerprint(self) -> str:
        return digest([_LAYOUT, self._embedding.name, self._embedding.dimensions, dict(self._digests)])

    def _update(self, collection: Collection, entries: Sequence[IndexEntry], only: Sequence[str] | None = None) -> None:
        """Drop the texts of changed and vanished templates; embed and add those of changed and new ones. `only` these
        are looked at; none: all.
        """
        wanted = {entry.template_id: entry.digest for entry in entries}
        where: Any = None if only is None else {"template_id": {"$in": list(only)}}
        stored = collection.get(where=where, include=["metadatas"])
        counts: dict[str, int] = {}
        stale: list[str] = []
        for key, metadata in zip(stored["ids"], stored["metadatas"] or [], strict=True):
            template_id = str(metadata["template_id"])
            if wanted.get(template_id) == metadata["digest"]:
                counts[template_id] = counts.get(template_id, 0) + 1
            else:
                stale.append(key)
        for batch in _batches(stale, self._batch()):
            collection.delete(ids=list(batch))
        changed = [entry for entry in entries if counts.get(entry.template_id, 0) != len(entry.texts)]
        self._add(collection, changed)
        self.updated = len(changed)

    def _add(self, collection: Collection, entries: Sequence[IndexEntry]) -> None:
        rows = [(entry, place, text) for entry in entries for place, text in enumerate(entry.texts)]
        for batch in _batches(rows, min(self._batch(), _TEXTS_AT_ONCE)):
            collection.upsert(
                ids=[_key(entry.template_id, place) for entry, place, _ in batch],
                embeddings=self._embedding.embed([text for _, _, text in batch]),
                metadatas=[{"template_id": entry.template_id, "digest": entry.digest} for entry, _, _ in batch],
            )

    def _try_out(self, entries: Sequence[IndexEntry]) -> None:
        """Search once: it loads the index, and shows whether its files are still there."""
        texts = [text for entry in entries for text in entry.texts]
        if not texts:
            return
        vector = self._embedding.embed([texts[0]])
        wanted = min(len(texts), 10)
        if len(self.nearest(vector, wanted)) < wanted or self._opened().count() < len(texts):
            raise DamagedIndexError("The vector index does not hold what was put into it.")

    def _batch(self) -> int:
        assert self._client is not None
        return int(self._client.get_max_batch_size())

    def _opened(self) -> Collection:
        if self._collection is None:
            raise UnavailableError("The vector index is not open.")
        return self._collection


def _key(template_id: str, place: int) -> str:
    return f"{template_id}#{place}"


def _template_of(key: str) -> str:
    return key.rpartition("#")[0]


def _settings() -> Any:
    from chromadb.config import Settings  # a second to import

    return Settings(anonymized_telemetry=False)


def _embedded(folder: Path) -> Client:
    import chromadb

    folder.mkdir(parents=True, exist_ok=True)
    return chromadb.PersistentClient(path=str(folder), settings=_settings())  # type: ignore[return-value]  # see _remote


def _forget(folder: Path) -> None:
    """Drop what the library keeps of a folder that it could not open; it would be handed out again."""
    from chromadb.api.shared_system_client import SharedSystemClient as Shared

    for kept in (Shared._identifier_to_system, Shared._identifier_to_refcount):  # noqa: SLF001  # nothing public does this
        kept.pop(str(folder), None)


def _close_connections(client: Client) -> None:
    """Close what the library's own close() forgets: the connections to a server. An embedded index has none."""
    for part in (client, client._admin_client):  # noqa: SLF001  # nothing public leads to them
        session = getattr(getattr(part, "_server", None), "_session", None)
        if session is not None:
            session.close()


def _remote(url: str) -> Client:
    import chromadb

    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(f"ERRAND_CHROMA_URL: “{url[:100]}” is not an address such as http://chroma:8000")
    is_secure = parts.scheme == "https"
    port = parts.port or (443 if is_secure else 8000)
    # the library says that it returns an interface; it returns a Client
    return chromadb.HttpClient(host=parts.hostname, port=port, ssl=is_secure, settings=_settings())  # type: ignore[return-value]  # as above


@contextmanager
def _vendor_errors() -> Iterator[None]:
    """Turn whatever Chroma's client, its engine and its HTTP library raise into our errors."""
    from chromadb.api.fastapi import httpx  # type: ignore[attr-defined]  # for the names of its errors
    from chromadb.errors import ChromaError

    try:
        yield
    except httpx.HTTPError as error:
        raise UnavailableError(f"The vector index cannot be reached: {type(error).__name__}.") from error
    except (ChromaError, ValueError, RuntimeError, OSError, KeyError, TypeError) as error:
        reason = " ".join(str(error).split())[:200]
        if isinstance(error, OSError) or _OTHERS_HOLD_IT.search(reason) or "could not connect" in reason.lower():
            raise UnavailableError(f"The vector index cannot be used: {reason}") from error
        raise DamagedIndexError(f"The vector index is damaged: {reason}") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # how its Rust part gives up; no module exports the class
            raise
        raise DamagedIndexError("The vector index is damaged: its engine gave up.") from error


def _batches(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def minilm_embedder(folder: Path) -> EmbedTexts:
    """Return Chroma's default model (all-MiniLM-L6-v2, ONNX). Its files are kept in `folder`; they are downloaded when
    they are missing, which raises UnavailableError without a network and ConfigError without its runtime.
    """
    loaded: list[Callable[[list[str]], Any]] = []

    def embed(texts: Sequence[str]) -> Any:
        from chromadb.api.fastapi import httpx  # type: ignore[attr-defined]  # as above
        from chromadb.utils.embedding_functions import ONNXMiniLM_L6_V2

        try:
            if not loaded:
                model = ONNXMiniLM_L6_V2(preferred_providers=["CPUExecutionProvider"])
                model.DOWNLOAD_PATH = folder
                loaded.append(model)
            return loaded[0](list(texts))
        except ValueError as error:
            raise ConfigError(f"ERRAND_EMBEDDING: the model minilm cannot be loaded: {error}") from error
        except (httpx.HTTPError, OSError) as error:
            raise UnavailableError(
                f"The model minilm cannot be downloaded: {error}",
                advice="Connect this machine to the network once, or set ERRAND_EMBEDDING=local.",
            ) from error

    return embed
