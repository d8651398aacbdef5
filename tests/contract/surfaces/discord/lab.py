"""Discord's adapter, the real one, on the fake Discord, alone or in front of the real conversation."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from agent.command import Command
from bot.surface.services import SurfaceServices
from bot.surfaces.discord import open_surface
from bot.surfaces.discord.client import Timing
from bot.surfaces.discord.surface import DiscordSurface
from core.settings import Settings
from store.record import Identity
from tests.contract.surfaces.lab import SurfaceLab
from tests.fakes.discord_files import Attached
from tests.fakes.discord_people import labels
from tests.fakes.discord_reading import read_message
from tests.fakes.discord_server import DiscordServer
from tests.fakes.discord_world import Channel, FakeInteraction, Message, User
from tests.transcript import Transcript

SURFACE = "discord"
T = TypeVar("T")
FAST = Timing(silent_s=2.0, ready_s=0.1)


def settings_of(server: DiscordServer, token: str = "") -> Settings:
    return Settings(
        _env_file=None,
        discord_token=token or server.token,
        discord_url=server.url,
        discord_gateway_url=server.gateway.url,
    )


async def until(condition: Callable[[], object], within_s: float = 10.0) -> None:
    """Real sockets take their time."""
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.005)


@asynccontextmanager
async def connected(
    server: DiscordServer, services: SurfaceServices, *, timing: Timing = FAST
) -> AsyncIterator[DiscordSurface]:
    """The adapter, once it is connected."""
    async with open_surface(settings_of(server), services, timing=timing) as surface:
        await until(lambda: surface.health().is_connected)
        yield surface


@asynccontextmanager
async def serving(lab: SurfaceLab, server: DiscordServer) -> AsyncIterator[DiscordSurface]:
    """The adapter in front of a lab's conversation."""
    async with connected(server, lab.host._services(SURFACE)) as surface:
        lab.host._surfaces[SURFACE] = surface
        yield surface


@dataclass
class Town:
    """A Discord with people, the bot, and the conversation behind it. Each thing that somebody does is dealt with and shown."""

    lab: SurfaceLab
    server: DiscordServer

    def __post_init__(self) -> None:
        world = self.server.world
        self.ana, self.ben = world.add_user("Ana"), world.add_user("Ben")
        self.ops = world.ops

    async def say(
        self,
        text: str,
        *commands: Command,
        by: User | None = None,
        channel: Channel | None = None,
        mentions: bool = False,
        files: Sequence[Attached] = (),
    ) -> Message:
        """Write, to the bot alone where no channel is named; it means these commands."""
        if commands:
            self.lab.means(*commands)
        message = await self.server.say(by or self.ana, text, channel, mentions_bot=mentions, files=files)
        await self.arrived(message.id)
        await self.settle()
        return message

    async def press(
        self, label: str, *, by: User | None = None, on: Message | None = None, is_stale: bool = False
    ) -> FakeInteraction:
        """Press the newest button of that label that this user sees alone with the bot, or on that message."""
        user = by or self.ana
        message = on or self.with_button(label, self.server.world.dm(user.id))
        return await self.done(self.server.press(user, label, message, is_stale=is_stale))

    async def submit(self, opened: FakeInteraction, **values: object) -> FakeInteraction:
        return await self.done(self.server.submit(opened, **values))

    async def slash(
        self,
        command: str,
        /,
        *commands: Command,
        channel: Channel | None = None,
        by: User | None = None,
        **options: str,
    ) -> FakeInteraction:
        if commands:
            self.lab.means(*commands)
        done = await self.done(self.server.slash(by or self.ana, command, channel, **options))
        await self.arrived(done.id)
        await self.settle()
        return done

    async def done(self, doing: Awaitable[T]) -> T:
        """While somebody waits for an acknowledgement, what arrived is dealt with."""
        task = asyncio.ensure_future(doing)
        while not task.done():
            await self.lab.host.inbox.work_due()
            await asyncio.sleep(0.002)
        await self.settle()
        return task.result()

    async def arrived(self, delivery: str) -> None:
        """It is in the inbox, and not held there any more."""
        async with asyncio.timeout(10):
            while True:
                async with self.lab.store.begin() as records:
                    entry = await records.inbox.get(SURFACE, delivery)
                    entry = entry or await records.inbox.get(SURFACE, f"{delivery}:overheard")
                    if entry is not None and entry.due_at <= self.lab.clock.now():
                        return
                await asyncio.sleep(0.005)

    async def settle(self) -> None:
        await self.lab.settle()
        await self.lab.heard()
        await self.lab.show()

    async def work(self) -> None:
        """Let the workers work, and show what they did."""
        await self.lab.workers.work(1)
        await self.settle()

    def dm(self, user: User | None = None) -> list[Message]:
        return self.server.world.in_channel(self.server.world.dm((user or self.ana).id).id)

    def read(self, channel: Channel | None = None, user: User | None = None) -> list[Transcript]:
        """What the bot has posted there, as people read it."""
        channel = channel or self.server.world.dm((user or self.ana).id)
        found = self.server.world.in_channel(channel.id)
        return [read_message(one.now) for one in found if one.author is self.server.world.bot]

    def with_button(self, label: str, channel: Channel) -> Message:
        found = [one for one in self.server.world.in_channel(channel.id) if label in labels(one)]
        assert found, f"no button {label!r}: {self.read(channel)}"
        return found[-1]

    def thread_of(self, message: Message) -> Channel:
        assert message.id in self.server.world.channels, "no thread was opened"
        return self.server.world.channels[message.id]

    async def is_person(self, user: User, person_id: str) -> None:
        async with self.lab.store.begin() as records:
            await records.people.link(Identity(surface=SURFACE, external_id=user.id, person_id=person_id))
