"""A loopback port that passes everything on to a Unix socket, until a test cuts the line."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Self


class TcpRelay:
    """Use as `async with TcpRelay(path) as relay`. `cut_after` is what a client says last: then the line is dead."""

    def __init__(self, path: Path, *, cut_after: bytes | None = None) -> None:
        self._path = path
        self._cut_after = cut_after
        self._server: asyncio.Server | None = None
        self._lines: set[asyncio.Task[None]] = set()
        self.port = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for line in self._lines:
            line.cancel()
        await asyncio.gather(*self._lines, return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_unix_connection(str(self._path))
        ways = [
            asyncio.create_task(self._pass_on(reader, inner_writer, is_client=True)),
            asyncio.create_task(self._pass_on(inner_reader, writer, is_client=False)),
        ]
        self._lines.update(ways)
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        writer.close()
        inner_writer.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_client: bool) -> None:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
            if is_client and self._cut_after is not None and self._cut_after in data:
                return
