"""`errand doctor` names what Discord lacks."""

from __future__ import annotations

from bot.surfaces.discord.doctor import examine
from tests.contract.surfaces.discord.lab import settings_of
from tests.fakes.discord_server import DiscordServer


async def test_all_is_well(server: DiscordServer) -> None:
    assert [one.state for one in await examine(settings_of(server))] == ["ok", "ok", "ok", "ok"]


async def test_a_token_that_is_refused_is_named(server: DiscordServer) -> None:
    [found] = await examine(settings_of(server, "bot.wrong.token"))
    assert found.state == "failed"
    assert "ERRAND_DISCORD_TOKEN" in found.text


async def test_intents_that_are_missing_are_named_with_what_they_are_for(server: DiscordServer) -> None:
    server.gateway.flags = 0
    found = {one.name: one for one in await examine(settings_of(server))}
    assert found["discord message content intent"].state == "note"
    assert "mentions" in found["discord message content intent"].text
    assert found["discord server members intent"].state == "note"


async def test_permissions_that_are_missing_are_named(server: DiscordServer) -> None:
    server.permissions = (1 << 50) - 1 & ~(1 << 3) & ~(1 << 35)
    found = {one.name: one for one in await examine(settings_of(server))}
    assert found["discord server Acme"].state == "failed"
    assert "create_public_threads" in found["discord server Acme"].text


async def test_a_bot_that_is_nowhere_gets_the_link_that_invites_it(server: DiscordServer) -> None:
    server.is_invited = False
    found = {one.name: one for one in await examine(settings_of(server))}
    assert "scope=bot+applications.commands" in found["discord servers"].text


async def test_interactions_that_go_elsewhere_are_named(server: DiscordServer) -> None:
    server.interactions_url = "https://bot.example.com/interactions"
    found = await examine(settings_of(server))
    assert [one.state for one in found].count("failed") == 1


async def test_a_discord_that_is_away_is_said_to_be(server: DiscordServer) -> None:
    settings = settings_of(server).model_copy(update={"discord_url": "http://127.0.0.1:9/api/v10"})
    [found] = await examine(settings)
    assert found.state == "failed"
