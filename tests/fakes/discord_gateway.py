"""A gateway as Discord's, on a socket: heartbeats, sessions that are resumed, and every way in which it loses a connection."""

from __future__ import annotations

import asyncio
import json
import secrets
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from aiohttp import WSMsgType, web

from tests.fakes.discord_world import World

Json = dict[str, Any]

_CONTENT, _MEMBERS = 1 << 15, 1 << 1
_FLAG_CONTENT, _FLAG_MEMBERS = 1 << 18, 1 << 14
_NEEDED = {
    "MESSAGE_CREATE": (1 << 9) | (1 << 12),
    "MESSAGE_REACTION_ADD": 1 << 10,
    "GUILD_MEMBER_ADD": _MEMBERS,
}


@dataclass
class Session:
    """What a client identified for. `log` is what was sent, for a resume; `is_alive` false: nothing gets through any more."""

    id: str
    intents: int
    log: list[Json] = field(default_factory=list)
    socket: web.WebSocketResponse | None = None
    is_alive: bool = True


class Gateway:
    """`url` is where it is reached again; `flags` are the application's; `violated` is told of what Discord would not take."""

    def __init__(self, world: World, token: str, violated: Callable[[str], None]) -> None:
        self.world = world
        self.token = token
        self.flags = _FLAG_CONTENT | _FLAG_MEMBERS
        self.url = ""
        self.heartbeat_ms = 400
        self.compress = False
        self.is_closed = False
        """Nobody gets a connection."""
        self.sessions: dict[str, Session] = {}
        self.identifies = 0
        self.resumes = 0
        self.heartbeats = 0
        self._violated = violated
        self._sockets: set[web.WebSocketResponse] = set()
        self._packers: dict[web.WebSocketResponse, Callable[[bytes], bytes]] = {}

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        if self.is_closed:
            raise web.HTTPServiceUnavailable
        if request.query.get("v") != "10" or request.query.get("encoding") != "json":
            self._violated(f"gateway asked for with {request.query_string}")
        socket = web.WebSocketResponse(autoclose=False)
        await socket.prepare(request)
        self._sockets.add(socket)
        if self.compress:
            self._packers[socket] = _packer(request.query.get("compress", ""))
        session: Session | None = None
        try:
            await self._send(socket, {"op": 10, "d": {"heartbeat_interval": self.heartbeat_ms}})
            async for message in socket:
                if message.type is not WSMsgType.TEXT:
                    break
                session = await self._received(socket, session, json.loads(message.data))
        except (ConnectionError, RuntimeError):
            pass
        finally:
            self._sockets.discard(socket)
            self._packers.pop(socket, None)
            if session is not None and session.socket is socket:
                session.socket = None
        return socket

    async def dispatch(self, event: str, data: Json, *, only: Session | None = None) -> None:
        """Send an event to whoever may have it; who is away gets it when they resume."""
        for session in [only] if only else list(self.sessions.values()):
            needed = _NEEDED.get(event)
            if needed is not None and not session.intents & needed:
                continue
            seen = self._seen(event, data, session)
            session.log.append({"op": 0, "t": event, "s": len(session.log) + 1, "d": seen})
            if session.socket is not None and session.is_alive:
                await self._send(session.socket, session.log[-1])

    async def replay(self, event: Json) -> None:
        """The same event once more, as after a resume that overlapped."""
        for session in self.sessions.values():
            if session.socket is not None:
                await self._send(session.socket, event)

    # what goes wrong

    def reset(self) -> None:
        """The connection is gone at once, in the middle."""
        for socket in list(self._sockets):
            transport = socket._req.transport if socket._req else None
            if transport is not None:
                transport.abort()

    async def ask_to_reconnect(self) -> None:
        for session in self._connected():
            await self._send(session.socket, {"op": 7, "d": None})

    async def invalidate(self, *, may_resume: bool) -> None:
        for session in self._connected():
            socket = session.socket
            if not may_resume:
                del self.sessions[session.id]
            await self._send(socket, {"op": 9, "d": may_resume})

    def freeze(self) -> None:
        """The line is up, and nothing comes through it any more."""
        for session in self.sessions.values():
            session.is_alive = False

    async def close(self) -> None:
        for socket in list(self._sockets):
            await socket.close()

    @property
    def is_connected(self) -> bool:
        return bool(self._connected())

    def _connected(self) -> list[Session]:
        return [session for session in self.sessions.values() if session.socket is not None]

    async def _received(self, socket: web.WebSocketResponse, session: Session | None, frame: Json) -> Session | None:
        match frame["op"]:
            case 1:
                self.heartbeats += 1
                if session is None or session.is_alive:
                    await self._send(socket, {"op": 11, "d": None})
            case 2:
                return await self._identify(socket, frame["d"])
            case 6:
                return await self._resume(socket, frame["d"])
            case op:
                self._violated(f"gateway opcode {op}")
        return session

    async def _identify(self, socket: web.WebSocketResponse, data: Json) -> Session | None:
        self.identifies += 1
        if data["token"] != self.token:
            await socket.close(code=4004)
            return None
        intents = data["intents"]
        if (intents & _CONTENT and not self.flags & _FLAG_CONTENT) or (
            intents & _MEMBERS and not self.flags & _FLAG_MEMBERS
        ):
            await socket.close(code=4014)
            return None
        session = Session(secrets.token_hex(8), intents, socket=socket)
        self.sessions[session.id] = session
        world = self.world
        ready = {
            "v": 10,
            "user": world.bot.as_json(),
            "guilds": [{"id": world.guild_id, "unavailable": True}],
            "session_id": session.id,
            "resume_gateway_url": self.url,
            "application": {"id": world.bot.id, "flags": self.flags},
        }
        await self.dispatch("READY", ready, only=session)
        await self.dispatch("GUILD_CREATE", world.guild(), only=session)
        return session

    async def _resume(self, socket: web.WebSocketResponse, data: Json) -> Session | None:
        session = self.sessions.get(data["session_id"] or "")
        if data["token"] != self.token:
            await socket.close(code=4004)
            return None
        if session is None:
            await self._send(socket, {"op": 9, "d": False})
            return None
        self.resumes += 1
        session.socket, session.is_alive = socket, True
        for event in session.log[data["seq"] :]:
            await self._send(socket, event)
        await self.dispatch("RESUMED", {}, only=session)
        return session

    def _seen(self, event: str, data: Json, session: Session) -> Json:
        """Without the right to read messages, their text is empty, but for what is meant for the bot."""
        if event != "MESSAGE_CREATE" or session.intents & _CONTENT or "guild_id" not in data:
            return data
        is_own = data["author"]["id"] == self.world.bot.id
        if is_own or any(one["id"] == self.world.bot.id for one in data["mentions"]):
            return data
        return data | {"content": "", "embeds": [], "components": [], "attachments": []}

    async def _send(self, socket: web.WebSocketResponse | None, frame: Json) -> None:
        if socket is None or socket.closed:
            return
        text = json.dumps(frame)
        try:
            if (pack := self._packers.get(socket)) is not None:
                await socket.send_bytes(pack(text.encode()))
            else:
                await socket.send_str(text)
        except (ConnectionError, RuntimeError):
            await asyncio.sleep(0)


def _packer(kind: str) -> Callable[[bytes], bytes]:
    """One stream for a whole connection, as the library asks for it: zstd where it is installed."""
    if kind == "zstd-stream":
        zstd = import_module("zstandard")
        stream = zstd.ZstdCompressor().compressobj()
        return lambda data: bytes(stream.compress(data) + stream.flush(zstd.COMPRESSOBJ_FLUSH_BLOCK))
    packed = zlib.compressobj()
    return lambda data: packed.compress(data) + packed.flush(zlib.Z_SYNC_FLUSH)
