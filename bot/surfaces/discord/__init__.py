"""Discord, through discord.py. The only room that imports it; loaded only where a bot token is set."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.surface.services import SurfaceServices
from bot.surface.vitals import Vitals
from bot.surfaces.discord.answering import Answering
from bot.surfaces.discord.client import ErrandClient, Timing
from bot.surfaces.discord.connection import Connection
from bot.surfaces.discord.download import Downloads
from bot.surfaces.discord.hearing import Hearing
from bot.surfaces.discord.place import Places
from bot.surfaces.discord.press_id import PressIds
from bot.surfaces.discord.receiver import Receiver
from bot.surfaces.discord.rest import Rest
from bot.surfaces.discord.surface import DiscordSurface
from core.settings import Settings
from worker.task import end

__all__ = ["open_surface", "reaching"]


@asynccontextmanager
async def open_surface(
    settings: Settings, services: SurfaceServices, *, timing: Timing | None = None
) -> AsyncIterator[DiscordSurface]:
    """`bot.surface.services.Opener`."""
    # What it says for debugging has the tokens of interactions in it.
    logging.getLogger("discord").setLevel(logging.INFO)
    token = settings.discord_token.get_secret_value()
    vitals = Vitals()
    ids, rest = PressIds(token), Rest(services.clock, vitals)
    surface = DiscordSurface(
        rest=rest,
        ids=ids,
        clock=services.clock,
        downloads=Downloads(rest, settings.discord_url),
        files_url=services.public_url,
        health=lambda: connection.health(),  # noqa: PLW0108  # made below
    )
    places = Places(rest)
    answering = Answering(services.clock, vitals)
    receiver = Receiver(services=services, surface=surface, places=places, ids=ids, answering=answering)
    hearing = Hearing(intake=services.intake, places=places, store=services.store)
    connection = Connection(
        token=token,
        make=lambda: ErrandClient(
            receiver=receiver,
            hearing=hearing,
            services=services,
            rest=rest,
            clock=services.clock,
            timing=timing or Timing(),
        ),
        rest=rest,
        clock=services.clock,
        vitals=vitals,
    )
    with reaching(settings):
        running = asyncio.create_task(connection.run(), name="discord")
        try:
            yield surface
        finally:
            await end([running])


@contextmanager
def reaching(settings: Settings) -> Iterator[None]:
    """Let the library reach the servers that the settings name. It has their addresses in two classes, for the whole process."""
    before = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    Route.BASE = settings.discord_url.rstrip("/")
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(settings.discord_gateway_url)
    try:
        yield
    finally:
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = before
