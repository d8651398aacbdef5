"""The bot as the library knows it: hands what the gateway brings to the receiver. Works nothing itself, in no event.

Every button of ours is a `DynamicItem`: the library keeps no view, so that buttons work after any restart.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from dataclasses import dataclass
from typing import Any, Self

import discord
from discord.gateway import KeepAliveHandler

from bot.surface.services import SurfaceServices
from bot.surfaces.discord.answering import RECEIVED, Interaction
from bot.surfaces.discord.command import CommandTree
from bot.surfaces.discord.hearing import Hearing
from bot.surfaces.discord.press_id import TEMPLATE
from bot.surfaces.discord.receiver import Receiver
from bot.surfaces.discord.rest import LONGEST_LIMIT_S, Rest
from core.clock import Clock

_log = logging.getLogger(__name__)
discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """A gateway of which nothing was heard for `silent_s` is taken for dead, more than the five
    that the library waits before it identifies anew; `ready_s` is waited for each server at a start.
    """

    silent_s: float = 30.0
    ready_s: float = 2.0


class PressButton(discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"(?s)e:[a-rt-z]:.+"):
    @classmethod
    async def from_custom_id(cls, _: Interaction, item: discord.ui.Item[Any], __: Any, /) -> Self:
        return cls(item)  # type: ignore[arg-type]  # of the type of component that was pressed

    async def callback(self, interaction: Interaction) -> None:
        receiver = receiver_of(interaction)
        await receiver.answering.guarded(interaction, receiver.pressed(interaction, self.custom_id, []))


class PressSelect(discord.ui.DynamicItem[discord.ui.Select[Any]], template=r"(?s)e:s:.+"):
    @classmethod
    async def from_custom_id(cls, _: Interaction, item: discord.ui.Item[Any], __: Any, /) -> Self:
        return cls(item)  # type: ignore[arg-type]  # of the type of component that was pressed

    async def callback(self, interaction: Interaction) -> None:
        receiver = receiver_of(interaction)
        await receiver.answering.guarded(interaction, receiver.pressed(interaction, self.custom_id, self.item.values))


class ErrandClient(discord.Client):
    """One connection. `has_*` say which of Discord's privileged intents this bot has."""

    def __init__(
        self,
        *,
        receiver: Receiver,
        hearing: Hearing,
        services: SurfaceServices,
        rest: Rest,
        clock: Clock,
        timing: Timing,
    ) -> None:
        self._wanted = discord.Intents(guilds=True, guild_messages=True, dm_messages=True, guild_reactions=True)
        super().__init__(
            intents=self._wanted,
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            chunk_guilds_at_startup=False,
            member_cache_flags=discord.MemberCacheFlags.none(),
            guild_ready_timeout=timing.ready_s,
            heartbeat_timeout=timing.silent_s,
            enable_debug_events=True,
        )
        self.http.max_ratelimit_timeout = LONGEST_LIMIT_S
        self.receiver = receiver
        self._hearing = hearing
        self.is_up = False
        self.heard_at_s: float | None = None
        self._rest = rest
        self._clock = clock
        self._tree = CommandTree(self, receiver, services)

    async def setup_hook(self) -> None:
        """Logged in, not connected yet."""
        flags = self.application_flags
        self._wanted.message_content = flags.gateway_message_content or flags.gateway_message_content_limited
        self._wanted.members = flags.gateway_guild_members or flags.gateway_guild_members_limited
        self.add_dynamic_items(PressButton, PressSelect)
        self._rest.client = self
        try:
            await self._tree.sync_if_changed()
        except discord.DiscordException as error:
            _log.warning("Discord could not be told of the slash commands: %s", error)

    async def close(self) -> None:
        """The library's heart beats in a thread, which it leaves running when it is stopped in the middle of connecting."""
        await super().close()
        beating = [one for one in threading.enumerate() if isinstance(one, KeepAliveHandler)]
        for thread in [one for one in beating if one.ws._connection is self._connection]:  # noqa: SLF001  # nobody else knows
            thread.stop()
            await asyncio.to_thread(thread.join, 1.0)

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        """The library's, which also notes when an interaction came: what deals with it comes to its turn later."""
        if event == "interaction":
            args[0].extras[RECEIVED] = self._clock.monotonic_s()
        super().dispatch(event, *args, **kwargs)

    async def on_connect(self) -> None:
        self.is_up = True

    async def on_resumed(self) -> None:
        self.is_up = True

    async def on_disconnect(self) -> None:
        self.is_up = False

    async def on_socket_raw_receive(self, _: str) -> None:
        self.heard_at_s = self._clock.monotonic_s()

    async def on_message(self, message: discord.Message) -> None:
        await self._hearing.said(message, self._me)

    async def on_raw_message_edit(self, event: discord.RawMessageUpdateEvent) -> None:
        await self._hearing.edited(event.message, self._me)

    async def on_raw_reaction_add(self, event: discord.RawReactionActionEvent) -> None:
        await self._hearing.reacted(event, self._me)

    async def on_member_join(self, member: discord.Member) -> None:
        await self._hearing.joined(member)

    async def on_interaction(self, interaction: Interaction) -> None:
        """What the library hands to nobody: forms, and buttons that are none of ours."""
        data: Any = interaction.data or {}
        if interaction.type is discord.InteractionType.modal_submit:
            await self.receiver.answering.guarded(interaction, self.receiver.submitted(interaction))
        elif interaction.type is discord.InteractionType.component and not TEMPLATE.fullmatch(data["custom_id"]):
            await self.receiver.answering.guarded(interaction, self.receiver.other(interaction))

    async def on_error(self, event_method: str, /, *_: Any, **__: Any) -> None:
        _log.exception("what Discord sent could not be taken in (%s)", event_method)

    @property
    def _me(self) -> int:
        return self.user.id if self.user else 0


def receiver_of(interaction: Interaction) -> Receiver:
    client = interaction.client
    if not isinstance(client, ErrandClient):
        raise TypeError("an interaction of another client")
    return client.receiver
