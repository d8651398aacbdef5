"""Discord on a socket: REST and gateway, its rules, and people who write, press buttons and fill in forms.

What Discord would not take is a violation; a test ends with none. `ack_s` and `token_s` are its time limits, `post_gap_s` its
rate limit for one channel. Source: discord.com/developers, and what users report.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.fakes.discord_files import Shelf
from tests.fakes.discord_gateway import Gateway
from tests.fakes.discord_lint import V2, lint_commands, lint_message, lint_modal, walk
from tests.fakes.discord_people import People
from tests.fakes.discord_world import DM, TEXT, THREAD, FakeInteraction, Json, Message, World, numbered, snowflake

TOKEN = "bot.fake.token"
EPHEMERAL = 1 << 6


class RefusedError(Exception):
    """Discord's answer that something may not be."""

    def __init__(self, status: int, code: int, said: str) -> None:
        super().__init__(status, code, said)
        self.status, self.code, self.said = status, code, said


@dataclass
class Fault:
    """What the next calls that post or change messages meet."""

    kind: str
    times: int
    retry_after_s: float = 7.0


Handler = Callable[[web.Request, Json], Awaitable[Any]]


class DiscordServer(Shelf, People):
    """`violations` are what Discord would not have taken; `acks_ms` how long each acknowledgement took."""

    def __init__(self, *, ack_s: float = 3.0, token_s: float = 900.0) -> None:
        Shelf.__init__(self)
        self.world = World()
        self.violations: list[str] = []
        self.gateway = Gateway(self.world, TOKEN, self.violations.append)
        self.token = TOKEN
        self.ack_s = ack_s
        self.token_s = token_s
        self.post_gap_s = 0.0
        self.may_open_threads = True
        self.permissions = (1 << 50) - 1
        self.is_invited = True
        self.interactions_url: str | None = None
        self.faults: list[Fault] = []
        self.calls: list[str] = []
        self.acks_ms: list[float] = []
        self.latency_s = 0.0
        self.syncs = 0
        self.url = ""
        self._posted_at: dict[str, float] = {}
        self._watching: set[asyncio.Task[None]] = set()

    @classmethod
    @asynccontextmanager
    async def open(cls, **knobs: float) -> AsyncIterator[DiscordServer]:
        server = cls(**knobs)
        app = web.Application()
        app.router.add_get("/gw", server.gateway.connect)
        app.router.add_get("/{folder:(?:ephemeral-)?attachments}/{channel}/{file}/{name}", server.serve_file)
        app.router.add_route("*", "/api/v10/{path:.*}", server._call)
        runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        server.url = f"http://{host}:{port}/api/v10"
        server.gateway.url = f"ws://{host}:{port}/gw"
        try:
            yield server
        finally:
            for task in server._watching:
                task.cancel()
            await server.gateway.close()
            await runner.cleanup()

    def violated(self, said: str) -> None:
        self.violations.append(said)

    def fail_next(self, kind: str, *, times: int = 3) -> None:
        """`limited`, `away` (503), `lost answer` (done, then the line breaks), `reset` (it breaks before)."""
        self.faults.append(Fault(kind, 1 if kind == "limited" else times))

    # people's side: what `People` needs

    async def deliver(self, interaction: FakeInteraction, data: Json, *, waits: bool = True) -> FakeInteraction:
        """Hand an interaction to the bot, and wait for its first answer, as people do. What comes while the line is away may be answered too late."""
        world = self.world
        is_guild = interaction.channel.kind != DM
        event: Json = {
            "id": interaction.id,
            "application_id": world.bot.id,
            "type": interaction.kind,
            "token": interaction.token,
            "version": 1,
            "channel_id": interaction.channel.id,
            "channel": interaction.channel.as_json(world.users),
            "locale": interaction.user.locale,
            "app_permissions": "0",
            "attachment_size_limit": 10_000_000,
            "entitlements": [],
            "authorizing_integration_owners": {},
            "context": 0 if is_guild else 1,
            "data": data,
        }
        if is_guild:
            member = world.member(interaction.user.id) | {"permissions": "0"}
            event |= {"guild_id": world.guild_id, "member": member, "guild_locale": "en-US"}
        else:
            event |= {"user": interaction.user.as_json()}
        if interaction.message is not None:
            event["message"] = interaction.message.as_json(world.users)
        is_away = not self.gateway.is_connected
        await self.gateway.dispatch("INTERACTION_CREATE", event)
        if is_away:
            return interaction
        watching = asyncio.create_task(self._watch(interaction))
        self._watching.add(watching)
        watching.add_done_callback(self._watching.discard)
        if waits:
            await asyncio.wait({watching})
        return interaction

    async def _watch(self, interaction: FakeInteraction) -> None:
        try:
            async with asyncio.timeout(self.ack_s + 0.05):
                await interaction.is_answered.wait()
        except TimeoutError:
            self.violated(f"no answer to an interaction of type {interaction.kind} within {self.ack_s} s")

    # REST

    async def _call(self, request: web.Request) -> web.Response:
        path = request.match_info["path"]
        self.calls.append(f"{request.method} /{path}")
        if self.token in request.path_qs:
            self.violated(f"a token in the address of {path}")
        if self.latency_s:
            await asyncio.sleep(self.latency_s)
        try:
            raw = await request.read()
            if raw and request.content_type != "application/json":
                self.violated(f"content type {request.content_type}")
            body = json.loads(raw) if raw else {}
            answer = await self._route(request, path.split("/"), body)
        except RefusedError as refused:
            said: Json = {"code": refused.code, "message": refused.said}
            headers = {}
            if refused.status == 429:
                said |= {"retry_after": float(refused.said), "global": False}
                headers = {"Via": "1.1 google", "Retry-After": refused.said}
            return _json(said, refused.status, headers)
        return web.Response(status=204) if answer is None else _json(answer)

    async def _route(self, request: web.Request, path: list[str], body: Json) -> Any:  # noqa: PLR0911  # one for each route
        if path[0] in ("interactions", "webhooks"):
            if "Authorization" in request.headers:
                self.violated(f"the bot's token was sent to /{path[0]}")
            return await self._interaction_route(request, path, body)
        if request.headers.get("Authorization") != f"Bot {self.token}":
            raise RefusedError(401, 0, "401: Unauthorized")
        match request.method, path:
            case "GET", ["users", "@me"]:
                return self.world.bot.as_json()
            case "GET", ["users", "@me", "guilds"]:
                guild = {"id": self.world.guild_id, "name": "Acme", "permissions": str(self.permissions)}
                return [guild] if self.is_invited else []
            case "GET", ["users", user_id]:
                return self._user(user_id)
            case "POST", ["users", "@me", "channels"]:
                self._user(body["recipient_id"])
                return self.world.dm(body["recipient_id"]).as_json(self.world.users)
            case "GET", ["oauth2", "applications", "@me"] | ["applications", "@me"]:
                return self._application()
            case "GET", ["applications", _, "commands"]:
                return self.world.commands
            case "PUT", ["applications", _, "commands"]:
                return self._sync(body)
            case "GET", ["guilds", _, "members", user_id]:
                if user_id not in self.world.members:
                    raise RefusedError(404, 10007, "Unknown Member")
                return self.world.member(user_id)
            case "POST", ["attachments", "refresh-urls"]:
                return self.renewed(body["attachment_urls"])
            case _, ["channels", channel_id, *rest]:
                return await self._channel_route(request, channel_id, rest, body)
        return self._unknown(request)

    async def _channel_route(  # noqa: PLR0911  # one for each route
        self, request: web.Request, channel_id: str, rest: list[str], body: Json
    ) -> Any:
        channel = self.world.channels.get(channel_id)
        if not channel_id.isdecimal():
            raise RefusedError(400, 50035, "Invalid Form Body")
        if channel is None:
            raise RefusedError(404, 10003, "Unknown Channel")
        match request.method, rest:
            case "GET", []:
                return channel.as_json(self.world.users)
            case "PATCH", [] if channel.kind == THREAD and body.keys() == {"archived"}:
                if channel.is_locked:
                    raise RefusedError(403, 50013, "Missing Permissions")
                channel.is_archived = body["archived"]
                return channel.as_json(self.world.users)
            case "GET", ["thread-members", user_id]:
                if user_id not in self.world.thread_members.get(channel_id, set()):
                    raise RefusedError(404, 10007, "Unknown Member")
                return {"user_id": user_id}
            case "GET", ["messages"]:
                found = self.world.in_channel(channel_id)[::-1][: int(request.query.get("limit", 50))]
                return [one.as_json(self.world.users) for one in found]
            case "GET", ["messages", message_id]:
                message = self.world.messages.get(message_id)
                if message is None or message.channel_id != channel_id or message.seen_by or message.is_deleted:
                    raise RefusedError(404, 10008, "Unknown Message")
                return message.as_json(self.world.users)
            case "POST", ["messages"]:
                return await self._faulty(request, channel_id, lambda: self._post(channel_id, body))
            case "PATCH", ["messages", message_id]:
                return await self._faulty(request, channel_id, lambda: self._edit(channel_id, message_id, body))
            case "DELETE", ["messages", message_id]:
                self._own(channel_id, message_id).is_deleted = True
                return None
            case "POST", ["messages", message_id, "threads"]:
                return await self._open_thread(channel_id, message_id, body)
        return self._unknown(request)

    async def _interaction_route(self, request: web.Request, path: list[str], body: Json) -> Any:
        match request.method, path:
            case "POST", ["interactions", id_, token, "callback"]:
                return self._answer(id_, token, body, with_response=request.query.get("with_response") in ("1", "true"))
            case "POST", ["webhooks", _, token]:
                interaction = self._valid(token)
                if interaction.answer is None:
                    raise RefusedError(404, 10015, "Unknown Webhook")
                self._lint(body)
                message = self._made(interaction, body)
                interaction.followups.append(message)
                return message.as_json(self.world.users)
            case "PATCH", ["webhooks", _, token, "messages", _]:
                interaction = self._valid(token)
                if interaction.original is None:
                    raise RefusedError(404, 10008, "Unknown Message")
                self._change(interaction.original, body)
                return interaction.original.as_json(self.world.users)
        return self._unknown(request)

    def _answer(self, id_: str, token: str, body: Json, *, with_response: bool) -> Any:
        interaction = self.world.interactions.get(token)
        if interaction is None or interaction.id != id_:
            raise RefusedError(404, 10062, "Unknown interaction")
        took_s = time.monotonic() - interaction.began
        if interaction.answer is not None:
            interaction.errors.append(40060)
            raise RefusedError(400, 40060, "Interaction has already been acknowledged.")
        if took_s > self.ack_s:
            interaction.errors.append(10062)
            raise RefusedError(404, 10062, "Unknown interaction")
        data = body.get("data") or {}
        match body["type"]:
            case 4:
                self._lint(data)
                interaction.original = self._made(interaction, data)
            case 7:
                if interaction.message is None:
                    raise RefusedError(400, 50035, "Invalid Form Body")
                self._change(interaction.message, data)
            case 9:
                if interaction.kind == 5:
                    raise RefusedError(400, 50035, "Invalid Form Body")
                for problem in lint_modal(data):
                    self.violated(f"form: {problem}")
            case 5 | 6 | 8:
                pass
            case kind:
                self.violated(f"response of type {kind}")
        if (body["type"] == 8) != (interaction.kind == 4):
            self.violated(f"response of type {body['type']} to an interaction of type {interaction.kind}")
        interaction.answer = body
        interaction.acknowledged_ms = took_s * 1000
        self.acks_ms.append(took_s * 1000)
        interaction.is_answered.set()
        if not with_response:
            return None
        message = interaction.original
        resource = {"type": body["type"], "message": message.as_json(self.world.users)} if message else None
        made = {"id": interaction.id, "type": interaction.kind, "response_message_id": message.id if message else None}
        made |= {"response_message_ephemeral": bool(message and message.seen_by), "response_message_loading": False}
        return {"interaction": made} | ({"resource": resource} if resource else {})

    def _valid(self, token: str) -> FakeInteraction:
        interaction = self.world.interactions.get(token)
        if interaction is None or time.monotonic() - interaction.began > self.token_s:
            raise RefusedError(401, 50027, "Invalid Webhook Token")
        return interaction

    def _made(self, interaction: FakeInteraction, data: Json) -> Message:
        seen_by = interaction.user.id if data.get("flags", 0) & EPHEMERAL else ""
        return self.world.add_message(
            interaction.channel.id, self.world.bot, _content(data), seen_by=seen_by, webhook_id=self.world.bot.id
        )

    async def _faulty(self, request: web.Request, channel_id: str, do: Callable[[], Awaitable[Any]]) -> Any:
        fault = self.faults[0] if self.faults else None
        if fault is None:
            return await do()
        fault.times -= 1
        if fault.times <= 0:
            self.faults.pop(0)
        match fault.kind:
            case "limited":
                raise RefusedError(429, 20028, str(fault.retry_after_s))
            case "away":
                raise RefusedError(503, 0, "upstream connect error")
            case "lost answer":
                await do()
        if request.transport is not None:
            request.transport.abort()
        raise ConnectionResetError

    async def _post(self, channel_id: str, body: Json) -> Json:
        if self.post_gap_s:
            wait_s = self._posted_at.get(channel_id, 0.0) + self.post_gap_s - time.monotonic()
            if wait_s > 0:
                raise RefusedError(429, 20028, f"{wait_s:.3f}")
            self._posted_at[channel_id] = time.monotonic()
        self._writable(channel_id, is_new=True)
        self._lint(body)
        nonce = str(body["nonce"]) if body.get("nonce") is not None else None
        if nonce is not None and len(nonce) > 25:
            raise RefusedError(400, 50035, "Invalid Form Body")
        if nonce is not None and body.get("enforce_nonce"):
            for one in self.world.messages.values():
                if one.nonce == nonce and one.channel_id == channel_id and one.author.is_bot:
                    return one.as_json(self.world.users) | {"nonce": nonce}
        message = self.world.add_message(channel_id, self.world.bot, _content(body), nonce=nonce)
        self.world.channels[channel_id].is_archived = False
        made = message.as_json(self.world.users)
        channel = self.world.channels[channel_id]
        echo = made | ({"guild_id": self.world.guild_id} if channel.kind != DM else {})
        await self.gateway.dispatch("MESSAGE_CREATE", echo)
        return made | {"nonce": nonce}

    async def _edit(self, channel_id: str, message_id: str, body: Json) -> Json:
        message = self._own(channel_id, message_id)
        self._writable(channel_id, is_new=False)
        self._change(message, body)
        return message.as_json(self.world.users)

    def _writable(self, channel_id: str, *, is_new: bool) -> None:
        """A new message opens an archived thread again, unless it is locked."""
        channel = self.world.channels[channel_id]
        if channel.is_shut and is_new:
            raise RefusedError(403, 50007 if channel.kind == DM else 50013, "Missing Permissions")
        if channel.is_archived and (channel.is_locked or not is_new):
            raise RefusedError(400, 50083, "Thread is archived")
        if channel.is_locked:
            raise RefusedError(403, 160005, "Thread is locked")

    def _change(self, message: Message, body: Json) -> None:
        if message.now.get("flags", 0) & V2 and (body.get("content") or body.get("embeds")):
            raise RefusedError(400, 50035, "Invalid Form Body")
        if message.now.get("components") and not message.now.get("flags", 0) & V2 and body.get("flags", 0) & V2:
            self.violated("a message changed its kind")
        changed = message.now | _content(body)
        changed["flags"] = message.now.get("flags", 0) | body.get("flags", 0)
        self._lint(changed | {"allowed_mentions": body.get("allowed_mentions")})
        message.versions.append(numbered(changed))

    def _own(self, channel_id: str, message_id: str) -> Message:
        message = self.world.messages.get(message_id)
        if message is None or message.is_deleted or message.seen_by or message.channel_id != channel_id:
            raise RefusedError(404, 10008, "Unknown Message")
        if message.author is not self.world.bot:
            raise RefusedError(403, 50005, "Cannot edit a message authored by another user")
        return message

    async def _open_thread(self, channel_id: str, message_id: str, body: Json) -> Json:
        message = self.world.messages.get(message_id)
        if message is None or message.channel_id != channel_id or message.seen_by:
            raise RefusedError(404, 10008, "Unknown Message")
        if self.world.channels[channel_id].kind != TEXT:
            raise RefusedError(400, 50024, "Cannot execute action on this channel type")
        if not self.may_open_threads:
            raise RefusedError(403, 50013, "Missing Permissions")
        if message_id in self.world.channels:
            raise RefusedError(400, 160004, "A thread has already been created for this message")
        if not 1 <= len(body.get("name", "")) <= 100:
            raise RefusedError(400, 50035, "Invalid Form Body")
        thread = self.add_thread(message_id, channel_id, body["name"])
        made = thread.as_json(self.world.users)
        await self.gateway.dispatch("THREAD_CREATE", made)
        return made

    def _sync(self, commands: Any) -> Any:
        self.syncs += 1
        for problem in lint_commands(commands):
            self.violated(f"commands: {problem}")
        self.world.commands = [
            {"id": snowflake(), "application_id": self.world.bot.id, "version": snowflake(), "type": 1}
            | {"default_member_permissions": None, "nsfw": False}
            | one
            for one in commands
        ]
        return self.world.commands

    def _application(self) -> Json:
        bot = self.world.bot
        owner = {"id": "1", "username": "olga", "discriminator": "0", "avatar": None}
        return {
            "id": bot.id,
            "name": bot.name,
            "icon": None,
            "description": "",
            "bot_public": False,
            "bot_require_code_grant": False,
            "owner": owner,
            "verify_key": "0",
            "flags": self.gateway.flags,
            "summary": "",
            "interactions_endpoint_url": self.interactions_url,
            "install_params": {"scopes": ["bot", "applications.commands"], "permissions": str((1 << 50) - 1)},
        }

    def _user(self, user_id: str) -> Json:
        if user_id not in self.world.users:
            raise RefusedError(404, 10013, "Unknown User")
        return self.world.users[user_id].as_json()

    def _lint(self, message: Json) -> None:
        problems = lint_message(message)
        if problems:
            self.violations += [f"message: {problem}" for problem in problems]
            raise RefusedError(400, 50035, f"Invalid Form Body: {problems}")

    def _unknown(self, request: web.Request) -> Any:
        self.violated(f"no such route: {request.method} {request.path}")
        raise RefusedError(404, 0, "404: Not Found")


def _content(body: Json) -> Json:
    kept = ("content", "embeds", "components", "flags", "message_reference")
    return json.loads(json.dumps({name: body[name] for name in kept if name in body}))  # type: ignore[no-any-return]


def _json(data: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """The library reads as JSON only what is called exactly so."""
    return web.Response(
        body=json.dumps(data).encode(), status=status, headers={"Content-Type": "application/json", **(headers or {})}
    )


__all__ = ["THREAD", "TOKEN", "DiscordServer", "walk"]
