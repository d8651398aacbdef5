"""A conversation with scripted understanding."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.clock import FixedClock
from tests.fakes.talk import Talk


@pytest.fixture
async def talk(tmp_path: Path, clock: FixedClock) -> AsyncIterator[Talk]:
    opened = await Talk.open(tmp_path, clock)
    yield opened
    await opened.store.close()
