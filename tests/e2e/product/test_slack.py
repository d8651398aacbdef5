"""A real `errand serve` connected to a fake Slack: a sentence, a card, a yes and a run, with the process ended in between."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fakes.process import Served
from tests.fakes.slack_server import SECRET, SlackServer
from tests.fakes.slack_workspace import APP_TOKEN, BOT_TOKEN


async def _until(is_so: Callable[[], bool], what: str) -> None:
    try:
        async with asyncio.timeout(60):
            while not is_so():
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(what) from None


def _shows(slack: SlackServer, words: str) -> bool:
    return any(words in str(message.blocks) for message in slack.direct("U1").messages if message.bot_id)


def _has(slack: SlackServer, label: str) -> bool:
    try:
        slack.button("U1", label)
    except LookupError:
        return False
    return True


@pytest.mark.parametrize("mode", ["socket", "http"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
async def test_a_wish_in_slack_runs_although_the_process_ended_before_the_yes(
    tmp_path: Path, mode: str, number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    async with SlackServer.open() as slack:
        settings = {
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_APP_TOKEN": APP_TOKEN,
            "SLACK_SIGNING_SECRET": SECRET,
            "SLACK_URL": slack.base,
            "SLACK_MODE": mode,
        }
        async with Served(tmp_path / "data", settings) as errand:
            await _ready(slack, errand, mode)
            await slack.say("U1", 'add "stretch" to my notes')
            await _until(lambda: _has(slack, "Run"), "no card")
            await errand.stop(number)
            slack.url = ""
        async with Served(tmp_path / "data", settings) as errand:
            await _ready(slack, errand, mode)
            assert await slack.press("U1", "Run") is not None
            await _until(lambda: _shows(slack, "Approved"), "the card was not changed")
            assert not _has(slack, "Run")
            await _until(lambda: _shows(slack, "Done"), "the run was not shown to its end")
            slack.url = ""
        assert slack.violations == []
    notes = [path.read_text() for path in (tmp_path / "data" / "files").iterdir()]
    assert sum(text.count("stretch") for text in notes) == 1


async def _ready(slack: SlackServer, errand: Served, mode: str) -> None:
    if mode == "http":
        slack.url = f"{errand.url}/surfaces/slack/events"
        await _until(lambda: ("auth.test", {}) in slack.calls, "it did not introduce itself")
        slack.calls.clear()
    else:
        await slack.connected()
