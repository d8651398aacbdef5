"""A fake Discord, which every test leaves without a violation, and Errand connected to it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.contract.surfaces.discord.lab import Town, serving
from tests.contract.surfaces.lab import SurfaceLab
from tests.fakes.discord_server import DiscordServer


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    async with DiscordServer.open() as opened:
        yield opened
        assert opened.violations == []


@pytest.fixture
async def town(lab: SurfaceLab, server: DiscordServer) -> AsyncIterator[Town]:
    async with serving(lab, server):
        yield Town(lab, server)
