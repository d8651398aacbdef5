"""What is said and what happens in Discord's channels, as arrivals. Nothing waits for it, and nothing is answered here."""

from __future__ import annotations

from contextlib import suppress

import discord

from bot.surface.arrival import Arrival, Handed, Joined, Reacted, Said, What
from bot.surface.mention import LATE_MENTION_S, told_apart
from bot.surface.services import Intake
from bot.surfaces.discord.place import NAME, Places, at, begun_by
from bot.surfaces.discord.typed import mentioned, typed
from core.errors import StoreError
from store.port import Store
from store.record import Place

_PEOPLE_WRITE = frozenset({discord.MessageType.default, discord.MessageType.reply})


class Hearing:
    def __init__(self, *, intake: Intake, places: Places, store: Store) -> None:
        self._intake = intake
        self._store = store
        self._places = places

    async def said(self, message: discord.Message, me: int) -> None:
        """A message that somebody wrote. What does not concern Errand is taken in, too: something may wait for it."""
        if message.author.bot or message.webhook_id or message.type not in _PEOPLE_WRITE:
            return
        place = await self._places.of(
            message.channel, message.channel.id, message.author.id, is_guild=message.guild is not None
        )
        is_addressed = place.is_direct or _is_meant(message, me)
        own = message.guild.self_role if message.guild else None
        said = typed(message, me, own.id if own else 0, await self._people(message, me))
        if not place.is_direct and not place.thread:
            replied = message.reference.resolved if message.reference else None
            place = at(place.channel, begun_by(replied, me) or message.id)
        files = _files(message)
        if not said and not files and not is_addressed:
            return  # without the right to read messages, Discord sends them empty
        # A mention and nothing else is a call for help.
        wish = said or ("" if place.is_direct or files else "help")
        what = Said(text=wish, is_addressed=is_addressed, files=files)
        await self._accept(place, f"{message.id}{'' if is_addressed else ':overheard'}", message.author.id, what)

    async def _people(self, message: discord.Message, me: int) -> dict[str, str]:
        """What those are called who are mentioned; as they say themselves when the records cannot be read."""
        people = mentioned(message, me)
        with suppress(StoreError):
            return await told_apart(self._store, NAME, "", people) if people else {}
        return people

    async def edited(self, message: discord.Message, me: int) -> None:
        """A mention that is added is heard as if it had been there; the message that had none was another arrival."""
        if message.guild is None or message.edited_at is None or not _is_meant(message, me):
            return
        if (message.edited_at - message.created_at).total_seconds() <= LATE_MENTION_S:
            await self.said(message, me)

    async def reacted(self, event: discord.RawReactionActionEvent, me: int) -> None:
        if event.user_id == me or event.guild_id is None or (event.member is not None and event.member.bot):
            return
        place = await self._places.of(None, event.channel_id, event.user_id, is_guild=True)
        emoji = event.emoji.name or str(event.emoji.id)
        delivery = f"reaction:{event.message_id}:{event.user_id}:{event.emoji.id or emoji}"
        what = Reacted(emoji=emoji, message=str(event.message_id))
        await self._accept(place, delivery, event.user_id, what)

    async def joined(self, member: discord.Member) -> None:
        """One joins a server, not a channel: it is said of the one in which Discord itself says it."""
        if member.bot:
            return
        channel = member.guild.system_channel
        place = at(channel.id if channel else member.guild.id)
        delivery = f"join:{member.guild.id}:{member.id}:{member.joined_at.isoformat() if member.joined_at else ''}"
        await self._accept(place, delivery, member.id, Joined())

    async def _accept(self, place: Place, delivery: int | str, user: int, what: What) -> None:
        arrival = Arrival(
            surface=NAME,
            delivery_id=str(delivery),
            user=str(user),
            channel=place.channel,
            thread=place.thread,
            what=what,
        )
        await self._intake.accept(arrival)


def _is_meant(message: discord.Message, me: int) -> bool:
    """Whether it mentions the bot, or the role that is its own."""
    own = message.guild.self_role if message.guild else None
    return any(user.id == me for user in message.mentions) or (own is not None and own in message.role_mentions)


def _files(message: discord.Message) -> tuple[Handed, ...]:
    return tuple(
        Handed(id=str(one.id), name=one.filename, size=one.size, media_type=one.content_type or "", url=one.url)
        for attached in (message.attachments, *(one.attachments for one in message.message_snapshots))
        for one in attached
    )
