"""What `errand serve` says of a surface that cannot be connected: one plain line each, and the web chat is served anyway."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from bot.openers import surface_openers
from core.errors import ConfigError
from core.settings import Settings
from tests.fakes.discord_server import DiscordServer
from tests.fakes.process import Served, errand
from tests.fakes.slack_server import SlackServer


async def _until_said(served: Served, words: str) -> str:
    async with asyncio.timeout(30):
        while True:
            line = await served.line()
            if words in line:
                return line


async def test_a_wrong_token_is_one_line_and_the_web_chat_is_there(tmp_path: Path) -> None:
    async with SlackServer.open() as slack, DiscordServer.open() as discord:
        settings = {
            "SLACK_BOT_TOKEN": "xoxb-wrong",
            "SLACK_APP_TOKEN": "xapp-wrong",
            "SLACK_URL": slack.base,
            "DISCORD_TOKEN": "wrong",
            "DISCORD_URL": discord.url,
            "DISCORD_GATEWAY_URL": discord.gateway.url,
            "LOG_LEVEL": "error",
        }
        async with Served(tmp_path / "data", settings) as served:
            said = {await _until_said(served, "is not connected"), await _until_said(served, "is not connected")}
    assert any("Slack is not connected: Slack does not take the token" in line for line in said), said
    assert any("Discord is not connected: Discord does not accept the bot's token" in line for line in said), said
    assert not [line for line in served.printed if "Traceback" in line]
    assert (slack.violations, discord.violations) == ([], [])


async def test_a_surface_without_its_second_token_does_not_start(tmp_path: Path) -> None:
    code, _, said = await errand(tmp_path / "data", "serve", "--port", "0", SLACK_BOT_TOKEN="xoxb-1")
    assert code == 1
    assert said.splitlines()[-1].strip() == (
        "Slack over sockets needs ERRAND_SLACK_APP_TOKEN (or set ERRAND_SLACK_MODE=http)."
    )


async def test_a_surface_that_is_not_set_up_cannot_be_the_only_one(tmp_path: Path) -> None:
    code, _, said = await errand(tmp_path / "data", "serve", "--only", "discord")
    assert code == 1
    assert "set ERRAND_DISCORD_TOKEN" in said


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith(("bot.surfaces.slack", "slack_"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "slack_bolt", None)
    with pytest.raises(ConfigError, match="Slack needs the Python package of the module slack_bolt"):
        surface_openers(Settings(slack_bot_token="xoxb-1", _env_file=None))
