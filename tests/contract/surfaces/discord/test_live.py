"""What the real Discord says, for whoever has a bot: skipped without its token. What asks it is tried on the fake."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.contract.surfaces.discord.lab import SURFACE, connected, settings_of
from tests.contract.surfaces.discord.live import find_problems
from tests.contract.surfaces.lab import SurfaceLab
from tests.fakes.discord_server import DiscordServer


@pytest.mark.skipif(not os.environ.get("ERRAND_DISCORD_TOKEN"), reason="needs ERRAND_DISCORD_TOKEN")
def test_discord_itself_knows_the_bot_and_its_commands() -> None:
    """In a process of its own: in this one nothing reaches beyond this machine."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.contract.surfaces.discord.live"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


async def test_what_asks_discord_finds_what_is_wrong_and_posts_nothing_unasked(
    lab: SurfaceLab, server: DiscordServer
) -> None:
    assert await find_problems(settings_of(server, "bot.wrong.token")) == ["users/@me: the token is refused"]
    [found] = await find_problems(settings_of(server))
    assert "approvals, errand, run, runs, workflows differ" in found
    async with connected(server, lab.host._services(SURFACE)):
        pass
    assert await find_problems(settings_of(server)) == []
    assert server.world.messages == {}


async def test_what_asks_discord_posts_every_card_where_it_may_and_takes_it_away_again(
    lab: SurfaceLab, server: DiscordServer
) -> None:
    async with connected(server, lab.host._services(SURFACE)):
        pass
    assert await find_problems(settings_of(server), server.world.ops.id) == []
    assert len(server.world.messages) > 8
    assert server.world.in_channel(server.world.ops.id) == []
