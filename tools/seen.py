"""What a step remembers of an earlier run so that only the new comes through, safe to repeat. Knows nothing of feeds or mail."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from tools.outbound import Memory

T = TypeVar("T")
_MOST = 5000


class Remembered(BaseModel, Generic[T]):
    """The newest look of a step and the one before it. `key` names the attempt series that took the newest look."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str
    before: T | None
    now: T


async def recall(memory: Memory, name: str, key: str, kind: type[Remembered[T]]) -> T | None:
    """Return what an earlier run remembered, none at the first look.

    A second attempt (same idempotency key) sees what the first one saw, not what the first one remembered: a crash
    between remembering and recording loses no news.
    """
    try:
        remembered = kind.model_validate(await memory.get(name))
    except ValidationError:  # nothing yet, or of an older form
        return None
    return remembered.before if remembered.key == key else remembered.now


async def remember(memory: Memory, name: str, remembered: Remembered[T]) -> None:
    await memory.put(name, remembered.model_dump(mode="json"))


def newest(ids: Iterable[str]) -> list[str]:
    """Return distinct ids, the first ones when there are more than memory should hold."""
    return list(dict.fromkeys(ids))[:_MOST]
