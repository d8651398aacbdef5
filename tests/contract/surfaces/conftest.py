"""One outside surface in front of the real conversation."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contract.surfaces.lab import SurfaceLab
from tests.fakes.clock import FixedClock


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slack's library takes a proxy from the environment even for this machine's own addresses."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
async def lab(tmp_path: Path, clock: FixedClock) -> AsyncIterator[SurfaceLab]:
    async with SurfaceLab.open(tmp_path, clock) as opened:
        yield opened
