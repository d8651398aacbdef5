"""The panel when the line is bad: nothing lost, nothing doubled, and it says what is going on."""

from __future__ import annotations

from playwright.async_api import expect

from store.record import Shows, reference
from tests.e2e.browser.conftest import Panel
from tests.fakes import parts
from tests.fakes.web_server import said, say

CUT = ("WebSocket", "Failed to load resource", "ERR_")


async def test_after_a_cut_everything_is_there_once(panel: Panel) -> None:
    panel.watch.allowed = CUT
    await panel.ask("one", say("answer one"))
    panel.server.abort_connections()
    await expect(panel.page.locator("errand-chat[live]")).to_have_count(0)
    await panel.turns.post(panel.conversation, say("while away"))
    panel.turns.script = lambda turns, inbound: [say("answer two")]
    await panel.say("two")
    await panel.live()
    await expect(panel.page.get_by_text("answer two")).to_be_visible()
    assert sorted(await panel.texts()) == sorted(["one", "answer one", "while away", "two", "answer two"])
    assert [said(one) for one in panel.turns.taken] == ["one", "two"]


async def test_a_message_whose_acknowledgement_was_lost_is_not_sent_twice(panel: Panel) -> None:
    panel.watch.allowed = CUT
    panel.turns.script = lambda turns, inbound: [say("paid")]
    panel.turns.gate.clear()
    await panel.say("pay the invoice")
    await expect(panel.page.locator(".is-echo")).to_be_visible()
    panel.server.abort_connections()
    panel.turns.gate.set()
    await expect(panel.page.get_by_text("paid")).to_be_visible()
    await expect(panel.page.locator(".is-echo")).to_have_count(0)
    assert await panel.texts() == ["pay the invoice", "paid"]
    assert len(panel.turns.taken) == 1


async def test_what_was_said_offline_outlives_a_reload(panel: Panel) -> None:
    panel.watch.allowed = CUT
    await panel.ask("one", say("answer one"))
    await panel.page.route_web_socket("**/stream**", lambda socket: None)  # accepted, never answered
    panel.server.abort_connections()
    await expect(panel.page.locator("errand-chat[live]")).to_have_count(0)
    panel.turns.script = lambda turns, inbound: [say("answer two")]
    await panel.say("said offline")
    await panel.page.unroute_all()
    other = await panel.context.new_page()
    stored = await panel.page.evaluate("JSON.stringify({...sessionStorage})")
    assert "said offline" in stored
    await other.close()
    await panel.page.evaluate("location.reload()")
    await expect(panel.page.locator(".said").filter(has_text="said offline")).to_be_visible()


async def test_a_card_that_changed_while_away_is_up_to_date(panel: Panel) -> None:
    panel.watch.allowed = CUT
    panel.turns.shown["run_1"] = parts.run()
    await panel.ask("go", reference(Shows.RUN, "run_1"))
    panel.server.abort_connections()
    panel.turns.shown["run_1"] = parts.run_succeeded("run_1")
    await expect(panel.page.get_by_text("dropped 37 doubles")).to_be_visible()
    await expect(panel.page.get_by_role("region", name="Run of")).to_have_count(1)


async def test_a_long_outage_is_said_and_ends_by_itself(panel: Panel) -> None:
    panel.watch.allowed = CUT
    await panel.ask("one", say("answer one"))
    await panel.page.context.set_offline(True)
    panel.server.abort_connections()
    await expect(panel.page.get_by_text("Connection lost. Errand goes on")).to_be_visible()
    await panel.page.context.set_offline(False)
    await panel.live()
    await expect(panel.page.get_by_text("Connection lost")).to_be_hidden()


async def test_two_tabs_show_the_same(panel: Panel) -> None:
    await panel.ask("one", say("answer one"))
    other = await panel.context.new_page()
    await other.goto(panel.page.url)
    await expect(other.get_by_text("answer one")).to_be_visible()
    await panel.ask("two", say("answer two"))
    await expect(other.get_by_text("answer two")).to_be_visible()
    assert await other.locator(".said").all_inner_texts() == ["one", "two"]


async def test_when_the_session_ends_elsewhere_this_tab_says_so(panel: Panel) -> None:
    panel.watch.allowed = ("401", *CUT)
    other = await panel.context.new_page()
    await other.goto(panel.page.url)
    await other.locator(".side-button").last.click()
    await other.get_by_role("button", name="Sign out").click()
    await expect(panel.page.get_by_role("heading", name="You are signed out")).to_be_visible()
