"""What health says of Discord while Discord is difficult."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from agent.command import Start
from tests.contract.surfaces.discord.lab import Town
from tests.fakes.web_server import serve_web

POST = Start(template_id="chat.say", values={"message": "Hello"})
Healthz = Callable[[], Awaitable[Any]]


@pytest.fixture
async def healthz(town: Town, tmp_path: Path) -> AsyncIterator[Healthz]:
    """What an operator reads of Discord."""
    folder = tmp_path / "web"
    folder.mkdir()
    async with serve_web(folder, surfaces=town.lab.host.state) as web, web.client() as client:

        async def read() -> Any:
            return (await client.get("/healthz"))["outside"]["surfaces"]["discord"]

        yield read


async def test_all_is_well_when_it_is(town: Town, healthz: Healthz) -> None:
    await town.say("post hello", POST)
    assert "ack_p95_ms" not in await healthz(), "messages are acknowledged by nobody"
    await town.press("Run")
    said = await healthz()
    assert (said["connected"], said["missed"]) == (True, {})
    assert (said["inbox"], said["postings"]) == ({"count": 0}, {"count": 0})
    assert said["ack_p95_ms"] >= 0


async def test_what_waits_in_inbox_and_postings_is_counted(town: Town, healthz: Healthz) -> None:
    message = await town.server.say(town.ana, "one")
    await town.arrived(message.id)
    said = await healthz()
    assert (said["inbox"]["count"], said["postings"]["count"]) == (1, 0)
    await town.lab.host.inbox.work_due()
    said = await healthz()
    assert (said["inbox"]["count"], said["postings"]["count"]) == (0, 1)


async def test_what_discord_refuses_is_counted_by_its_own_code(town: Town, healthz: Healthz) -> None:
    town.server.fail_next("limited")
    town.server.fail_next("away", times=1)
    await town.say("post hello", POST)
    for _ in range(3):
        town.lab.clock.move(30)
        await town.settle()
    town.server.ack_s = -1.0
    card = town.with_button("Run", town.server.world.dm(town.ana.id))
    await town.server.press(town.ana, "Run", card)
    async with asyncio.timeout(10):
        while "10062" not in (said := await healthz())["missed"]:
            await asyncio.sleep(0.01)
    assert said["missed"] == {"429": 1, "503": 1, "10062": 1}
    town.server.violations.clear()
