"""The service that the runs change: it writes down every request the moment that it arrives, and is never a victim.

A path is one effect of one run: `/charge/<run>`, `/tell/<run>/<item>`. What was asked for more often than once is a double.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass
from random import Random
from typing import Self

from aiohttp import web


@dataclass(frozen=True, kw_only=True)
class Request:
    method: str
    path: str
    key: str
    """Its Idempotency-Key; empty where none was sent."""


class Recorder:
    """`async with Recorder(random) as service:`. Answers after a while, so that a kill meets requests on their way."""

    def __init__(self, random: Random, *, longest_s: float = 0.25) -> None:
        self._random = random
        self._longest_s = longest_s
        self._runner: web.AppRunner | None = None
        self.gate = asyncio.Event()
        """While it is not set, requests arrive and are written down, and get no answer."""
        self.gate.set()
        self.requests: dict[str, list[Request]] = defaultdict(list)
        self.url = ""

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = "http://{}:{}".format(*self._runner.addresses[0])
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    def arrived(self, step_id: str) -> int:
        """How many effects of a step there are."""
        return sum(path.startswith(f"/{step_id}/") for path in self.requests)

    def has(self, path: str) -> bool:
        return bool(self.requests.get(path))

    @property
    def doubles(self) -> list[str]:
        """Effects that must happen once and happened more often."""
        return [
            path
            for path, requests in self.requests.items()
            if sum(request.method == "POST" for request in requests) > 1
        ]

    @property
    def has_stable_keys(self) -> bool:
        """Whether all requests of one effect had one key, and no two effects had the same."""
        keys = {path: {request.key for request in requests} for path, requests in self.requests.items()}
        once = {path: found for path, found in keys.items() if self.requests[path][0].method == "POST"}
        return all(len(found) == 1 and "" not in found for found in once.values()) and len(
            set().union(*once.values())
        ) == len(once)

    async def _answer(self, request: web.Request) -> web.Response:
        await request.read()
        self.requests[request.path].append(
            Request(method=request.method, path=request.path, key=request.headers.get("Idempotency-Key", ""))
        )
        await asyncio.sleep(self._random.uniform(0, self._longest_s))
        await self.gate.wait()
        return web.json_response({"ok": True})
