"""What `errand doctor` finds of Discord: the token, the intents, and the permissions on each server. Changes nothing."""

from __future__ import annotations

import asyncio

import aiohttp
import discord
from discord.http import Route

from bot.finding import Finding
from bot.surfaces.discord import reaching
from core.settings import Settings
from store.record import JsonObject

_LONGEST_S = 15.0
_NEEDED = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    create_public_threads=True,
    read_message_history=True,
)


async def examine(settings: Settings) -> list[Finding]:
    """One finding for each thing, as far as one comes."""
    client = discord.Client(intents=discord.Intents.none())
    try:
        with reaching(settings):
            async with asyncio.timeout(_LONGEST_S):
                await client.login(settings.discord_token.get_secret_value())
                servers: list[JsonObject] = await client.http.request(Route("GET", "/users/@me/guilds"))
                application = await client.application_info()
    except discord.LoginFailure:
        return [
            _found("failed", "Discord refuses ERRAND_DISCORD_TOKEN; reset it on the page “Bot” of your application")
        ]
    except (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError) as error:
        return [_found("failed", f"not reached at {settings.discord_url}: {type(error).__name__}")]
    finally:
        await client.close()
    found = [_found("ok", f"signed in as {application.name}")]
    if application.interactions_endpoint_url:
        said = f"presses and commands go to {application.interactions_endpoint_url}; clear “Interactions Endpoint URL”"
        found.append(_found("failed", said))
    return [*found, *_intents(application.flags), *_servers(servers, application.id)]


def _intents(flags: discord.ApplicationFlags) -> list[Finding]:
    has_content = flags.gateway_message_content or flags.gateway_message_content_limited
    has_members = flags.gateway_guild_members or flags.gateway_guild_members_limited
    content = "granted" if has_content else "not granted: automations that wait for words in channels see mentions only"
    members = "granted" if has_members else "not granted: automations that wait for new members do not start"
    return [
        Finding(name="discord message content intent", state="ok" if has_content else "note", text=content),
        Finding(name="discord server members intent", state="ok" if has_members else "note", text=members),
    ]


def _servers(servers: list[JsonObject], application_id: int) -> list[Finding]:
    link = discord.utils.oauth_url(application_id, permissions=_NEEDED, scopes=("bot", "applications.commands"))
    if not servers:
        return [Finding(name="discord servers", state="note", text=f"on none yet; invite it with {link}")]
    return [_server(one, link) for one in servers]


def _server(server: JsonObject, link: str) -> Finding:
    has = discord.Permissions(int(str(server.get("permissions") or 0)))
    missing = [] if has.administrator else [name for name, is_needed in _NEEDED if is_needed and not getattr(has, name)]
    said = f"missing permissions: {', '.join(missing)}; give them to its role, or invite it again with {link}"
    name = f"discord server {server.get('name')}"
    return Finding(
        name=name, state="failed" if missing else "ok", text=said if missing else "all permissions are there"
    )


def _found(state: str, text: str) -> Finding:
    return Finding(name="discord", state="ok" if state == "ok" else "failed", text=text)
