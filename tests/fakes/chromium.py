"""Debian's Chromium, driven by Playwright, that can reach nothing but this machine; and pages that report their errors."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-extensions",
    "--disable-features=Translate,OptimizationHints,MediaRouter",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


def find_chromium() -> str | None:
    """The program's path; None when none is installed."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next((found for name in names if (found := shutil.which(name))), None)


def share_browser(items: list[pytest.Item], folder: str) -> None:
    """Tests in this folder share one event loop with the browser, and are skipped, with the reason, where there is none."""
    for item in items:
        if folder in item.path.as_posix():
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
            if find_chromium() is None:
                item.add_marker(pytest.mark.skip(reason="no chromium found: install Debian's package chromium"))


@asynccontextmanager
async def launch() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        program = find_chromium()
        assert program
        browser = await playwright.chromium.launch(executable_path=program, headless=True, args=ARGUMENTS)
        yield browser
        await browser.close()


@dataclass
class Watch:
    """Collects what goes wrong in a context's pages: script errors, console errors (CSP violations among them)."""

    errors: list[str] = field(default_factory=list)
    allowed: tuple[str, ...] = ()

    def follow(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.errors.append(f"pageerror: {error}"))
        page.on("console", self._hear)

    def _hear(self, message: Any) -> None:
        text = f"{message.type}: {message.text} ({message.location.get('url', '')})"
        if message.type in ("error", "warning") and not any(one in text for one in self.allowed):
            self.errors.append(text)


@asynccontextmanager
async def open_context(browser: Browser, **options: Any) -> AsyncIterator[tuple[BrowserContext, Watch]]:
    """A fresh browser profile. Its `Watch` must be empty at the end."""
    options = {"viewport": {"width": 1180, "height": 800}, "timezone_id": "Europe/Berlin", "locale": "en-GB"} | options
    context = await browser.new_context(**options)
    context.set_default_timeout(5000)
    watch = Watch()
    context.on("page", watch.follow)
    try:
        yield context, watch
    finally:
        await context.close()


async def shoot(page: Page, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=path, animations="disabled")
