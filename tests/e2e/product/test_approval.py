"""Two people in two browsers decide about one payment: what one does shows at the other's, and nothing is sent before."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.fakes.chromium import find_chromium, launch, open_context
from tests.fakes.http_service import Answer, HttpService
from tests.fakes.process import Served, errand

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(find_chromium() is None, reason="no chromium found: install Debian's package chromium"),
]

expect.set_options(timeout=15_000)


def card(page: Page) -> Locator:
    return page.locator("section.approval").last


async def say(page: Page, text: str) -> None:
    composer = page.get_by_label("Message to Errand")
    await composer.fill(text)
    await composer.press("Enter")


async def test_two_people_decide_in_two_browsers(tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with Served(data) as served, HttpService() as service, launch() as browser:
        address = service.route("/pay", Answer(status=200))
        code, link, problem = await errand(data, "login-link", "--account", "ben")
        assert code == 0, problem
        async with asyncio.timeout(120):
            await _decide(browser, served.link, link.strip().split()[-1], address)
        [sent] = service.requests
        assert json.loads(sent.body)["amount"] == 450


async def _decide(browser: Browser, owner_link: str, ben_link: str, address: str) -> None:
    async with open_context(browser) as (first, watch), open_context(browser) as (second, other_watch):
        owner, ben = await first.new_page(), await second.new_page()
        for page, link in ((owner, owner_link), (ben, ben_link)):
            page.set_default_timeout(15_000)
            await page.goto(link)
            await page.locator("errand-chat[live]").wait_for()
        await say(ben, "hello")
        await say(owner, f"pay 500 for the new laptops to {address} after two yeses")
        await expect(owner.locator("article.message").last).to_contain_text("Who may approve it")
        await say(owner, "ben, owner")
        await owner.get_by_role("button", name="Run", exact=True).click()
        await expect(card(owner)).to_contain_text("0 of 2")
        await expect(card(ben)).to_contain_text("new laptops")

        await card(owner).get_by_role("button", name="Edit").click()
        await owner.get_by_label("Amount").fill("450")
        await owner.get_by_role("button", name="Save changes").click()
        await expect(card(ben)).to_contain_text("450")
        await card(ben).get_by_role("button", name="Yes").click()
        await expect(card(owner)).to_contain_text("1 of 2")
        await expect(card(ben).get_by_role("button", name="Yes")).to_have_count(0)

        await card(owner).get_by_role("button", name="Yes").click()
        for page in (owner, ben):
            await expect(card(page)).to_contain_text("Approved by")
            await expect(card(page).get_by_role("button")).to_have_count(0)
        await expect(owner.locator("section.run").last).to_contain_text("Done")
        assert watch.errors + other_watch.errors == []
