"""Where the cost of the language model is kept."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from store.record import ModelTotal, ModelUse


class ModelUseStore(Protocol):
    async def add(self, use: ModelUse) -> None: ...

    async def total(self, since: datetime, *, person_id: str | None = None) -> ModelTotal:
        """Of everybody, or of one person."""
        ...

    async def by_person(self, since: datetime) -> dict[str | None, ModelTotal]:
        """By who asked; none: a command line."""
        ...

    async def of_conversation(self, conversation_id: str) -> list[ModelUse]:
        """Oldest first."""
        ...
