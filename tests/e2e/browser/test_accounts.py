"""Accounts on other surfaces: shown and linked in the account sheet; a conversation that is held there is read here."""

from __future__ import annotations

from playwright.async_api import expect

from core.ids import new_id
from store.record import Conversation, Identity, Place
from tests.e2e.browser.conftest import Panel
from tests.fakes.web_server import say


async def _person_id(panel: Panel) -> str:
    return str((await (await panel.page.request.get(f"{panel.server.origin}/api/me")).json())["id"])


async def _held_in_slack(panel: Panel) -> str:
    now = panel.server.services.clock.now()
    conversation = Conversation(
        id=new_id("cnv"),
        surface="slack",
        external_id=Place(surface="slack", channel="C1", thread=new_id("thr"), team="T1").key,
        person_id=await _person_id(panel),
        title="ask for approval of the budget",
        state={},
        revision=0,
        created_at=now,
        updated_at=now,
    )
    async with panel.turns.store.begin() as records:
        await records.conversations.add(conversation)
    return conversation.id


async def test_a_code_is_asked_for_in_the_account_sheet(panel: Panel) -> None:
    page = panel.page
    panel.turns.script = lambda turns, inbound: [say("Your code is **7F3K-92QD**.")]
    await page.locator(".side > .side-button").last.click()
    sheet = page.get_by_role("dialog", name="Account")
    await expect(sheet.get_by_text("None yet")).to_be_visible()
    await sheet.get_by_role("button", name="Link Slack or Discord").click()
    await expect(panel.messages.last).to_contain_text("7F3K-92QD")
    await expect(sheet).to_be_hidden()


async def test_linked_accounts_are_shown(panel: Panel) -> None:
    page = panel.page
    async with panel.turns.store.begin() as records:
        account = f"T1/{new_id('acc')}"
        await records.people.link(Identity(surface="slack", external_id=account, person_id=await _person_id(panel)))
    await page.locator(".side > .side-button").last.click()
    await expect(page.get_by_role("dialog", name="Account").get_by_role("listitem")).to_have_text([f"Slack{account}"])


async def test_a_conversation_in_slack_is_read_here_and_answered_there(panel: Panel) -> None:
    page = panel.page
    held = await _held_in_slack(panel)
    await page.reload()
    await panel.live()
    await page.get_by_role("link", name="ask for approval of the budget").click()
    await panel.server.turns.post(held, say("The budget is waiting."))
    await expect(panel.messages.last).to_contain_text("The budget is waiting.")
    await expect(page.get_by_text("This conversation is held in Slack")).to_be_visible()
    await expect(page.get_by_role("link", name="Open it in Slack")).to_have_attribute(
        "href", "https://app.slack.com/client/T1/C1"
    )
    await expect(panel.composer).to_have_count(0)


async def test_linking_from_there_goes_on_in_a_conversation_of_ones_own(panel: Panel) -> None:
    page = panel.page
    await _held_in_slack(panel)
    await page.reload()
    await panel.live()
    await page.get_by_role("link", name="ask for approval of the budget").click()
    await expect(page.get_by_text("This conversation is held in Slack")).to_be_visible()
    panel.turns.script = lambda turns, inbound: [say("Your code is **7F3K-92QD**.")]
    await page.locator(".side > .side-button").last.click()
    await page.get_by_role("button", name="Link Slack or Discord").click()
    await expect(panel.messages.last).to_contain_text("7F3K-92QD")
    await expect(panel.composer).to_be_visible()
