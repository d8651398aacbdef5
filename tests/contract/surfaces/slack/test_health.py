"""What health says of Slack while Slack is difficult."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from agent.command import Start
from tests.contract.surfaces.slack.lab import SlackLab
from tests.fakes.web_server import serve_web

POST = Start(template_id="chat.say", values={"message": "Hello"})
Healthz = Callable[[], Awaitable[Any]]


@pytest.fixture
async def healthz(lab: SlackLab, tmp_path: Path) -> AsyncIterator[Healthz]:
    """What an operator reads of Slack."""
    folder = tmp_path / "web"
    folder.mkdir()
    async with serve_web(folder, surfaces=lab.host.state) as web, web.client() as client:

        async def read() -> Any:
            return (await client.get("/healthz"))["outside"]["surfaces"]["slack"]

        yield read


async def test_all_is_well_when_it_is(lab: SlackLab, healthz: Healthz) -> None:
    assert "ack_p95_ms" not in await healthz()
    await lab.say("post hello", POST)
    said = await healthz()
    assert (said["connected"], said["missed"]) == (True, {})
    assert (said["inbox"], said["postings"]) == ({"count": 0}, {"count": 0})
    assert said["ack_p95_ms"] > 0


async def test_what_waits_in_inbox_and_postings_is_counted(lab: SlackLab, healthz: Healthz) -> None:
    await lab.slack.say("U1", "one")
    await lab.slack.say("U2", "two")
    said = await healthz()
    assert (said["inbox"]["count"], said["postings"]["count"]) == (2, 0)
    await lab.host.inbox.work_due()
    said = await healthz()
    assert (said["inbox"]["count"], said["postings"]["count"]) == (0, 2)


async def test_what_slack_refuses_is_counted_by_its_own_word(lab: SlackLab, healthz: Healthz) -> None:
    lab.slack.faults += [("chat.postMessage", "limited"), ("chat.postMessage", "away")]
    await lab.say("post hello", POST)
    for _ in range(3):
        lab.clock.move(30)
        await lab.settle()
    lab.slack.trigger_ttl_s = -1.0
    await lab.press("Edit")
    async with asyncio.timeout(10):
        while "expired_trigger_id" not in (said := await healthz())["missed"]:
            await asyncio.sleep(0.01)
    assert said["missed"] == {"ratelimited": 1, "service_unavailable": 1, "expired_trigger_id": 1}


async def test_what_is_not_from_slack_is_counted(lab: SlackLab, healthz: Healthz) -> None:
    if not lab.slack.url:
        return  # over sockets nobody calls us
    async with aiohttp.ClientSession() as stranger:
        for _ in range(2):
            await stranger.post(lab.slack.url, data=b"{}")
    assert (await healthz())["missed"] == {"answered_401": 2}
