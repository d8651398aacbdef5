"""Where something happened on Discord, as a place of ours: threads below their channel, the talk with one user alone by the
user. Asks Discord where its library does not know.
"""

from __future__ import annotations

import discord

from bot.surfaces.discord.rest import Rest
from core.errors import ErrandError
from store.record import Place

NAME = "discord"
_THREADS = (10, 11, 12)


def direct(user_id: int) -> Place:
    return Place.direct(NAME, str(user_id))


def at(channel_id: int | str, thread: int | str = "") -> Place:
    return Place(surface=NAME, channel=str(channel_id), thread=str(thread))


def begun_by(shown: object, me: int) -> int | None:
    """Where no thread could be opened, a message of ours answers the one that began the conversation."""
    if not isinstance(shown, discord.Message) or shown.author.id != me or shown.reference is None:
        return None
    return shown.reference.message_id


class Places:
    """Remembers only what never changes: to which channel a thread belongs."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest
        self._parents: dict[int, int] = {}

    async def of(self, channel: object, channel_id: int, user_id: int, *, is_guild: bool) -> Place:
        """`channel` is the library's, as far as it knows it."""
        if not is_guild:
            return direct(user_id)
        if isinstance(channel, discord.Thread):
            return at(channel.parent_id, channel.id)
        if isinstance(channel, discord.abc.GuildChannel):
            return at(channel.id)
        parent = await self._parent(channel_id)
        return at(parent, channel_id) if parent else at(channel_id)

    async def _parent(self, channel_id: int) -> int:
        """The channel of a thread; 0 for what is none, or cannot be seen."""
        if channel_id not in self._parents:
            try:
                found = await self._rest.get("/channels/{channel_id}", channel_id=channel_id)
            except ErrandError:
                return 0
            self._parents[channel_id] = int(str(found.get("parent_id") or 0)) if found.get("type") in _THREADS else 0
        return self._parents[channel_id]
