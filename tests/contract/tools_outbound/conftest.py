"""Ports that reach only the fakes on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.fakes.http_service import HttpService
from tools.guard import AddressGuard
from tools.http import AioHttp


@pytest.fixture
async def service() -> AsyncIterator[HttpService]:
    async with HttpService() as running:
        yield running


@pytest.fixture
def guard() -> AddressGuard:
    """Allows loopback, as an operator could."""
    return AddressGuard(["127.0.0.0/8"])


@pytest.fixture
async def http(guard: AddressGuard) -> AsyncIterator[AioHttp]:
    client = AioHttp(guard, timeout_s=5.0, limit_bytes=100_000)
    yield client
    await client.close()
