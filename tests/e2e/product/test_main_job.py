"""The main job in a real browser against a real process: a sentence, a card, a yes, and a run that is reported."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from tests.fakes.chromium import Watch, find_chromium, launch, open_context
from tests.fakes.http_service import Answer, HttpService
from tests.fakes.process import Served
from tests.fakes.smtp import SmtpServer

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(find_chromium() is None, reason="no chromium found: install Debian's package chromium"),
]


expect.set_options(timeout=15_000)  # the machine may be busy; a good one answers in a few milliseconds


class Chat:
    """The panel in one tab."""

    def __init__(self, page: Page, watch: Watch) -> None:
        self.page = page
        self.watch = watch

    async def say(self, text: str) -> None:
        composer = self.page.get_by_label("Message to Errand")
        await composer.fill(text)
        await composer.press("Enter")
        await expect(self.page.locator("article.message").filter(has_text=text).first).to_be_visible()

    async def press(self, name: str) -> None:
        await self.page.get_by_role("button", name=name, exact=True).last.click()

    def message(self, text: str) -> Locator:
        return self.page.locator("article.message").filter(has_text=text)


@pytest.fixture
async def errand(tmp_path: Path) -> AsyncIterator[Served]:
    async with Served(tmp_path / "data", {"LEASE_S": "3"}) as served:
        yield served


@pytest.fixture
async def chat(errand: Served) -> AsyncIterator[Chat]:
    async with launch() as browser, open_context(browser) as (context, watch):
        page = await context.new_page()
        page.set_default_timeout(15_000)
        await page.goto(errand.link)
        await page.locator("errand-chat[live]").wait_for()
        yield Chat(page, watch)
        assert watch.errors == []


async def test_a_reminder_comes_when_it_was_asked_for(chat: Chat) -> None:
    await chat.say("remind me in 1 minute to stretch")
    await expect(chat.message("Waiting for your yes")).to_contain_text("stretch")
    await chat.press("Schedule it")
    await expect(chat.message("It is set").last).to_be_visible()
    reminder = chat.page.locator("article.message .prose").filter(has_text="stretch")
    await expect(reminder).to_have_count(0)
    await expect(reminder.last).to_be_visible(timeout=75_000)
    await expect(reminder).to_have_count(1)


async def test_a_site_is_watched_and_its_end_is_told(chat: Chat) -> None:
    async with HttpService() as service:
        address = service.route("/shop", Answer(status=200))
        await chat.say(f"check {address} every 5 minutes and tell me when it is down")
        card = chat.message("Waiting for your yes")
        await expect(card).to_contain_text("every 5 minutes")
        await chat.press("Schedule it")
        await expect(chat.page.get_by_role("button", name="Pause")).to_be_visible()
        await chat.press("Run now")
        await expect(chat.message(f"{address} is up.").last).to_be_visible()
        service.route("/shop", Answer(status=503))
        await chat.press("Run now")
        await expect(chat.page.locator(".prose").filter(has_text=f"{address} is down.").last).to_be_visible()
        assert [request.path for request in service.requests] == ["/shop", "/shop"]
        await expect(chat.message("Last run").first).to_contain_text("2 runs")


async def test_a_weekly_mail_needs_an_account_once_and_then_goes_out(chat: Chat) -> None:
    async with SmtpServer() as smtp:
        await chat.say("every monday at 9 email the standup notes to team@acme.io")
        await expect(chat.message("What should it say?")).to_be_visible()
        await chat.say("They are in the wiki.")
        for label, value in {"Server": "127.0.0.1", "Port": str(smtp.port), "Sender": "bot@acme.io"}.items():
            await chat.page.get_by_label(label, exact=True).fill(value)
        await chat.page.get_by_label("Security").select_option("none")
        await chat.press("Connect")
        card = chat.message("Waiting for your yes")
        await expect(card).to_contain_text("every Monday at 09:00")
        await expect(card).to_contain_text("team@acme.io")
        await chat.say("make it 9:30")
        # The old card says what became of it a moment after the new one is there.
        await expect(chat.message("Waiting for your yes").last).to_contain_text("every Monday at 09:30")
        await expect(chat.message("Waiting for your yes")).to_have_count(1)
        await chat.press("Schedule it")
        assert smtp.mails == []
        await chat.press("Run now")
        await expect(chat.message("Sent “standup notes”").last).to_be_visible()
        assert [mail.recipients for mail in smtp.mails] == [["team@acme.io"]]
        assert "They are in the wiki." in smtp.mails[0].message.get_content()


async def test_a_card_runs_once_however_often_and_wherever_it_is_pressed(chat: Chat, errand: Served) -> None:
    async with HttpService() as service:
        address = service.route("/hook", Answer(status=200))
        await chat.say(f"send a webhook to {address} with status=done")
        button = chat.page.get_by_role("button", name="Run", exact=True)
        await button.wait_for()
        other = await chat.page.context.new_page()
        await other.goto(chat.page.url)
        elsewhere = other.get_by_role("button", name="Run", exact=True)
        await elsewhere.wait_for()
        await asyncio.gather(button.dblclick(), elsewhere.click(), return_exceptions=True)
        await expect(chat.message("answered with status 200").last).to_be_visible()
        assert len(service.requests) == 1


async def test_a_run_goes_on_after_the_process_was_killed_and_the_open_page_follows(chat: Chat, errand: Served) -> None:
    """The kill breaks the page's line; it connects again by itself and shows what the records say."""
    async with HttpService() as service:
        address = service.route("/slow", Answer(status=200, json={"ok": True}, delay_s=1.5))
        await chat.say(f"call the api at {address}")
        await chat.press("Run")
        while not service.requests:
            await asyncio.sleep(0.02)
        chat.watch.allowed = ("ERR_CONNECTION_REFUSED", "WebSocket")
        await errand.stop(9)
        errand.port = int(errand.url.rpartition(":")[2])
        await errand.start()
        await expect(chat.message("Status 200").last).to_be_visible(timeout=40_000)
        assert len(service.requests) == 2, "a read is repeated after a crash"


async def test_an_attached_file_becomes_a_clean_one_in_the_thread(chat: Chat) -> None:
    """As the tour of the README has it."""
    page = chat.page
    rows = b"name,city\nAna,Lisbon\nAna,Lisbon\nBen,Berlin\n"
    picked = {"name": "people.csv", "mimeType": "text/csv", "buffer": rows}
    await page.locator("input[type=file]").set_input_files([picked])
    await chat.say("remove duplicates")
    await expect(page.locator(".from-person").get_by_role("link", name="people.csv")).to_be_visible()
    await chat.press("Run")
    await expect(page.get_by_text("Removed 1 duplicate")).to_be_visible()
    async with page.expect_download() as started:
        await page.get_by_role("link", name="unique.csv").click()
    assert len(Path(await (await started.value).path()).read_text("utf-8").split()) == 3
