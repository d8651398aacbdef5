"""Shared fixtures. A real outbound call in a test is an error: only loopback and Unix sockets connect."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import AsyncIterator, Iterator
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
