"""Makes the README's pictures: the real product, driven as a person would, in light, dark and on a phone.

python -m tests.e2e.product.pictures docs/images
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page

from tests.fakes.chromium import launch, shoot
from tests.fakes.process import Served

_LOOKS: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1180, "height": 860}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1180, "height": 860}, "color_scheme": "dark"},
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "color_scheme": "light",
        "device_scale_factor": 2,
        "is_mobile": True,
        "has_touch": True,
    },
}
_HERE: dict[str, Any] = {"timezone_id": "Europe/Berlin", "locale": "en-GB"}


async def main(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as data:
        async with Served(Path(data) / "data") as errand, launch() as browser:
            storage = await _talk(browser, errand)
            for look, options in _LOOKS.items():
                await _show(browser, errand, storage, folder / f"chat-{look}.png", options)


async def _talk(browser: Browser, errand: Served) -> Any:
    context = await browser.new_context(**_HERE, **_LOOKS["light"])
    page = await context.new_page()
    await page.goto(errand.link)
    await page.locator("errand-chat[live]").wait_for()
    await _say(page, "remind me in 3 seconds to stretch")
    await page.get_by_role("button", name="Schedule it").click()
    await page.locator("article.message .prose").filter(has_text="stretch").last.wait_for()
    await _say(page, "check https://example.com every 5 minutes and tell me when it is down")
    await page.get_by_role("button", name="Schedule it").wait_for()
    return await context.storage_state()


async def _show(browser: Browser, errand: Served, storage: Any, file: Path, options: dict[str, Any]) -> None:
    context = await browser.new_context(**_HERE, storage_state=storage, **options)
    page = await context.new_page()
    await page.goto(errand.url)
    await page.locator("errand-chat[live]").wait_for()
    await page.get_by_role("button", name="Schedule it").wait_for()
    await page.wait_for_timeout(500)
    await shoot(page, file)


async def _say(page: Page, text: str) -> None:
    composer = page.get_by_label("Message to Errand")
    await composer.fill(text)
    await composer.press("Enter")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
