"""The web panel in Chromium, as whoever watches has it before them: one page that is loaded once, and what its line brings."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from playwright.async_api import Browser, Locator, Page, WebSocket, expect

from tests.fakes.chromium import Watch, open_context

WITHIN_MS = 90_000
"""As long as others may take: the lease of a killed process."""
expect.set_options(timeout=WITHIN_MS)


@dataclass(kw_only=True)
class Panel:
    """`lines` counts the WebSockets that it opened, `brought` are the states of runs that changed before its eyes."""

    page: Page
    watch: Watch
    lines: int = 0
    brought: list[str] = field(default_factory=list)

    async def code(self) -> str:
        """A code by which an account elsewhere is linked, asked for in the account sheet."""
        await self.page.locator(".side > .side-button").last.click()
        sheet = self.page.get_by_role("dialog")
        await sheet.get_by_role("button", name="Link Slack or Discord").click()
        return await self.page.locator("article.message.from-errand strong").last.inner_text()

    async def read(self, surface: str) -> None:
        """Open the conversation of another surface, as soon as it is in the list."""
        await self.page.locator("a.conversation").filter(has_text=surface).click()
        await expect(self.page.get_by_text(f"This conversation is held in {surface}")).to_be_visible()
        await self.live()

    async def live(self) -> None:
        await self.page.locator("errand-chat[live]").wait_for()

    def card(self, kind: str) -> Locator:
        """The newest card of a kind."""
        return self.page.locator(f".card.{kind}").last

    def button(self, label: str) -> Locator:
        return self.page.get_by_role("button", name=label, exact=True)

    def follow(self, line: WebSocket) -> None:
        self.lines += 1
        line.on("framereceived", self._note)

    def _note(self, frame: str | bytes) -> None:
        received = json.loads(frame)
        if received["type"] == "update":
            self.brought += [part["state"] for part in received["message"]["parts"] if part["kind"] == "run"]


@asynccontextmanager
async def watching(browser: Browser, link: str, *, allowed: tuple[str, ...] = ()) -> AsyncIterator[Panel]:
    """Signed in by Errand's link. At the end nothing but what is allowed went wrong in the page, and it was loaded once."""
    async with open_context(browser) as (context, watch):
        context.set_default_timeout(WITHIN_MS)
        watch.allowed = allowed
        page = await context.new_page()
        panel = Panel(page=page, watch=watch)
        page.on("websocket", panel.follow)
        await page.goto(link)
        await panel.live()
        loads: list[str] = []
        page.on("domcontentloaded", lambda loaded: loads.append(loaded.url))
        yield panel
        assert (watch.errors, loads) == ([], [])
