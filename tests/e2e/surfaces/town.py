"""One Errand of several processes between a fake Slack and a fake Discord: who is there and what they do."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.fakes.discord_people import labels
from tests.fakes.discord_reading import read_message
from tests.fakes.discord_server import DiscordServer
from tests.fakes.discord_world import Message, User
from tests.fakes.http_service import Answer, HttpService
from tests.fakes.process import Served
from tests.fakes.slack_reading import read_messages
from tests.fakes.slack_server import SlackServer
from tests.fakes.slack_workspace import APP_TOKEN, BOT_TOKEN

WITHIN_S = 90.0
"""Longer than a killed process holds a channel: the lease of its lane, a minute for Slack."""
ANA, BEN = "U1", "U2"
"""In Slack. Bea is in Discord."""


async def until(look: Callable[[], Any], what: str, within_s: float = WITHIN_S) -> Any:
    """What a look gives once it is something; a look may wait itself."""
    try:
        async with asyncio.timeout(within_s):
            while True:
                found = look()
                if isinstance(found, Awaitable):
                    found = await found
                if found:
                    return found
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"not within {within_s} s: {what}") from None


@dataclass(kw_only=True)
class Town:
    slack: SlackServer
    discord: DiscordServer
    service: HttpService
    served: Served
    settings: dict[str, str]
    data: Path
    bea: User

    async def connected(self) -> None:
        """Both surfaces have the bot on the line."""
        await self.slack.connected()
        sessions = self.discord.gateway.sessions
        await until(lambda: [one for one in sessions.values() if one.socket is not None], "Discord has no bot")

    async def kill(self) -> None:
        """The serving process dies without a word; it will be at the same address again."""
        self.served.port = urlsplit(self.served.url).port or 0
        await self.served.stop(signal.SIGKILL)
        self.slack.reset_sockets()

    async def start_again(self) -> None:
        await self.served.start()
        await self.connected()

    # in Slack

    def slack_texts(self, user: str) -> list[str]:
        return [
            read_messages([one]).text for one in self.slack.direct(user).messages if one.bot_id and one.to in ("", user)
        ]

    async def slack_says(self, user: str, words: str) -> str:
        return str(
            await until(
                lambda: next((one for one in self.slack_texts(user) if words in one), ""),
                f"{words!r} in Slack for {user}: {self.slack_texts(user)}",
            )
        )

    def slack_has(self, user: str, label: str) -> bool:
        try:
            self.slack.button(user, label)
        except LookupError:
            return False
        return True

    async def slack_press(self, user: str, label: str) -> None:
        await until(lambda: self.slack_has(user, label), f"a button {label!r} for {user}: {self.slack_texts(user)}")
        await self.slack.press(user, label)

    # in Discord

    def discord_messages(self) -> list[Message]:
        dm = self.discord.world.dm(self.bea.id)
        return [one for one in self.discord.world.in_channel(dm.id) if one.author is self.discord.world.bot]

    def discord_button(self, label: str) -> Message | None:
        return next((one for one in reversed(self.discord_messages()) if label in labels(one)), None)

    def discord_text(self) -> str:
        return "\n".join(read_message(one.now).text for one in self.discord_messages())

    async def discord_press(self, label: str) -> None:
        message = await until(
            lambda: self.discord_button(label), f"a button {label!r} in Discord: {self.discord_text()}"
        )
        await self.discord.press(self.bea, label, message)


@asynccontextmanager
async def town(data: Path, shared: dict[str, str]) -> AsyncIterator[Town]:
    """Served without a worker. At the end neither fake has anything to complain of."""
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(SlackServer.open())
        discord = await stack.enter_async_context(DiscordServer.open())
        service = await stack.enter_async_context(HttpService())
        service.route("/pay", Answer(status=200))
        settings = shared | {
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_APP_TOKEN": APP_TOKEN,
            "SLACK_URL": slack.base,
            "DISCORD_TOKEN": discord.token,
            "DISCORD_URL": discord.url,
            "DISCORD_GATEWAY_URL": discord.gateway.url,
        }
        served = await stack.enter_async_context(Served(data, settings, port=0, has_worker=False))
        made = Town(
            slack=slack,
            discord=discord,
            service=service,
            served=served,
            settings=settings,
            data=data,
            bea=discord.world.add_user("Bea"),
        )
        yield made
        assert (slack.violations, discord.violations) == ([], [])
