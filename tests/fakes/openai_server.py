"""A real HTTP server on loopback that speaks OpenAI's protocol: chat completions with tools, response formats and streaming,
and embeddings. What it says is scripted; it checks and records what it is asked.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Literal, Self

import orjson
from aiohttp import web

DIMENSIONS = 8


@dataclass(frozen=True, kw_only=True)
class Says:
    """One answer. `call` is what a tool is called with (any JSON, or a text that is no JSON), `text` what is written.

    `status` other than 200 is an error; `drop` breaks the line before the answer or in the middle of it; `delay_s` is waited
    first, `gap_s` between the pieces of a stream; `usage: none` leaves the count of tokens out.
    """

    text: str | None = None
    call: Any = None
    refusal: str | None = None
    finish: str | None = None
    usage: tuple[int, int] | None = (100, 20)
    status: int = 200
    code: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_s: float = 0
    gap_s: float = 0
    drop: Literal["before", "during"] | None = None
    body: bytes | None = None


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request for a chat completion."""

    headers: Mapping[str, str]
    body: dict[str, Any]

    @property
    def system(self) -> str:
        return "\n".join(one["content"] for one in self.body["messages"] if one["role"] == "system")

    @property
    def last(self) -> str:
        return str(self.body["messages"][-1]["content"])

    @property
    def tool(self) -> dict[str, Any] | None:
        """The schema that the answer has to fit, by whatever way it was asked for."""
        if tools := self.body.get("tools"):
            return dict(tools[0]["function"])
        asked = self.body.get("response_format")
        return dict(asked["json_schema"]) if asked else None

    @property
    def whole(self) -> str:
        """Everything that left this machine."""
        return orjson.dumps(
            {"headers": {str(name): value for name, value in self.headers.items()}, "body": self.body}
        ).decode()


Script = Callable[[Asked], Says]


class OpenAIServer:
    """`async with OpenAIServer() as server:`. `script` answers; without one, what `say` queued, the last one again and again."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.embedded: list[list[str]] = []
        self.script: Script | None = None
        self._queue: list[Says] = []
        self._runner: web.AppRunner | None = None
        self._numbers = count(1)
        self.port = 0

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=10_000_000)
        app.router.add_post("/v1/chat/completions", self._complete)
        app.router.add_post("/v1/embeddings", self._embed)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def say(self, *answers: Says) -> None:
        self._queue = list(answers)

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        asked = Asked(headers=dict(request.headers), body=await request.json())
        problem = _problem(asked.body)
        if problem:
            return _error(400, problem, None, {})
        self.asked.append(asked)
        if self.script is not None:
            says = self.script(asked)
        else:
            assert self._queue, "nothing is scripted"
            says = self._queue.pop(0) if len(self._queue) > 1 else self._queue[0]
        await asyncio.sleep(says.delay_s)
        if says.drop == "before":
            return _dropped(request)
        if says.status != 200:
            return _error(says.status, says.text or "no", says.code, says.headers)
        if asked.body.get("stream"):
            return await self._stream(request, asked, says)
        body = says.body if says.body is not None else orjson.dumps(self._answer(asked, says))
        if says.drop == "during":
            response = web.StreamResponse(headers={"Content-Type": "application/json"})
            response.enable_chunked_encoding()
            await response.prepare(request)
            await response.write(body[: len(body) // 2])
            return _dropped(request)
        return web.Response(body=body, content_type="application/json")

    def _answer(self, asked: Asked, says: Says) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": says.text, "refusal": says.refusal}
        finish = says.finish or "stop"
        if says.call is not None:
            written = says.call if isinstance(says.call, str) else orjson.dumps(says.call).decode()
            if "tools" in asked.body:
                function = {"name": asked.body["tools"][0]["function"]["name"], "arguments": written}
                message["tool_calls"] = [
                    {"id": f"call_{next(self._numbers)}", "type": "function", "function": function}
                ]
                finish = says.finish or "tool_calls"
            else:
                message["content"] = written
        choice = {"index": 0, "message": message, "finish_reason": finish, "logprobs": None}
        return self._frame("chat.completion", [choice], says.usage)

    async def _stream(self, request: web.Request, asked: Asked, says: Says) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        response.enable_chunked_encoding()
        await response.prepare(request)
        pieces = _pieces(says.text or "")
        try:
            for number, piece in enumerate(pieces):
                if says.drop == "during" and number >= len(pieces) // 2:
                    return _dropped(request)
                await self._send(response, [{"index": 0, "delta": {"content": piece}, "finish_reason": None}], None)
                await asyncio.sleep(says.gap_s)
            await self._send(response, [{"index": 0, "delta": {}, "finish_reason": says.finish or "stop"}], None)
            if asked.body.get("stream_options", {}).get("include_usage") and says.usage:
                await self._send(response, [], says.usage)
            await response.write(b"data: [DONE]\n\n")
        except ConnectionError:  # the client has had enough
            return response
        await response.write_eof()
        return response

    async def _send(
        self, response: web.StreamResponse, choices: list[dict[str, Any]], usage: tuple[int, int] | None
    ) -> None:
        frame = self._frame("chat.completion.chunk", choices, usage)
        await response.write(b"data: " + orjson.dumps(frame) + b"\n\n")

    def _frame(self, kind: str, choices: list[dict[str, Any]], usage: tuple[int, int] | None) -> dict[str, Any]:
        told = usage and {"prompt_tokens": usage[0], "completion_tokens": usage[1], "total_tokens": sum(usage)}
        return {"id": "chatcmpl-1", "object": kind, "created": 1, "model": "m", "choices": choices, "usage": told}

    async def _embed(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        texts = [body["input"]] if isinstance(body["input"], str) else list(body["input"])
        self.embedded.append(texts)
        data = [{"object": "embedding", "index": place, "embedding": _vector(one)} for place, one in enumerate(texts)]
        usage = {"prompt_tokens": sum(len(one) // 4 for one in texts), "total_tokens": 0}
        return web.json_response({"object": "list", "model": body["model"], "data": data, "usage": usage})


def _problem(body: dict[str, Any]) -> str:
    """What OpenAI would refuse."""
    if not body.get("model") or not body.get("messages"):
        return "model and messages are required"
    for message in body["messages"]:
        if message.get("role") not in {"system", "user", "assistant"} or not isinstance(message.get("content"), str):
            return "a message has a role and a content"
    for tool in body.get("tools", []):
        function = tool.get("function", {})
        if not function.get("name") or function.get("parameters", {}).get("type") != "object":
            return "a tool has a name and takes an object"
    return ""


def _pieces(text: str) -> list[str]:
    words = text.split(" ")
    return [word if place == len(words) - 1 else f"{word} " for place, word in enumerate(words)] if text else []


def _vector(text: str) -> list[float]:
    digest = hashlib.sha256(text.encode()).digest()[:DIMENSIONS]
    length = sum(byte**2 for byte in digest) ** 0.5 or 1.0
    return [byte / length for byte in digest]


def _error(status: int, message: str, code: str | None, headers: Mapping[str, str]) -> web.Response:
    return web.json_response({"error": {"message": message, "code": code}}, status=status, headers=dict(headers))


def _dropped(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()
