"""A server that falls silent without closing its lines: a paused machine, a network that swallows everything."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest
from sqlalchemy import text

from core.errors import StoreError
from store.sql.store import open_database


async def test_a_silent_server_counts_as_away_and_is_used_again_later(postgres_url: str) -> None:
    database = open_database(postgres_url, answers_within_s=0.2)
    stopped: list[int] = []

    async def ask() -> int:
        async with asyncio.timeout(30), database.begin() as transaction:
            backend = int((await transaction.read(text("SELECT pg_backend_pid()")))[0][0])
            if not stopped:
                stopped.append(backend)
                os.kill(backend, signal.SIGSTOP)
            await transaction.read(text("SELECT 1"))
            return backend

    try:
        with pytest.raises(StoreError, match="cannot be used now"):
            await ask()
        assert await ask() not in stopped
    finally:
        os.kill(stopped[0], signal.SIGCONT)
    await database.close()
