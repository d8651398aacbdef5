"""The panel in a person's language: the browser's at first, then the one chosen in the account."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from agent.phrases import Phrases, load_phrases
from tests.e2e.browser.conftest import Panel
from tests.e2e.browser.test_panel import AUDIT
from tests.fakes.web_server import say

ENGLISH = load_phrases("en")


def _left(shown: str, phrases: Phrases) -> set[str]:
    """English sentences of the panel that are shown and are none of this language."""
    keys = [key for key in ENGLISH.keys if key.startswith("panel.") and key != "panel.own_name"]
    own = {phrases.plain(key, **dict.fromkeys(phrases.slots(key), "")) for key in keys}
    english = {ENGLISH.plain(key, **dict.fromkeys(ENGLISH.slots(key), "")) for key in keys}
    return {text for text in english - own if re.search(rf"(?<!\w){re.escape(text)}(?!\w)", shown)}


@pytest.mark.parametrize("panel", [{"locale": "de-DE"}, {"locale": "zh-CN"}], indirect=True, ids=["de", "zh"])
async def test_a_newcomer_is_spoken_to_in_the_browsers_language(panel: Panel, request: pytest.FixtureRequest) -> None:
    page, language = panel.page, request.node.callspec.id
    phrases = load_phrases(language)
    await expect(page.locator("html")).to_have_attribute("lang", language)
    await expect(page.get_by_role("heading", name=phrases.plain("panel.welcome"))).to_be_visible()
    await page.locator(".side > .side-button").last.click()
    await expect(page.get_by_role("dialog", name=phrases.plain("panel.account"))).to_be_visible()
    shown = await page.locator("body").inner_text() + await page.locator("errand-chat .chat").inner_text()
    assert phrases.plain("panel.sign_out") in shown
    assert _left(shown, phrases) == set()
    assert await page.evaluate(AUDIT) == []


async def test_another_language_is_chosen_in_the_account(panel: Panel) -> None:
    page = panel.page
    await page.locator(".side > .side-button").last.click()
    await page.get_by_label("Language").select_option(label="Deutsch")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("button", name="Neue Unterhaltung").first).to_be_visible()
    await expect(page.get_by_label("Nachricht an Errand")).to_be_visible()


@pytest.mark.parametrize("panel", [{"locale": "fr-FR"}], indirect=True)
async def test_a_press_says_its_sentence_in_that_language(panel: Panel) -> None:
    panel.turns.script = lambda turns, inbound: [say("Rien n’a échoué.")]
    await panel.page.get_by_role("button", name="Exécutions échouées").click()
    await expect(panel.page.locator(".said")).to_have_text("montre les exécutions échouées")
