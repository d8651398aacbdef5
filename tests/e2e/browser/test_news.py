"""What comes in another conversation is marked in the list until its person opens it."""

from __future__ import annotations

from playwright.async_api import expect

from tests.e2e.browser.conftest import Panel
from tests.fakes.web_server import say


async def _begin_another(panel: Panel) -> None:
    await panel.page.get_by_role("button", name="New conversation").last.click()
    await expect(panel.messages).to_have_count(0)
    await panel.live()


async def test_a_conversation_with_something_new_has_a_dot_until_it_is_opened(panel: Panel) -> None:
    page = panel.page
    await panel.ask("first talk", say("Gladly."))
    first = panel.conversation
    await _begin_another(panel)
    await panel.ask("second talk", say("Gladly."))
    link = page.get_by_role("link", name="first talk")
    await expect(page.get_by_text("Something new", exact=True)).to_have_count(0)
    await panel.server.turns.post(first, say("a card"))
    await expect(link.get_by_text("Something new")).to_have_count(1)
    await expect(page.get_by_role("status").filter(has_text="Something new in first talk")).to_have_count(1)
    await expect(page).to_have_title("(1) second talk · Errand")
    await link.click()
    await expect(panel.messages.last).to_contain_text("a card")
    await expect(link.get_by_text("Something new")).to_have_count(0)
    await expect(page).to_have_title("first talk · Errand")


async def test_what_is_before_the_eyes_is_not_new_later(panel: Panel) -> None:
    page = panel.page
    await panel.ask("first talk", say("Gladly."))
    first = panel.conversation
    async with page.expect_response(lambda answer: answer.url.endswith("/seen")):
        await panel.server.turns.post(first, say("a card"))
    await _begin_another(panel)
    await page.reload()
    await panel.live()
    await expect(page.get_by_role("link", name="first talk")).to_be_visible()
    await expect(page.get_by_text("Something new", exact=True)).to_have_count(0)


async def test_on_a_phone_the_menu_button_bears_the_dot(panel: Panel) -> None:
    page = panel.page
    await panel.ask("first talk", say("Gladly."))
    first = panel.conversation
    await page.set_viewport_size({"width": 390, "height": 844})
    await _begin_another(panel)
    await panel.server.turns.post(first, say("a card"))
    menu = page.get_by_role("button", name="Conversations, something new")
    await menu.click()
    await page.get_by_role("link", name="first talk").click()
    await expect(page.get_by_role("button", name="Conversations", exact=True)).to_be_visible()
    await expect(menu).to_have_count(0)
