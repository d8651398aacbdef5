"""A fake Slack, which every test leaves without a violation, and Errand connected to it in both modes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest

from tests.contract.surfaces.slack.lab import Mode, SlackLab
from tests.fakes.clock import FixedClock
from tests.fakes.slack_server import SlackServer


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slack's library takes a proxy from the environment even for this machine's own addresses."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    async with SlackServer.open() as server:
        yield server
    assert server.violations == []


@pytest.fixture(params=["socket", "http"])
async def lab(
    request: pytest.FixtureRequest, tmp_path: Path, clock: FixedClock, slack: SlackServer
) -> AsyncIterator[SlackLab]:
    async with SlackLab.serve(tmp_path, clock, slack, cast("Mode", request.param)) as opened:
        yield opened
