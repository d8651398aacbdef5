"""One Chromium and one scripted server for all browser tests; for each test a fresh browser profile and person."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Locator, Page

from core.ids import new_id
from tests.e2e.browser.gallery import templates
from tests.fakes.chromium import Watch, launch, open_context, share_browser
from tests.fakes.web_server import ScriptedTurns, WebServer, serve_web

HERE = __name__.rpartition(".")[0].replace(".", "/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    share_browser(items, HERE)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with launch() as launched:
        yield launched


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[WebServer]:
    async with serve_web(tmp_path_factory.mktemp("panel"), templates=templates()) as served:
        yield served


@dataclass
class Panel:
    """The panel as one person sees it in one tab."""

    server: WebServer
    context: BrowserContext
    watch: Watch
    page: Page

    @property
    def turns(self) -> ScriptedTurns:
        return self.server.turns

    @property
    def composer(self) -> Locator:
        return self.page.get_by_label("Message to Errand")

    @property
    def messages(self) -> Locator:
        return self.page.locator("article.message")

    @property
    def conversation(self) -> str:
        return self.page.url.partition("#")[2]

    async def sign_in(self) -> None:
        await self.page.goto(await self.server.login_link(new_id("acc")))
        await self.live()

    async def live(self) -> None:
        await self.page.locator("errand-chat[live]").wait_for()

    async def say(self, text: str) -> None:
        await self.composer.fill(text)
        await self.composer.press("Enter")

    async def ask(self, text: str, *answer: Any) -> Locator:
        """Say something that is answered with these parts; return the message of the answer."""
        self.turns.script = lambda turns, inbound: list(answer)
        count = await self.messages.count()
        await self.say(text)
        reply = self.messages.nth(count + 1)
        await reply.wait_for()
        return reply

    async def texts(self) -> list[str]:
        """What stands in the log, own messages and answers."""
        return [text.strip() for text in await self.page.locator(".said, .parts .prose").all_inner_texts()]


@pytest_asyncio.fixture(loop_scope="session")
async def panel(browser: Browser, server: WebServer, request: pytest.FixtureRequest) -> AsyncIterator[Panel]:
    """Signed in, in a conversation of its own. Any script error, console error or CSP violation fails the test."""
    server.turns.script = ScriptedTurns.script
    server.turns.taken.clear()
    server.turns.shown.clear()
    options = getattr(request, "param", {})
    async with open_context(browser, **options) as (context, watch):
        made = Panel(server, context, watch, await context.new_page())
        await made.sign_in()
        yield made
        assert watch.errors == []
