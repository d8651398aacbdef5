"""One outside surface in front of the real conversation."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contract.surfaces.lab import SurfaceLab
from tests.fakes.clock import FixedClock


@pytest.fixture
async def lab(tmp_path: Path, clock: FixedClock) -> AsyncIterator[SurfaceLab]:
    async with SurfaceLab.open(tmp_path, clock) as opened:
        yield opened
