"""Opens Slack: makes the client, the Bolt app and what listens, and connects in the background for as long as it is served."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import aiohttp
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_sdk.web.async_client import AsyncWebClient

from bot.surface.port import Health
from bot.surface.services import SurfaceServices
from bot.surface.vitals import Vitals
from bot.surfaces.slack.answering import Answering, stick
from bot.surfaces.slack.api import CALL_S, SlackApi
from bot.surfaces.slack.assistant import Assistant
from bot.surfaces.slack.command import Commands
from bot.surfaces.slack.event import Events
from bot.surfaces.slack.home import Home
from bot.surfaces.slack.ingress import Receiver
from bot.surfaces.slack.press import Presses
from bot.surfaces.slack.reading import Me, text_of
from bot.surfaces.slack.socket import CONNECTIONS, Connection, Timing, hold_connections
from bot.surfaces.slack.starting import Starts
from bot.surfaces.slack.stream import Streams
from bot.surfaces.slack.surface import SlackSurface
from core.clock import Clock
from core.errors import ConfigError, ErrandError, UnavailableError
from core.settings import Settings
from worker.task import end

_log = logging.getLogger(__name__)
_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 60.0


@asynccontextmanager
async def open_surface(
    settings: Settings, services: SurfaceServices, *, timing: Timing | None = None
) -> AsyncIterator[SlackSurface]:
    """Implements `bot.surface.services.Opener`. Raises ConfigError."""
    is_http = settings.slack_mode == "http"
    app_token, secret = settings.slack_app_token.get_secret_value(), settings.slack_signing_secret.get_secret_value()
    if is_http and not secret:
        raise ConfigError("Slack over HTTP needs ERRAND_SLACK_SIGNING_SECRET.")
    if not is_http and not app_token:
        raise ConfigError("Slack over sockets needs ERRAND_SLACK_APP_TOKEN (or set ERRAND_SLACK_MODE=http).")
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=CALL_S)) as session:
        token = settings.slack_bot_token.get_secret_value()
        vitals = Vitals()
        link = _Link(settings, services.clock, SlackApi(_client(settings, session, token), vitals), vitals)
        app = AsyncApp(
            client=_client(settings, session, None), signing_secret=secret or "-", authorize=_Introduced(link)
        )
        receiver = Receiver(app, secret or "-", link.is_ready, vitals=vitals, clock=services.clock)
        surface = SlackSurface(
            link.api,
            services.clock,
            public_url=services.public_url,
            health=link.health,
            ingress=[receiver.ingress] if is_http else [],
            streams=Streams(link.api, services.clock),
            me=link.me,
        )
        home = Home(link.api, services.shown, surface)
        answering = Answering(services, link.api, surface)
        _listen(app, answering, home, Assistant(link.api, surface))
        if not is_http:
            kept = timing or Timing()
            link.connections = [Connection(app, app_token, services.clock, kept, vitals) for _ in range(CONNECTIONS)]
        task = asyncio.create_task(link.run(), name="slack")
        try:
            yield surface
        finally:
            await end([task])
            await answering.close()


def _listen(app: AsyncApp, answering: Answering, home: Home, assistant: Assistant) -> None:
    """Every kind of delivery has a listener: one that nobody listens to would cost the person three seconds and a warning
    sign. The first that fits takes it.
    """
    app.middleware(stick)
    Events(answering, home, assistant).listen(app)
    starts = Starts(answering)
    starts.listen(app)
    Commands(answering, starts).listen(app)
    Presses(answering, starts, home).listen(app)


def _client(settings: Settings, session: aiohttp.ClientSession, token: str | None) -> AsyncWebClient:
    base = settings.slack_url.rstrip("/") + "/"
    return AsyncWebClient(token=token, base_url=base, session=session, timeout=int(CALL_S), retry_handlers=[])


class _Link:
    """How Errand stands with Slack."""

    def __init__(self, settings: Settings, clock: Clock, api: SlackApi, vitals: Vitals) -> None:
        self._vitals = vitals
        self._token = settings.slack_bot_token.get_secret_value()
        self._clock = clock
        self.api = api
        self.connections: list[Connection] = []
        self._me: Me | None = None
        self._problem = "not connected yet"

    def is_ready(self) -> bool:
        """Whether Slack has said who we are."""
        return self._me is not None

    def me(self) -> Me:
        """Who Errand is there. Raises UnavailableError while it is not known."""
        if self._me is None:
            raise UnavailableError(self._problem)
        return self._me

    def introduced(self) -> AuthorizeResult:
        """Who we are, as it was asked once. Raises UnavailableError while it is not known."""
        me = self.me()
        return AuthorizeResult(
            enterprise_id=None, team_id=me.team, bot_id=me.bot, bot_user_id=me.user, bot_token=self._token
        )

    async def run(self) -> None:
        """Learn who we are, then be connected, until cancelled."""
        failures = 0
        while self._me is None:
            try:
                await self._introduce()
            except ErrandError as error:
                self._problem = f"{error.message} {error.advice}".strip()
                _log.warning("Slack: %s", error)
                await self._clock.sleep(min(_FIRST_PAUSE_S * 2**failures, _LONGEST_PAUSE_S))
                failures += 1
        await hold_connections(self.connections)

    async def _introduce(self) -> None:
        answer = await self.api.read("auth.test")
        me = Me(
            team=text_of(answer.get("team_id")), user=text_of(answer.get("user_id")), bot=text_of(answer.get("bot_id"))
        )
        self._me = me

    def health(self) -> Health:
        return replace(self._standing(), ack_p95_ms=self._vitals.ack_p95_ms, missed=dict(self._vitals.missed))

    def _standing(self) -> Health:
        """Over HTTP Slack is where it is: connected once it has said who we are."""
        if self._me is None:
            return Health(is_connected=False, problem=self._problem)
        if not self.connections:
            return Health(is_connected=True)
        ages = [one.silent_s for one in self.connections if one.silent_s is not None]
        problems = [one.problem for one in self.connections if one.problem]
        is_connected = any(one.is_alive for one in self.connections)
        problem = problems[0] if problems and not is_connected else ""
        return Health(is_connected=is_connected, silent_s=min(ages, default=None), problem=problem)


class _Introduced(AsyncAuthorize):
    """Tells Bolt who we are without asking Slack: no delivery waits for that."""

    def __init__(self, link: _Link) -> None:
        self._link = link

    async def __call__(self, **_: object) -> AuthorizeResult:
        return self._link.introduced()
