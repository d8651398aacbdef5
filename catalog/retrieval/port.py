"""The retriever port."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from catalog.workflow import Template


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A retrieved template. `score` is fused and between 0 and 1; `vector` and `lexical` are the parts of it. `learned` is
    the score of the words that people said for it, which count apart from its own.
    """

    template_id: str
    score: float
    vector: float
    lexical: float
    learned: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is known of a template: what it says of itself, and what people said for it (`agent.offline.general`). People
    call a saved one by its title.
    """

    template: Template
    learned: tuple[str, ...] = ()
    is_saved: bool = False


class Retriever(Protocol):
    """Finds templates by a sentence."""

    async def search(self, text: str, *, limit: int = 5) -> list[Match]:
        """Best first. Waits while the index is being opened or built."""
        ...

    def update(self, changed: Mapping[str, Entry | None]) -> None:
        """Take over changed, new and (none) removed templates. Returns at once; every later search knows them."""
        ...
