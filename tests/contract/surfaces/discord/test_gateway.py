"""The connection: whatever breaks it, nothing that arrived is lost, and it says how it is."""

from __future__ import annotations

import asyncio

import discord
import pytest

from agent.command import Start
from bot.surfaces.discord import open_surface
from bot.surfaces.discord.client import Timing
from tests.contract.surfaces.discord.lab import SURFACE, Town, connected, serving, settings_of, until
from tests.contract.surfaces.lab import SurfaceLab
from tests.fakes.discord_server import DiscordServer

POST = Start(template_id="chat.say", values={"message": "Hello"})


@pytest.mark.parametrize("loss", ["reset", "reconnect", "invalid but resumable", "frozen"])
async def test_what_is_said_while_the_line_is_lost_arrives(town: Town, loss: str) -> None:
    gateway = town.server.gateway
    match loss:
        case "reset":
            gateway.reset()
        case "reconnect":
            await gateway.ask_to_reconnect()
        case "invalid but resumable":
            await gateway.invalidate(may_resume=True)
        case "frozen":
            gateway.freeze()
    await town.say("post hello", POST)
    await town.press("Run")
    assert town.lab.talk.count("runs") == 1
    assert gateway.resumes >= 1
    assert gateway.identifies == 1


async def test_a_session_that_is_over_is_begun_anew(lab: SurfaceLab, server: DiscordServer) -> None:
    """The library waits five seconds before it identifies again."""
    async with connected(server, lab.host._services(SURFACE), timing=Timing()) as surface:
        lab.host._surfaces[SURFACE] = surface
        await server.gateway.invalidate(may_resume=False)
        await until(lambda: server.gateway.identifies == 2)
        town = Town(lab, server)
        await town.say("post hello", POST)
        assert town.read()


async def test_a_compressed_gateway_is_read(lab: SurfaceLab, server: DiscordServer) -> None:
    server.gateway.compress = True
    async with serving(lab, server):
        town = Town(lab, server)
        await town.say("post hello", POST)
        assert town.read()


async def test_a_token_that_is_refused_is_said_and_tried_again(lab: SurfaceLab, server: DiscordServer) -> None:
    settings = settings_of(server, "bot.wrong.token")
    async with open_surface(settings, lab.host._services(SURFACE)) as surface:
        await until(lambda: "token" in surface.health().problem)
        assert not surface.health().is_connected
        server.token = server.gateway.token = "bot.wrong.token"
        await until(lambda: surface.health().is_connected)


async def test_a_token_that_is_revoked_later_is_said(town: Town) -> None:
    surface = town.lab.host._surfaces[SURFACE]
    town.server.token = town.server.gateway.token = "another"
    town.server.gateway.reset()
    await until(lambda: "token" in surface.health().problem)
    assert not surface.health().is_connected


async def test_health_counts_from_the_last_sign_of_life(town: Town) -> None:
    surface = town.lab.host._surfaces[SURFACE]
    await until(lambda: surface.health().silent_s is not None)
    beats = town.server.gateway.heartbeats
    await until(lambda: town.server.gateway.heartbeats > beats)
    assert surface.health().is_connected


async def test_discord_may_be_away_at_the_start(lab: SurfaceLab, server: DiscordServer) -> None:
    server.gateway.is_closed = True
    async with open_surface(settings_of(server), lab.host._services(SURFACE)) as surface:
        await asyncio.sleep(0.1)
        assert not surface.health().is_connected
        server.gateway.is_closed = False
        await until(lambda: surface.health().is_connected, within_s=20)


async def test_without_a_right_the_bot_goes_without_what_it_is_for(lab: SurfaceLab, server: DiscordServer) -> None:
    server.gateway.flags = 0
    async with serving(lab, server):
        town = Town(lab, server)
        await town.server.say(town.ana, "lunch, anybody?", town.ops)
        await town.say("post hello", POST, channel=town.ops, mentions=True)
        assert town.lab.talk.count("inbox") == 1


async def test_the_commands_are_told_once(lab: SurfaceLab, server: DiscordServer) -> None:
    for _ in range(2):
        async with connected(server, lab.host._services(SURFACE)):
            assert server.syncs == 1
    server.world.commands[0]["description"] = "Something else"
    async with connected(server, lab.host._services(SURFACE)):
        assert server.syncs == 2


async def test_the_librarys_addresses_are_as_before_afterwards(lab: SurfaceLab, server: DiscordServer) -> None:
    before = discord.http.Route.BASE
    async with connected(server, lab.host._services(SURFACE)):
        assert server.url == discord.http.Route.BASE
    assert before == discord.http.Route.BASE
