"""A fake Slack, which every test leaves without a violation, and Errand connected to it in both modes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest

from tests.contract.surfaces.slack.lab import Mode, SlackLab
from tests.fakes.clock import FixedClock
from tests.fakes.slack_server import SlackServer


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
