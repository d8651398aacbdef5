"""Asks the real Discord what a bot needs of it: the token, the gateway, the slash commands it knows; and, in a channel that is named,
whether it takes every card.

Run with `ERRAND_DISCORD_TOKEN` set: `python -m tests.contract.surfaces.discord.live`. Nothing is posted unless
`ERRAND_LIVE_DISCORD_CHANNEL` holds the id of a channel; what is posted there is deleted again. Prints what is wrong; its exit code says
so too.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator

import discord
import yarl
from discord.http import Route

from agent.reply import PARTS
from bot.surfaces.discord import reaching
from bot.surfaces.discord.card import Cards
from bot.surfaces.discord.command import CommandTree, fingerprint
from bot.surfaces.discord.posted import marked
from bot.surfaces.discord.press_id import PressIds
from core.settings import Settings, load_settings
from tests.contract.surfaces.battery import EVERY_PART
from tests.fakes.discord_lint import V2

_HELLO = 10
_LONGEST_S = 15.0


async def find_problems(settings: Settings, channel: str = "") -> list[str]:
    client = discord.Client(intents=discord.Intents.none())
    try:
        with reaching(settings):
            try:
                await client.login(settings.discord_token.get_secret_value())
            except discord.LoginFailure:
                return ["users/@me: the token is refused"]
            looked = [await _gateway(client, settings), await _commands(client)]
            return [one for one in looked if one] + [one async for one in _cards(client, settings, channel)]
    finally:
        await client.close()


async def _gateway(client: discord.Client, settings: Settings) -> str:
    """It is reached when it says hello; nobody identifies, which is limited to a number a day."""
    address = yarl.URL(settings.discord_gateway_url).update_query(v=10, encoding="json")
    async with asyncio.timeout(_LONGEST_S):
        socket = await client.http.ws_connect(str(address))
        try:
            said = await socket.receive_json()
        finally:
            await socket.close()
    return "" if said["op"] == _HELLO else f"gateway: it says {said['op']} first"


async def _commands(client: discord.Client) -> str:
    ours = CommandTree(client, None, None).payload()  # type: ignore[arg-type]  # nobody gives a command here
    known = await client.http.get_global_commands(client.application_id or 0)
    if fingerprint(known) == fingerprint(ours):  # type: ignore[arg-type]  # JSON
        return ""
    names = sorted({str(one["name"]) for one in known} ^ {str(one["name"]) for one in ours})
    return f"commands: {', '.join(names) or 'what is said of them'} differ; the next start of Errand tells Discord"


async def _cards(client: discord.Client, settings: Settings, channel: str) -> AsyncIterator[str]:
    if not channel:
        return
    ids = PressIds(settings.discord_token.get_secret_value())
    cards = Cards(ids=ids, message_id="msg_live")
    for name, part in EVERY_PART.items():
        for number, page in enumerate(cards.messages(PARTS.validate_python([part]))):
            body = {"components": marked(page, "msg_live", number), "flags": V2, "allowed_mentions": {"parse": []}}
            try:
                posted = await client.http.request(Route("POST", f"/channels/{channel}/messages"), json=body)
            except discord.HTTPException as error:
                yield f"{name}: {error}"
                continue
            await client.http.request(Route("DELETE", f"/channels/{channel}/messages/{posted['id']}"))


if __name__ == "__main__":
    found = asyncio.run(find_problems(load_settings(), os.environ.get("ERRAND_LIVE_DISCORD_CHANNEL", "")))
    print("\n".join(found) or "Discord takes all of it.")
    sys.exit(bool(found))
