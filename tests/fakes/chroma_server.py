"""A real Chroma server in a process of its own, on loopback."""

from __future__ import annotations

import asyncio
import socket
import sys
from pathlib import Path
from typing import Self

_WAIT_S = 30


class ChromaServer:
    """`async with ChromaServer(folder) as server:`; `stop` and `start` again keep its data."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        program = Path(sys.executable).with_name("chroma")
        self._process = await asyncio.create_subprocess_exec(
            *(str(program), "run", "--path", str(self._folder), "--host", "127.0.0.1", "--port", str(self.port)),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        async with asyncio.timeout(_WAIT_S):
            while not await self._answers():
                await asyncio.sleep(0.05)

    async def stop(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        self._process = None

    async def _answers(self) -> bool:
        assert self._process is not None
        if self._process.returncode is not None:
            raise RuntimeError("the Chroma server ended at once")
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.close()
        await writer.wait_closed()
        return True
