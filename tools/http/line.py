"""The lines of the outbound HTTP client: to checked addresses only, written at once, asked about right before. Sends nothing."""

from __future__ import annotations

import asyncio
import socket
from types import SimpleNamespace

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.connector import Connection
from aiohttp.tracing import Trace

from tools.guard import AddressGuard


class PromptConnector(aiohttp.TCPConnector):
    """Lines that write at once. uvloop would gather writes until the end of its turn, and the process may be stopped there."""

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109  the library's interface
    ) -> Connection:
        line = await super().connect(req, traces, timeout)
        if isinstance(line.transport, asyncio.WriteTransport):
            line.transport.set_write_buffer_limits(high=0)
        return line


def last_moment() -> aiohttp.TraceConfig:
    """Ask whoever sends once more right before anything is written: to connect may have taken long, and on Python 3.11 a
    body is written by a task of its own, some turns of the loop after its head was made.
    """

    async def ask(_session: object, context: SimpleNamespace, _details: object) -> None:
        if context.trace_request_ctx is not None:
            await context.trace_request_ctx()

    config = aiohttp.TraceConfig()
    config.on_request_headers_sent.append(ask)
    config.on_request_chunk_sent.append(ask)
    return config


class GuardedResolver(AbstractResolver):
    """Answers with addresses that the guard passed; aiohttp connects to exactly these."""

    def __init__(self, guard: AddressGuard) -> None:
        self._guard = guard

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002  the interface
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for address in await self._guard.resolve(host, port)
        ]

    async def close(self) -> None:
        """Nothing is held open."""
