"""An answer that a model writes is seen as it comes, and its message takes its place."""

from __future__ import annotations

from playwright.async_api import expect

from tests.e2e.browser.conftest import Panel
from tests.fakes.web_server import say


async def test_an_answer_is_seen_while_it_is_written_and_once_when_it_is_there(panel: Panel) -> None:
    await panel.ask("hello", say("Gladly."))
    writing, live = panel.page.locator(".is-writing"), panel.server.services.live
    await expect(writing).to_be_hidden()
    live.write(panel.conversation, "A reminder **posts**")
    await expect(writing.locator("strong")).to_have_text("posts")
    live.write(panel.conversation, "A reminder **posts** here. <img src=x onerror=alert(1)>")
    await expect(writing).to_contain_text("here. <img")
    await expect(writing.locator("img")).to_have_count(0)
    live.end(panel.conversation)
    await panel.server.turns.post(panel.conversation, say("A reminder **posts** here."))
    await expect(panel.messages.last).to_contain_text("A reminder posts here.")
    await expect(writing).to_be_hidden()
    await expect(panel.page.get_by_text("A reminder posts here.")).to_have_count(1)


async def test_after_a_broken_line_what_is_written_is_there_again_and_not_twice(panel: Panel) -> None:
    await panel.ask("hello", say("Gladly."))
    writing, live = panel.page.locator(".is-writing"), panel.server.services.live
    live.write(panel.conversation, "One two")
    await expect(writing).to_contain_text("One two")
    await panel.page.reload()
    live.write(panel.conversation, "One two three")
    await panel.live()
    await expect(writing).to_contain_text("One two three")
    live.end(panel.conversation)
    await panel.server.turns.post(panel.conversation, say("One two three."))
    await expect(panel.messages.last).to_contain_text("One two three.")
    await expect(writing).to_be_hidden()
