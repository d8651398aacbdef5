"""A real web server on loopback whose answers are scripted. It records every request that it gets."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self

import orjson
from aiohttp import web


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What to answer. `repeat` sends the body so many times, chunked; `drop` breaks the line before the answer, or in
    the middle of its body.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    json: Any = None
    delay_s: float = 0
    repeat: int = 0
    drop: Literal["before", "during"] | None = None


@dataclass(frozen=True, kw_only=True)
class Received:
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)


class HttpService:
    """`async with HttpService() as service:`. Paths without a route are answered with 404."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[Received] = []
        self._routes: dict[tuple[str, str], list[Answer]] = {}
        self._tls = tls
        self._runner: web.AppRunner | None = None
        self.port = 0

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=100_000_000)
        app.router.add_route("*", "/{rest:.*}", self._answer)
        self._runner = web.AppRunner(app, auto_decompress=False, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=self._tls).start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://{self.host}"

    def route(self, path: str, *answers: Answer, method: str = "*") -> str:
        """Script the answers of a path, given in turn, the last one again and again. Return its address."""
        self._routes[(method, path)] = list(answers)
        return f"{self.url}{path}"

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(
            Received(
                method=request.method,
                path=request.path,
                query=dict(request.query),
                headers={name.lower(): value for name, value in request.headers.items()},
                body=await request.read(),
            )
        )
        answers = self._routes.get((request.method, request.path)) or self._routes.get(("*", request.path))
        if not answers:
            return web.Response(status=404, text="no such page")
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        await asyncio.sleep(answer.delay_s)
        if answer.drop == "before":
            return _dropped(request)
        body = orjson.dumps(answer.json) if answer.json is not None else answer.body
        headers = dict(answer.headers) | ({"Content-Type": "application/json"} if answer.json is not None else {})
        if not answer.repeat and answer.drop is None:
            return web.Response(status=answer.status, headers=headers, body=body)
        response = web.StreamResponse(status=answer.status, headers=headers)
        response.enable_chunked_encoding()
        await response.prepare(request)
        try:
            for _ in range(answer.repeat or 1):
                await response.write(body)
        except ConnectionError:  # the client has had enough
            return response
        if answer.drop == "during":
            return _dropped(request)
        await response.write_eof()
        return response


def _dropped(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()
