"""A fake Slack on real sockets: the Web API, Socket Mode, and signed requests to the app's own address. People act through it.

Deliveries keep to the vendor's rules: who does not acknowledge in time is noted, events come again, clicks do not.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import re
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import count
from typing import Any
from urllib.parse import urlencode

import aiohttp
from aiohttp import web

from tests.fakes.block_kit import interactive, lint_options
from tests.fakes.slack_files import SharedFile, Shelf
from tests.fakes.slack_workspace import (
    APP_TOKEN,
    BOT,
    BOT_TOKEN,
    BOT_USER,
    TEAM,
    Channel,
    Json,
    Message,
    RefusedError,
)

SECRET = "fake-signing-secret"


class SlackServer(Shelf):
    """`url` is where the app is called, if it is served over HTTP; else it is called on the sockets that it opened."""

    def __init__(self) -> None:
        super().__init__()
        self.url = ""
        self.ack_s = 3.0
        self.retry_s = (0.0, 0.1, 0.2)
        self.latency_s = 0.0
        self.faults: list[tuple[str, str]] = []
        self.echoes = True
        self.answers_close = True
        self.is_deaf = False
        """Takes what comes on its sockets and answers nothing, not even pings."""
        self.acks_ms: list[float] = []
        self.retries: list[Json] = []
        self.tickets: set[str] = set()
        self.sockets: list[web.WebSocketResponse] = []
        self.openings = 0
        self.posted = self._echo
        self._numbers = count(1)
        self._acked: dict[str, asyncio.Future[Json]] = {}
        self._on_socket: dict[str, web.WebSocketResponse] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._session: aiohttp.ClientSession | None = None
        self._runner: web.AppRunner | None = None
        self.base = ""

    @classmethod
    @asynccontextmanager
    async def open(cls) -> AsyncIterator[SlackServer]:
        server = cls()
        await server.start()
        try:
            yield server
        finally:
            await server.stop()

    async def start(self) -> None:
        app = web.Application(client_max_size=10_000_000)
        app.router.add_route("*", "/api/{method}", self._api)
        app.router.add_get("/socket", self._socket)
        app.router.add_get("/files-pri/{file}/download/{name}", self.serve_file)
        app.router.add_get("/files-pri/{file}/{name}", self.serve_file)
        app.router.add_get("/signin", self.serve_sign_in)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self.base = f"http://127.0.0.1:{port}/api/"
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))

    async def stop(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.reset_sockets()
        assert self._session is not None
        await self._session.close()
        assert self._runner is not None
        await self._runner.cleanup()

    # The Web API.

    async def _api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        given = await _arguments(request)
        self.calls.append((method, given))
        if "token" in request.query:
            self.violate(f"token_in_query: {method}")
        if self.latency_s:
            await asyncio.sleep(self.latency_s)
        fault = self._fault(method)
        if fault == "limited":
            return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": "7"})
        if fault == "away":
            return web.json_response({"ok": False, "error": "service_unavailable"}, status=503)
        if fault == "garbage":
            return web.Response(text="<html>", content_type="application/json", status=200)
        try:
            answer = self._answer(method, given, request.headers.get("Authorization", ""))
        except RefusedError as refused:
            if refused.error == "ratelimited":
                return web.json_response(
                    {"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": "1"}
                )
            return web.json_response({"ok": False, "error": refused.error} | refused.more)
        if fault == "lost answer":
            assert request.transport is not None
            request.transport.abort()
        return web.json_response({"ok": True} | answer, headers={"x-oauth-scopes": ",".join(sorted(self.scopes))})

    def _answer(self, method: str, given: Json, authorization: str) -> Json:
        wanted = APP_TOKEN if method == "apps.connections.open" else BOT_TOKEN
        if self.revoked or authorization != f"Bearer {wanted}":
            raise RefusedError("token_revoked" if self.revoked else "invalid_auth")
        if method == "apps.connections.open":
            self.openings += 1
            ticket = f"t{next(self._numbers)}"
            self.tickets.add(ticket)
            return {"url": f"{self.base.replace('http', 'ws').removesuffix('api/')}socket?ticket={ticket}"}
        name = re.sub(r"(?<=[a-z])([A-Z])", r"_\1", method.replace(".", "_")).lower()
        called = getattr(self, f"m_{name}", None)
        if called is None:
            self.violate(f"no method {method}")
            raise RefusedError("unknown_method")
        answer: Json = called(given)
        return answer

    def _fault(self, method: str) -> str:
        for at, (name, fault) in enumerate(self.faults):
            if name in ("*", method):
                del self.faults[at]
                return fault
        return ""

    # Socket Mode.

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        ticket = request.query.get("ticket", "")
        if ticket not in self.tickets:
            return web.Response(status=403)
        self.tickets.discard(ticket)
        socket = web.WebSocketResponse(autoping=False, autoclose=self.answers_close)
        await socket.prepare(request)
        await socket.send_json({"type": "hello", "num_connections": len(self.sockets) + 1})
        self.sockets.append(socket)
        try:
            async for message in socket:
                if self.is_deaf:
                    continue
                if message.type is aiohttp.WSMsgType.PING:
                    await socket.pong(message.data)
                elif message.type is aiohttp.WSMsgType.TEXT:
                    self._take_ack(json.loads(message.data))
        finally:
            if socket in self.sockets:
                self.sockets.remove(socket)
            self._lose(socket)
        return socket

    def _lose(self, socket: web.WebSocketResponse) -> None:
        """What was sent on a connection that is gone is not acknowledged any more."""
        for envelope in [one for one, its in self._on_socket.items() if its is socket]:
            if not self._acked[envelope].done():
                self._acked[envelope].set_exception(ConnectionResetError())

    def _take_ack(self, ack: Json) -> None:
        future = self._acked.get(ack.get("envelope_id"))
        if future is None:
            self.violate(f"an acknowledgement of what was not sent: {ack}")
        elif not future.done():
            future.set_result(ack.get("payload") or {})

    def reset_sockets(self) -> None:
        """Cut all connections, as a network does."""
        for socket in self.sockets:
            transport = socket._req.transport if socket._req else None
            if transport is not None:
                transport.abort()

    async def refresh_sockets(self) -> None:
        """Tell all connections that they will be closed, as Slack does every few hours, then close them."""
        sockets = list(self.sockets)
        for socket in sockets:
            await socket.send_json({"type": "disconnect", "reason": "refresh_requested", "debug_info": {}})

    async def connected(self, number: int = 2) -> None:
        """Return once so many sockets are open."""
        async with asyncio.timeout(10):
            while len(self.sockets) < number:
                await asyncio.sleep(0.005)

    # Deliveries.

    async def deliver(self, kind: str, payload: Json, *, tries: int | None = None) -> Json | None:
        """Deliver and return what it was acknowledged with. Events come again until they are; none: it was lost."""
        most = tries if tries is not None else (1 + len(self.retry_s) if kind == "events_api" else 1)
        for number in range(most):
            if number:
                await asyncio.sleep(self.retry_s[number - 1])
                self.retries.append(payload)
            began = time.monotonic()
            try:
                async with asyncio.timeout(self.ack_s):
                    answer = await (self._over_http if self.url else self._over_socket)(kind, payload, number)
            except TimeoutError:
                self.violate(f"not acknowledged in time: {kind}")
                continue
            if answer is not None:
                self.acks_ms.append((time.monotonic() - began) * 1000)
                return answer
        return None

    async def _over_http(self, kind: str, payload: Json, number: int) -> Json | None:
        assert self._session is not None
        if kind == "events_api":
            body, content_type = json.dumps(payload), "application/json"
        else:
            fields = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
            body, content_type = urlencode(fields), "application/x-www-form-urlencoded"
        headers = self.signed(body.encode()) | {"Content-Type": content_type}
        if number:
            headers |= {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": "http_error"}
        async with self._session.post(self.url, data=body.encode(), headers=headers) as response:
            if response.status != 200:
                return None
            text = await response.text()
        with suppress(ValueError):
            return json.loads(text) if text else {}
        return {"text": text}

    def signed(self, body: bytes, *, at: int | None = None, secret: str = SECRET) -> dict[str, str]:
        """The headers of a request with this body."""
        stamp = str(at if at is not None else int(time.time()))
        mac = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={mac}"}

    async def _over_socket(self, kind: str, payload: Json, number: int) -> Json | None:
        while not self.sockets:
            await asyncio.sleep(0.005)
        socket = self.sockets[next(self._numbers) % len(self.sockets)]
        envelope = f"e{next(self._numbers)}"
        future: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._acked[envelope] = future
        more = (
            {"retry_attempt": number, "retry_reason": "" if not number else "timeout"} if kind == "events_api" else {}
        )
        sent = {"envelope_id": envelope, "type": kind, "payload": payload, "accepts_response_payload": True} | more
        self._on_socket[envelope] = socket
        try:
            await socket.send_json(sent)
            return await future
        except ConnectionError:
            return None
        finally:
            del self._on_socket[envelope]

    def event(self, event: Json) -> Json:
        """The payload of an event."""
        number = next(self._numbers)
        return {
            "type": "event_callback",
            "team_id": TEAM,
            "api_app_id": "A1",
            "event_id": f"Ev{number}",
            "event_time": int(time.time()),
            "authorizations": [{"team_id": TEAM, "user_id": BOT_USER, "is_bot": True}],
            "event": event,
        }

    def _echo(self, message: Message) -> None:
        """What the bot posts comes back to it as an event, as everything does."""
        if self.echoes and (self.url or self.sockets):
            channel = self.channels[message.channel]
            event = message.as_json() | {"channel": channel.id, "channel_type": _kind(channel)}
            task = asyncio.create_task(self.deliver("events_api", self.event(event)))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    # People.

    async def say(
        self,
        user: str,
        text: str,
        *,
        channel: str = "",
        thread: str = "",
        times: int = 1,
        files: Sequence[SharedFile] = (),
        passes_on: Message | None = None,
    ) -> Message:
        """Somebody writes into a channel, or to the bot alone. It is told of `times` times."""
        where = self.channels[channel] if channel else self.direct(user)
        message = Message(ts=self.new_ts(), channel=where.id, user=user, text=text, thread_ts=thread)
        message.files = [self.told(one) for one in files]
        if passes_on is not None:
            message.shared = [{"is_share": True, "text": passes_on.text, "fallback": f"[ana] {passes_on.text}"}]
        where.messages.append(message)
        event = message.as_json() | {"channel": where.id, "channel_type": _kind(where)}
        payloads = [self.event(event)] if BOT_USER in where.members else []
        if f"<@{BOT_USER}" in text and not where.is_direct:
            brief = {"files": [self.told(one, is_bare=True) for one in files]} if files else {}
            payloads.append(self.event(event | {"type": "app_mention"} | brief))
        for payload in payloads:
            for _ in range(times):
                await self.deliver("events_api", payload)
        return message

    async def edit(self, message: Message, text: str) -> None:
        """Its author writes it anew. Slack tells of a mention in it as of one in a new message."""
        before, message.text = message.as_json(), text
        where, edited = self.channels[message.channel], {"edited": {"user": message.user, "ts": self.new_ts()}}
        about = {"channel": where.id, "channel_type": _kind(where)}
        changed = {"type": "message", "subtype": "message_changed", "hidden": True, "ts": self.new_ts()} | about
        changed |= {"message": message.as_json() | edited, "previous_message": before}
        payloads = [changed] if BOT_USER in where.members else []
        if f"<@{BOT_USER}" in text and not where.is_direct:
            payloads.append(message.as_json() | about | edited | {"type": "app_mention"})
        for payload in payloads:
            await self.deliver("events_api", self.event(payload))

    async def react(self, user: str, emoji: str, message: Message) -> None:
        item = {"type": "message", "channel": message.channel, "ts": message.ts}
        event = {"type": "reaction_added", "user": user, "reaction": emoji, "item": item, "item_user": message.user}
        await self.deliver("events_api", self.event(event))

    async def join(self, user: str, channel: str) -> None:
        self.channels[channel].members.add(user)
        event = {"type": "member_joined_channel", "user": user, "channel": channel, "team": TEAM}
        await self.deliver("events_api", self.event(event))

    async def open_home(self, user: str) -> None:
        await self.deliver(
            "events_api", self.event({"type": "app_home_opened", "user": user, "tab": "home", "channel": f"D{user}"})
        )

    def button(self, user: str, label: str, channel: str = "") -> tuple[Message, Json]:
        """The newest button with this label that a person sees now. Raises LookupError."""
        where = self.channels[channel] if channel else self.direct(user)
        for message in reversed(where.messages):
            if message.to in ("", user):
                for block, element in reversed(list(interactive(message.blocks))):
                    if element["type"] == "button" and element["text"]["text"] == label:
                        return message, element | {"block_id": block.get("block_id", "b")}
        raise LookupError(f"no button {label!r} in {where.id}")

    async def press(self, user: str, label: str, *, channel: str = "") -> Json | None:
        message, element = self.button(user, label, channel)
        return await self.press_element(user, message, element)

    async def press_element(self, user: str, message: Message, element: Json) -> Json | None:
        """A click; a second client may send one on what is gone by now."""
        container = {"type": "message", "message_ts": message.ts, "channel_id": message.channel}
        container |= {"is_ephemeral": bool(message.to)} | (
            {"thread_ts": message.thread_ts} if message.thread_ts else {}
        )
        payload = self._interaction("block_actions", user) | {
            "container": container,
            "channel": {"id": message.channel},
            "actions": [element | {"action_ts": self.new_ts()}],
        }
        if not message.to:
            payload["message"] = message.as_json()
        return await self.deliver("interactive", payload)

    async def press_home(self, user: str, label: str) -> Json | None:
        view = self.homes[user]
        found = [one for _, one in interactive(view["blocks"]) if one.get("text", {}).get("text") == label]
        if not found:
            raise LookupError(label)
        payload = self._interaction("block_actions", user) | {
            "container": {"type": "view", "view_id": "VHOME"},
            "view": view,
            "actions": [found[0] | {"action_ts": self.new_ts()}],
        }
        return await self.deliver("interactive", payload)

    async def command(self, user: str, command: str, text: str = "", *, channel: str = "") -> Json | None:
        where = self.channels[channel] if channel else self.direct(user)
        trigger = self._trigger(user)
        payload = {
            "command": command,
            "text": text,
            "user_id": user,
            "team_id": TEAM,
            "channel_id": where.id,
            "api_app_id": "A1",
            "response_url": f"{self.base}response",
            "trigger_id": trigger,
        }
        return await self.deliver("slash_commands", payload)

    async def shortcut(self, user: str, callback: str, message: Message | None = None) -> Json | None:
        kind = "message_action" if message else "shortcut"
        payload = self._interaction(kind, user) | {"callback_id": callback}
        if message:
            payload |= {"message": message.as_json(), "channel": {"id": message.channel}}
        return await self.deliver("interactive", payload)

    async def modal(self, user: str) -> Json:
        """The modal that a person sees, once there is one."""
        async with asyncio.timeout(5):
            while not self.opened[user]:
                self.changed.clear()
                await self.changed.wait()
        return self.views[self.opened[user][-1]]

    async def submit(self, user: str, **values: Json) -> dict[str, str]:
        """Fill the modal in, as it is shown, with these changes by label or field; returns errors by field."""
        view = await self.modal(user)
        inputs = [one for one in view["blocks"] if one["type"] == "input"]
        state = {one["block_id"]: {one["element"]["action_id"]: self._state(one, values)} for one in inputs}
        payload = self._interaction("view_submission", user) | {"view": view | {"state": {"values": state}}}
        answer = await self.deliver("interactive", payload)
        if answer is None:
            return {"": "We had some trouble connecting."}
        if answer.get("response_action") == "errors":
            for block_id in answer["errors"].keys() - state.keys():
                self.violate(f"an error at {block_id}, which is not there")
            return {name.removeprefix("field:"): error for name, error in answer["errors"].items()}
        if answer.get("response_action") == "update":
            self.m_views_update({"view_id": view["id"], "view": answer["view"]})
            return {}
        self.opened[user].remove(view["id"])
        return {}

    async def suggest(self, user: str, typed: str) -> list[Json]:
        """What is offered in the modal's list while somebody types."""
        view = await self.modal(user)
        [block] = [one for one in view["blocks"] if one.get("element", {}).get("type") == "external_select"]
        payload = self._interaction("block_suggestion", user) | {
            "container": {"type": "view", "view_id": view["id"]},
            "view": view,
            "action_id": block["element"]["action_id"],
            "block_id": block["block_id"],
            "value": typed,
        }
        del payload["trigger_id"], payload["response_url"]
        options = (await self.deliver("interactive", payload) or {}).get("options", [])
        for problem in lint_options(options):
            self.violate(f"block_suggestion: {problem}")
        return options

    def _state(self, block: Json, values: Json) -> Json:
        if block["element"]["type"] != "file_input":
            return _filled(block, values)
        file = values.get(block["block_id"].removeprefix("field:"))
        return self.filled_with(block["element"], [file] if file else [])

    async def open_assistant(self, user: str) -> Message:
        """Somebody opens the assistant pane: a new thread begins."""
        where = self.direct(user)
        root = Message(ts=self.new_ts(), channel=where.id, user=BOT_USER, text="New Assistant Thread", bot_id=BOT)
        where.messages.append(root)
        thread = {"user_id": user, "channel_id": where.id, "thread_ts": root.ts, "context": {}}
        event = {"type": "assistant_thread_started", "assistant_thread": thread, "event_ts": root.ts}
        await self.deliver("events_api", self.event(event))
        return root

    async def press_stop(self, user: str, message: Message) -> None:
        """The stop button of a message that is streaming."""
        event = {
            "type": "agent_session_stopped",
            "user": user,
            "channel": message.channel,
            "thread_ts": message.thread_ts,
            "streaming_message_ts": [message.ts],
        }
        await self.deliver("events_api", self.event(event))

    def _trigger(self, user: str) -> str:
        trigger = self.new_trigger()
        self._trigger_users[trigger] = user
        return trigger

    def _interaction(self, kind: str, user: str) -> Json:
        return {
            "type": kind,
            "team": {"id": TEAM},
            "user": {"id": user, "username": self.users[user]["name"], "team_id": TEAM},
            "api_app_id": "A1",
            "trigger_id": self._trigger(user),
            "response_url": f"{self.base}response",
        }


