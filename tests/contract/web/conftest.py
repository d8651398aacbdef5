"""A running web surface for each test, and somebody who is signed in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.web_server import Client, WebServer, serve_web


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[WebServer]:
    async with serve_web(tmp_path) as server:
        yield server


@pytest.fixture
async def me(web: WebServer) -> AsyncIterator[Client]:
    async with web.signed_in() as client:
        yield client
