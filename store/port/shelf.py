"""Where saved templates, learned words and suggestions are kept. All processes share them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from store.record import LearnedAsk, SavedTemplate, Suggestion


class ShelfStore(Protocol):
    """What people of this Errand added to its templates. `revision` grows with each change, in the order of commits."""

    async def revision(self) -> int:
        """The newest change; 0 while there was none."""
        ...

    async def changed(self, since: int) -> list[str]:
        """The ids of templates that were saved, removed, or whose words changed after a revision; sorted."""
        ...

    async def saved(self, ids: Collection[str]) -> list[SavedTemplate]:
        """Those of these that are there, in order of their ids."""
        ...

    async def all_saved(self) -> list[SavedTemplate]:
        """In order of their names."""
        ...

    async def add(self, template: SavedTemplate) -> bool:
        """False when there is one with this id already."""
        ...

    async def replace(self, template: SavedTemplate) -> bool:
        """Replace the version before it; false when that is not there (any more)."""
        ...

    async def remove(self, template_id: str) -> bool:
        """Remove a saved template and its words; false when it is not there."""
        ...

    async def learn(self, ask: LearnedAsk, *, keep: int) -> None:
        """Add words to their template, or take them from another; of each template the newest `keep` are kept."""
        ...

    async def asks(self, template_ids: Collection[str]) -> list[LearnedAsk]:
        """Their words, newest first."""
        ...

    async def forget(self) -> int:
        """Forget all words of all templates. Returns how many there were."""
        ...


class SuggestionStore(Protocol):
    async def add(self, suggestion: Suggestion) -> bool:
        """False when the same was suggested to this person before."""
        ...

    async def get(self, suggestion_id: str) -> Suggestion | None: ...

    async def of_person(self, person_id: str, template_id: str) -> list[Suggestion]:
        """Oldest first."""
        ...
