"""The end of the log stays in view unless somebody scrolls up; then they stay where they are, and are told of what is new."""

from __future__ import annotations

from playwright.async_api import expect

from tests.e2e.browser.conftest import Panel
from tests.fakes.web_server import say

LONG = say("a line\n\n" * 60)
SCROLL = "document.querySelector('errand-chat').shadowRoot.querySelector('.scroll')"
IS_AT_END = f"() => {{ const s = {SCROLL}; return s.scrollHeight - s.scrollTop - s.clientHeight < 2 }}"


async def test_whoever_scrolled_up_stays_there_and_is_told_of_what_is_new(panel: Panel) -> None:
    await panel.ask("hello", LONG)
    await panel.page.wait_for_function(IS_AT_END)
    await panel.page.evaluate(f"{SCROLL}.scrollTop = 100")
    jump = panel.page.get_by_role("button", name="New messages")
    await expect(jump).to_be_hidden()
    await panel.page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    await panel.server.turns.post(panel.conversation, say("Something new."))
    await expect(jump).to_be_visible()
    assert await panel.page.evaluate(f"{SCROLL}.scrollTop") == 100
    await jump.click()
    await panel.page.wait_for_function(IS_AT_END)
    await expect(jump).to_be_hidden()


async def test_what_grows_before_a_scroll_is_heard_of_takes_nobody_from_the_end(panel: Panel) -> None:
    await panel.ask("hello", LONG)
    await panel.page.wait_for_function(IS_AT_END)
    await panel.page.evaluate(
        f"() => {{ const more = document.createElement('div'); more.style.height = '900px';"
        f" {SCROLL}.firstChild.prepend(more); {SCROLL}.dispatchEvent(new Event('scroll')) }}"
    )
    await panel.page.wait_for_function(IS_AT_END)
