"""Socket Mode: two connections to Slack, watched. One that shows no sign of life is closed and made anew. Reads no payload.

Slack repeats no click, so that with one connection each reconnect would lose some. Bolt's own reconnecting is left to do its
work; the watch is for where it does not: when no new address could be had, it waits for ever (docs.slack.dev, "Socket Mode").
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import aiohttp
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app, send_async_response
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackClientError
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.surface.vitals import Vitals
from core.clock import Clock
from worker.task import end

_log = logging.getLogger(__name__)
CONNECTIONS = 2
_ENVELOPE = re.compile(r'"envelope_id":\s*"([^"\\]+)"')
_TAKEN = 200
_CONNECT_S = 30.0
_CLOSE_S = 3.0
_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """`ping_s` is how often a connection is tried, `silent_s` how long one may be silent before it is made anew."""

    ping_s: float = 5.0
    silent_s: float = 30.0


class _Handler(AsyncSocketModeHandler):
    """Bolt's, which also notes how long an envelope took from the line to its acknowledgement."""

    def __init__(self, app: AsyncApp, token: str, ping_s: float, clock: Clock, vitals: Vitals) -> None:
        super().__init__(app, token, ping_interval=ping_s)
        self._clock = clock
        self._vitals = vitals
        self._received: dict[str, float] = {}

    async def received(self, message: aiohttp.WSMessage) -> None:
        if found := _ENVELOPE.search(message.data):
            self._received[found[1]] = self._clock.monotonic_s()

    async def handle(self, client: AsyncBaseSocketModeClient, req: SocketModeRequest) -> None:
        began_s = self._received.pop(req.envelope_id, self._clock.monotonic_s())
        answer = await run_async_bolt_app(self.app, req)
        await send_async_response(client, req, answer, began_s)
        if answer.status == _TAKEN:
            self._vitals.acknowledged(self._clock.monotonic_s() - began_s)
        else:
            self._vitals.miss(f"answered_{answer.status}")


class Connection:
    """One of them, for ever."""

    def __init__(self, app: AsyncApp, token: str, clock: Clock, timing: Timing, vitals: Vitals) -> None:
        self._app = app
        self._vitals = vitals
        self._token = token
        self._clock = clock
        self._timing = timing
        self._pong: float | None = None
        self.heard_s: float | None = None
        """When it showed a sign of life last, by the monotonic clock."""
        self.problem = ""
        self.made = 0

    @property
    def silent_s(self) -> float | None:
        return None if self.heard_s is None else self._clock.monotonic_s() - self.heard_s

    @property
    def is_alive(self) -> bool:
        silent_s = self.silent_s
        return silent_s is not None and silent_s < self._timing.silent_s

    async def run(self) -> None:
        """Be connected until cancelled."""
        failures = 0
        while True:
            handler = _Handler(self._app, self._token, self._timing.ping_s, self._clock, self._vitals)
            self.made += 1
            try:
                await self._serve(handler)
                failures = 0
            except (SlackClientError, aiohttp.ClientError, OSError, TimeoutError) as error:
                failures += 1
                self._vitals.miss("no_connection")
                self.problem = f"{type(error).__name__}: {error}"
                _log.warning("A connection to Slack could not be made: %s", self.problem)
            finally:
                await _close(handler)
            await self._clock.sleep(min(_FIRST_PAUSE_S * 2 ** max(0, failures - 1), _LONGEST_PAUSE_S))

    async def _serve(self, handler: _Handler) -> None:
        """Connect, and return when nothing was heard for too long."""
        client = handler.client
        client.on_message_listeners.append(self._heard)
        client.on_message_listeners.append(handler.received)
        async with asyncio.timeout(_CONNECT_S):
            client.wss_uri = await client.issue_new_wss_url()
            await client.connect()  # type: ignore[no-untyped-call]  # the library left it so
        self._pong = client.last_ping_pong_time
        await self._heard()
        while self.is_alive:
            await self._clock.sleep(self._timing.ping_s / 2)
            session = client.current_session
            if client.last_ping_pong_time != self._pong and session is not None and not session.closed:
                self._pong = client.last_ping_pong_time
                await self._heard()
        self._vitals.miss("silent_connection")
        _log.warning("A connection to Slack was silent for %.0f s and is made anew.", self._timing.silent_s)

    async def _heard(self, _: aiohttp.WSMessage | None = None) -> None:
        self.heard_s = self._clock.monotonic_s()
        self.problem = ""


async def hold_connections(connections: Sequence[Connection]) -> None:
    """Run all of them until cancelled."""
    tasks = [asyncio.create_task(one.run(), name=f"slack socket {at}") for at, one in enumerate(connections)]
    try:
        await asyncio.gather(*tasks)
    finally:
        await end(tasks)


async def _close(handler: AsyncSocketModeHandler) -> None:
    """A peer that does not answer holds nothing up, and whoever is told to end at once leaves nothing open."""
    client = handler.client
    try:
        with suppress(SlackClientError, aiohttp.ClientError, OSError, TimeoutError):
            async with asyncio.timeout(_CLOSE_S):
                await client.close()  # type: ignore[no-untyped-call]  # the library left it so
    finally:
        for task in (client.message_processor, client.current_session_monitor, client.message_receiver):
            if task is not None:
                task.cancel()
        if not client.aiohttp_client_session.closed:
            await client.aiohttp_client_session.close()
