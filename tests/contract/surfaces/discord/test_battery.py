"""Discord is a surface like all others."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from store.record import Place
from tests.contract.surfaces.battery import SurfaceBattery
from tests.contract.surfaces.discord.lab import connected
from tests.contract.surfaces.lab import SurfaceLab
from tests.fakes.discord_reading import read_message
from tests.fakes.discord_server import DiscordServer


class DiscordStage:
    def __init__(self, server: DiscordServer, surface: object) -> None:
        self.server = server
        self.surface = surface
        self.channel = Place(surface="discord", channel=server.world.ops.id)
        self.ana = server.world.add_user("Ana")
        self.user = self.account = self.ana.id

    def texts(self, place: Place) -> list[str]:
        world = self.server.world
        channel = place.thread or (world.dm(place.channel[1:]).id if place.is_direct else place.channel)
        return [read_message(one.now).text for one in world.in_channel(channel)]

    def private_texts(self, user: str) -> list[str]:
        world = self.server.world
        hidden = [one for one in world.messages.values() if one.seen_by == user]
        return [read_message(one.now).text for one in [*hidden, *world.in_channel(world.dm(user).id)]]

    def fail_next(self, fault: str) -> None:
        self.server.fail_next(fault)

    def remove(self, external_id: str) -> None:
        for one in external_id.rpartition(":")[2].split(","):
            self.server.world.messages[one].is_deleted = True


@pytest.fixture
async def stage(lab: SurfaceLab, server: DiscordServer) -> AsyncIterator[DiscordStage]:
    async with connected(server, lab.host._services("discord")) as surface:
        yield DiscordStage(server, surface)


class TestDiscord(SurfaceBattery):
    pass
