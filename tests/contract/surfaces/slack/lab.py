"""Slack in front of the real conversation: the fake's people on one side, the real turn and records on the other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Literal

from aiohttp import web
from pydantic import SecretStr

from agent.command import Command
from bot.surface.port import Limits, Request
from bot.surfaces.slack.opening import open_surface
from bot.surfaces.slack.socket import Timing
from bot.surfaces.slack.surface import SlackSurface
from core.clock import SystemClock
from core.settings import Settings
from store.record import Person
from tests.contract.surfaces.lab import SurfaceLab
from tests.fakes.bus import LocalBus
from tests.fakes.clock import FixedClock
from tests.fakes.recording_surface import RecordingSurface
from tests.fakes.slack_reading import read_messages
from tests.fakes.slack_server import SECRET, SlackServer
from tests.fakes.slack_workspace import APP_TOKEN, BOT_TOKEN, TEAM
from tests.fakes.talk import Talk

Mode = Literal["socket", "http"]
FAST = Timing(ping_s=0.6, silent_s=3.0)


def settings_for(server: SlackServer, mode: Mode) -> Settings:
    return Settings(
        _env_file=None,
        slack_bot_token=SecretStr(BOT_TOKEN),
        slack_app_token=SecretStr(APP_TOKEN),
        slack_signing_secret=SecretStr(SECRET),
        slack_mode=mode,
        slack_url=server.base,
    )


class SlackLab(SurfaceLab):
    """What people do in Slack is done through `slack`; `settle` deals with what arrived and shows what is to be shown."""

    slack: SlackServer
    adapter: SlackSurface

    @classmethod
    @asynccontextmanager
    async def serve(
        cls, folder: Path, clock: FixedClock, slack: SlackServer, mode: Mode, *, talk: Talk | None = None
    ) -> AsyncIterator[SlackLab]:
        """One process. With a `talk` it is another one on the same records."""
        own = talk is None
        kept = talk or await Talk.open(folder, clock)
        lab = cls(kept, clock, RecordingSurface(clock), LocalBus(), f"srv_{id(folder)}")
        lab.slack = slack
        lab.host._surfaces.clear()
        try:
            async with lab._opened(mode):
                yield lab
        finally:
            if own:
                await kept.store.close()

    @asynccontextmanager
    async def _opened(self, mode: Mode) -> AsyncIterator[None]:
        found = self.host._services("slack")
        services = replace(found, clock=SystemClock())
        async with open_surface(settings_for(self.slack, mode), services, timing=FAST) as adapter:
            adapter.limits = Limits(post_gap_s=0.0, edit_gap_s=1.0)
            self.adapter = adapter
            self.host._surfaces["slack"] = adapter
            if mode == "http":
                async with _serving(self.slack, adapter):
                    yield
            else:
                await self.slack.connected()
                yield

    async def say(  # type: ignore[override]  # as people in Slack do
        self, text: str, *commands: Command, user: str = "U1", channel: str = "", thread: str = ""
    ) -> str:
        """Say something that means these commands, and let it be answered and shown; returns its `ts`."""
        self.means(*commands)
        message = await self.slack.say(user, text, channel=channel, thread=thread)
        await self.settle()
        return message.ts

    async def press(  # type: ignore[override]
        self, label: str, *, user: str = "U1", channel: str = ""
    ) -> None:
        assert await self.slack.press(user, label, channel=channel) is not None
        await self.settle()

    async def settle(self) -> None:
        """Deal with all that arrived, hear of what changed, show what is to be shown; let runs go on, and show that."""
        await self.host.inbox.work_due()
        await self.heard()
        await self.show()

    async def work(self) -> None:
        """Let all runs that are due go on as far as they do."""
        await self.workers.work()
        await self.settle()

    async def show(self) -> None:
        while await self.host.deliverer.deliver_due():
            self.clock.move(1.0)

    def read(self, user: str = "U1", channel: str = "") -> list[str]:
        """What somebody reads in a channel, or alone with Errand: what the bot wrote, as text."""
        where = self.slack.channels[channel] if channel else self.slack.direct(user)
        return [read_messages([one]).text for one in where.messages if one.bot_id and one.to in ("", user)]

    async def person(self, user: str = "U1") -> Person | None:
        async with self.store.begin() as records:
            return await records.people.by_identity("slack", f"{TEAM}/{user}")


@asynccontextmanager
async def _serving(slack: SlackServer, adapter: SlackSurface) -> AsyncIterator[None]:
    """The adapter's own address, behind a web server that is not ours: the real one is tried in tests/contract/web."""
    [ingress] = adapter.ingress

    async def receive(request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        taken = Request(headers=headers, query=request.query_string, body=await request.read())
        answer = await ingress.handle(taken)
        given = {name: value for name, value in answer.headers.items() if name.lower() != "content-length"}
        return web.Response(body=answer.body, status=answer.status, headers=given)

    app = web.Application()
    app.router.add_post(f"/{ingress.path}", receive)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    slack.url = f"http://127.0.0.1:{runner.addresses[0][1]}/{ingress.path}"
    try:
        yield
    finally:
        slack.url = ""
        await runner.cleanup()
