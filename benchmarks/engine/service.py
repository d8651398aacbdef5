"""The HTTP service that every system calls, in a process of its own, and the neutral clock of the benchmark.

It answers each request with the same JSON, `/slow` after 10 ms, and tells at `/count` how many runs it has seen begin and
end: the first and the last request of a run are the same for all systems.
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass
from typing import Any

from benchmarks.engine.process import say

SLOW_S = 0.010
_BODY = json.dumps({"name": "errand", "items": [{"id": number, "price": number * 3} for number in range(10)]}).encode()


@dataclass(slots=True)
class Count:
    """Requests since the last reset; moments are on the system's monotonic clock."""

    gets: int = 0
    posts: int = 0
    first_s: float = 0.0
    last_s: float = 0.0

    def take(self, method: bytes) -> None:
        self.last_s = time.monotonic()
        self.first_s = self.first_s or self.last_s
        if method == b"POST":
            self.posts += 1
        else:
            self.gets += 1

    def as_json(self) -> bytes:
        return json.dumps([self.gets, self.posts, self.first_s, self.last_s]).encode()


class Answers(asyncio.Protocol):
    """Answers the requests of one kept-alive connection."""

    count = Count()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport
        self.received = b""

    def data_received(self, data: bytes) -> None:
        self.received += data
        while (end := self.received.find(b"\r\n\r\n")) >= 0:
            head = self.received[:end]
            _, _, rest = head.lower().partition(b"content-length:")
            size = int(rest.split(b"\r\n", 1)[0]) if rest else 0
            if len(self.received) < end + 4 + size:
                return
            self.received = self.received[end + 4 + size :]
            self.answer(*head.split(b" ", 2)[:2])

    def answer(self, method: bytes, path: bytes) -> None:
        if path == b"/count":
            self.send(self.count.as_json())
        elif path == b"/reset":
            Answers.count = Count()
            self.send(b"{}")
        elif path.startswith(b"/slow"):
            asyncio.get_running_loop().call_later(SLOW_S, self.send, _BODY)
        else:
            self.count.take(method)
            self.send(_BODY)

    def send(self, body: bytes) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        self.transport.write(head % len(body) + body)


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(Answers, "127.0.0.1", 0)
    say({"port": server.sockets[0].getsockname()[1]})
    await server.serve_forever()