def _kind(channel: Channel) -> str:
    return "im" if channel.is_direct else "channel"


async def _arguments(request: web.Request) -> Json:
    """What a call was given, wherever it stands."""
    given: Json = dict(request.query)
    if request.content_type == "application/json":
        given |= await request.json()
    elif request.can_read_body:
        given |= dict(await request.post())
    return {name: _parsed(value) for name, value in given.items()}


def _parsed(value: Json) -> Json:
    if isinstance(value, str) and value[:1] in ("{", "["):
        with suppress(ValueError):
            return json.loads(value)
    return value


def _filled(block: Json, values: Json) -> Json:  # noqa: PLR0911  # one for each control
    """The state of one input."""
    element, name = block["element"], block["block_id"].removeprefix("field:")
    label = block["label"]["text"]
    given = values.get(name, values.get(label))
    is_given = name in values or label in values
    kind = element["type"]
    match kind:
        case "checkboxes":
            chosen = given if is_given else bool(element.get("initial_options"))
            return {"type": kind, "selected_options": element["options"] if chosen else []}
        case "static_select":
            options = {one["value"]: one for one in element["options"]}
            return {"type": kind, "selected_option": options[given] if is_given else element.get("initial_option")}
        case "external_select":
            return {"type": kind, "selected_option": given}
        case "datepicker":
            return {"type": kind, "selected_date": given if is_given else element.get("initial_date")}
        case "timepicker":
            return {"type": kind, "selected_time": given if is_given else element.get("initial_time")}
        case "datetimepicker":
            return {"type": kind, "selected_date_time": given if is_given else element.get("initial_date_time")}
        case "users_select":
            return {"type": kind, "selected_user": given if is_given else element.get("initial_user")}
        case "conversations_select":
            chosen = given if is_given else element.get("initial_conversation")
            return {"type": kind, "selected_conversation": chosen}
        case _:
            return {"type": kind, "value": given if is_given else element.get("initial_value")}
