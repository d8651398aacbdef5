"""Channels, threads and direct talks of Discord: which one a place is, who can read there. Posts nothing."""

from __future__ import annotations

import re

import discord

from bot.surfaces.discord.rest import Rest, UnknownChannelError
from core.errors import ClosedError, NotAllowedError, NotFoundError, RejectedError, UnavailableError
from store.record import Place

_DAY_MIN = 1440
_PRIVATE_THREAD = 12


class Channels:
    """Remembers only what never changes: which channel the talk with a user is."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest
        self._direct: dict[str, str] = {}

    async def target(self, place: Place) -> str:
        """The id of the channel or thread into which is posted. Raises NotFoundError."""
        if place.is_direct:
            return await self._direct_channel(place.channel[1:])
        if place.channel.startswith("#"):
            found = await self.find(place.channel)
            if found is None:
                raise NotFoundError(f"There is no channel {place.channel}, or Errand is not in it.")
            return found
        target = place.thread or place.channel
        if not target.isdecimal():
            raise NotFoundError(f"There is no channel {target}.")
        return target

    async def open_thread(self, place: Place, name: str) -> str:
        """A thread from the message that it is to belong to; where that may not be, the channel itself."""
        try:
            made = await self._rest.send(
                "POST",
                "/channels/{channel_id}/messages/{message_id}/threads",
                {"name": name, "auto_archive_duration": _DAY_MIN},
                channel_id=place.channel,
                message_id=place.thread,
            )
        except UnknownChannelError:
            raise
        except NotFoundError:
            return place.channel
        except RejectedError:
            # There is one by now, or there can be none in such a channel.
            return await self._thread_or_channel(place)
        except NotAllowedError:
            return place.channel
        return str(made["id"])

    async def reopen(self, thread: str) -> None:
        """Open an archived thread again. Raises ClosedError for one that somebody has locked, and we may not open."""
        try:
            await self._rest.send("PATCH", "/channels/{channel_id}", {"archived": False}, channel_id=thread)
        except NotAllowedError as error:
            raise ClosedError("The thread is locked.") from error

    async def find(self, name: str) -> str | None:
        """The channel that is called so, in whichever server. Raises RejectedError when there are several."""
        wanted = name.removeprefix("#").casefold()
        found = [
            channel
            for guild in self._client().guilds
            for channel in guild.text_channels
            if channel.name.casefold() == wanted and channel.permissions_for(guild.me).view_channel
        ]
        if len(found) > 1:
            listed = ", ".join(f"discord:{one.id} on {one.guild.name}" for one in found[:5])
            raise RejectedError(f"There are {len(found)} channels called {name}.", advice=f"Say which: {listed}.")
        return str(found[0].id) if found else None

    def name_of(self, place: Place) -> str:
        """What a channel is called, as far as Discord has told us of it; of a thread its channel's name."""
        if place.is_direct or not place.channel.isdecimal():
            return ""
        channel = self._client().get_channel(int(place.channel))
        return f"#{channel.name}" if isinstance(channel, discord.abc.GuildChannel) else ""

    async def has_member(self, place: Place, account: str) -> bool:
        """Whether this user can read there. Raises NotFoundError."""
        if place.is_direct:
            return place.channel[1:] == account
        if not (place.channel.isdecimal() and account.isdecimal()):
            return False
        channel = self._client().get_channel(int(place.channel))
        if isinstance(channel, discord.abc.GuildChannel):
            return await self._can_read(channel, account) and await self._is_let_in(place, account)
        guild = self._client().get_guild(int(place.channel))
        return guild is not None and await self._is_in(guild, account)

    async def _can_read(self, channel: discord.abc.GuildChannel, account: str) -> bool:
        member = await self._rest.ask(lambda _: channel.guild.fetch_member(int(account)))
        return channel.permissions_for(member).view_channel

    async def _is_in(self, guild: discord.Guild, account: str) -> bool:
        await self._rest.ask(lambda _: guild.fetch_member(int(account)))
        return True

    async def _is_let_in(self, place: Place, account: str) -> bool:
        """Into a private thread one is let in by name."""
        if not place.thread:
            return True
        try:
            thread = await self._rest.get("/channels/{channel_id}", channel_id=place.thread)
        except UnknownChannelError:
            return True
        if thread.get("type") != _PRIVATE_THREAD:
            return True
        path = "/channels/{channel_id}/thread-members/{user_id}"
        await self._rest.get(path, channel_id=place.thread, user_id=account)
        return True

    async def _direct_channel(self, user: str) -> str:
        if user not in self._direct:
            if not re.fullmatch(r"\d+", user, re.ASCII):
                raise NotFoundError(f"There is no user {user}.")
            made = await self._rest.send("POST", "/users/@me/channels", {"recipient_id": user})
            self._direct[user] = str(made["id"])
        return self._direct[user]

    async def _thread_or_channel(self, place: Place) -> str:
        try:
            return str((await self._rest.get("/channels/{channel_id}", channel_id=place.thread))["id"])
        except NotFoundError:
            return place.channel

    def _client(self) -> discord.Client:
        if self._rest.client is None:
            raise UnavailableError("Discord is not connected.")
        return self._rest.client
