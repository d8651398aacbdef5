"""Shared fixtures. A real outbound call in a test is an error: only loopback and Unix sockets connect."""

from __future__ import annotations

import ipaddress
import json
import os
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.redis_server import RedisServer
from tests.fakes.clock import FixedClock


@pytest.fixture(autouse=True, scope="session")
def _loopback_only() -> Iterator[None]:
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not ipaddress.ip_address(address[0]).is_loopback:
            raise AssertionError(f"a test tried to reach {address}")
        connect(self, address)

    socket.socket.connect = guarded  # type: ignore[method-assign]
    yield
    socket.socket.connect = connect  # type: ignore[method-assign]


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
async def redis_url() -> AsyncIterator[str]:
    """A real redis-server of this test's own."""
    server = RedisServer()
    yield await server.start()
    await server.stop()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print what tests have measured (their property `figures`); as JSON, too, to the file that `CHAOS_FIGURES` names."""
    reports = [
        each for some in terminalreporter.stats.values() for each in some if getattr(each, "when", "") == "teardown"
    ]
    measured = [value for each in reports for name, value in each.user_properties if name == "figures"]
    if not measured:
        return
    terminalreporter.section("figures")
    for figures in measured:
        shown = {name: value for name, value in figures.items() if value not in (0, None)}
        terminalreporter.line(f"{shown.pop('storm')}: " + ", ".join(f"{name} {shown[name]}" for name in shown))
    if path := os.environ.get("CHAOS_FIGURES"):
        Path(path).write_text(json.dumps(measured, indent=2) + "\n")
