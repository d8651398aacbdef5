"""The retriever port."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from catalog.workflow import Template


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A retrieved template. `score` is fused and between 0 and 1; `vector` and `lexical` are the parts of it."""

    template_id: str
    score: float
    vector: float
    lexical: float


class Retriever(Protocol):
    """Finds templates by a sentence."""

    async def search(self, text: str, *, limit: int = 5) -> list[Match]:
        """Best first. Waits while the index is being opened or built."""
        ...

    def update(self, changed: Mapping[str, Template | None]) -> None:
        """Take over changed, new and (none) removed templates. Returns at once; every later search knows them."""
        ...
