"""Which messages of Discord's show one message of ours: their ids as one text, and a mark by which they are found again. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from bot.surfaces.discord.component import walk
from store.record import JsonObject

_FIRST_MARK = 1 << 30
"""Above all numbers that Discord gives to components by itself."""


@dataclass(frozen=True, slots=True)
class Posted:
    """`channel` is named only where it is not the one of the place: a thread that could not be opened."""

    ids: tuple[str, ...]
    channel: str = ""

    def __str__(self) -> str:
        ids = ",".join(self.ids)
        return f"{self.channel}:{ids}" if self.channel else ids

    @classmethod
    def parse(cls, text: str) -> Posted:
        channel, _, ids = text.rpartition(":")
        return cls(tuple(ids.split(",")), channel)


def mark_of(key: str, page: int) -> int:
    """The `id` of the first component of a page: Discord keeps it, and gives it back whenever the message is read."""
    digest = hashlib.sha256(f"{key}:{page}".encode()).digest()
    return _FIRST_MARK + int.from_bytes(digest[:4], "big") % _FIRST_MARK


def nonce_of(key: str, page: int) -> str:
    return hashlib.sha256(f"{key}:{page}".encode()).hexdigest()[:25]


def marked(components: Sequence[JsonObject], key: str, page: int) -> list[JsonObject]:
    first, *others = components
    return [first | {"id": mark_of(key, page)}, *others]


def find(messages: Iterable[JsonValue], key: str, pages: int) -> dict[int, str]:
    """The ids of the pages that are among some messages of a channel."""
    marks = {mark_of(key, page): page for page in range(pages)}
    found = {}
    for message in messages:
        components = message.get("components") if isinstance(message, dict) else None
        known = [one for one in components if isinstance(one, dict)] if isinstance(components, list) else []
        for one in walk(known):
            if isinstance(mark := one.get("id"), int) and mark in marks and isinstance(message, dict):
                found[marks[mark]] = str(message["id"])
    return found
