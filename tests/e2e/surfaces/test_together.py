"""One request through all of it: made in Slack, approved there and in Discord, watched in the panel, run by a worker process."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Browser, expect

from tests.e2e.surfaces.panel import Panel, watching
from tests.e2e.surfaces.town import ANA, BEN, Town, town, until
from tests.fakes.postgres import empty_postgres_url, postgres
from tests.fakes.process import Worker

__all__ = ["empty_postgres_url", "postgres"]

CUT = ("WebSocket", "Failed to load resource", "ERR_")


async def _link_ana(here: Town, panel: Panel) -> None:
    """Whoever watches the panel is Ana in Slack; one of the three who may approve."""
    await here.slack.say(ANA, f"link {await panel.code()}")
    await here.slack_press(ANA, "That is me, link")
    await here.slack_says(ANA, "Done. You are")


async def _everybody_is_known(here: Town) -> None:
    await here.slack.say(BEN, "what can you do?")
    await here.discord.say(here.bea, "what can you do?")
    await until(lambda: here.slack_texts(BEN), "an answer for Ben")
    await until(here.discord_messages, "an answer for Bea")


async def _ask(here: Town, panel: Panel) -> None:
    """The same card stands in the panel; pressed in Slack it has no button there any more, and a question follows."""
    address = f"{here.service.url}/pay"
    await here.slack.say(ANA, f"pay 500 for the new laptops to {address} after two yeses")
    await here.slack_says(ANA, "Who may approve it?")
    await here.slack.say(ANA, "Ben, Bea, owner")
    await panel.read("Slack")
    await expect(panel.card("proposal")).to_contain_text(address)
    await expect(panel.button("Run")).to_be_visible()
    await here.slack_press(ANA, "Run")
    await expect(panel.button("Run")).to_have_count(0)
    await expect(panel.card("run")).to_have_attribute("data-state", "waiting")
    await until(lambda: here.slack_has(BEN, "Yes"), f"Ben is asked: {here.slack_texts(BEN)}")
    await until(lambda: here.discord_button("Yes"), f"Bea is asked: {here.discord_text()}")
    await _is_asked(panel, yeses=0)


async def _is_asked(panel: Panel, *, yeses: int) -> None:
    await expect(panel.card("approval")).to_contain_text(f"{yeses} of 2")
    for label in ("Yes", "No"):
        await expect(panel.button(label)).to_be_visible()


async def _one_yes(here: Town, panel: Panel) -> None:
    await here.slack_press(BEN, "Yes")
    await _is_asked(panel, yeses=1)


async def _is_done(here: Town, panel: Panel) -> None:
    """One effect, and the same end wherever it is shown."""
    for label in ("Yes", "No"):
        await expect(panel.button(label)).to_have_count(0)
    await expect(panel.card("approval")).to_have_attribute("data-state", "approved")
    await expect(panel.card("approval").locator(".said-yes .person-name")).to_have_text(["Ben", "Bea"])
    await expect(panel.card("run")).to_have_attribute("data-state", "succeeded")
    await expect(panel.card("run")).to_contain_text("answered with status 200")
    assert panel.brought[-1] == "succeeded", "the end came over the line"
    await here.slack_says(ANA, "answered with status 200")
    for label in ("Yes", "No"):
        await until(lambda label=label: not here.slack_has(BEN, label), f"{label} is gone in Slack")
        await until(lambda label=label: here.discord_button(label) is None, f"{label} is gone in Discord")
    [request] = here.service.requests
    assert request.json["amount"] == 500
    assert {"Ben", "Bea"} == set(request.json["approved_by"].split(" and "))


async def test_a_request_goes_from_slack_over_discord_to_a_worker(
    tmp_path: Path, empty_postgres_url: str, redis_url: str, browser: Browser
) -> None:
    shared = {"DATABASE_URL": empty_postgres_url, "REDIS_URL": redis_url}
    async with town(tmp_path / "data", shared) as here, watching(browser, here.served.link) as panel:
        await here.connected()
        await _link_ana(here, panel)
        await _everybody_is_known(here)
        async with Worker(here.data, here.settings):
            await _ask(here, panel)
            await _one_yes(here, panel)
            await here.discord_press("Yes")
            await _is_done(here, panel)


async def test_a_bot_that_was_killed_between_card_and_click_takes_the_click(
    tmp_path: Path, empty_postgres_url: str, redis_url: str, browser: Browser
) -> None:
    """The page that was open says that the line is lost, finds the next process by itself and shows what is true."""
    shared = {"DATABASE_URL": empty_postgres_url, "REDIS_URL": redis_url}
    async with (
        town(tmp_path / "data", shared) as here,
        watching(browser, here.served.link, allowed=CUT) as panel,
        Worker(here.data, here.settings),
    ):
        await here.connected()
        await _link_ana(here, panel)
        await _everybody_is_known(here)
        await _ask(here, panel)
        await _one_yes(here, panel)
        await until(lambda: not here.slack_has(BEN, "Yes"), "Ben's yes is shown")
        lines = panel.lines
        await here.kill()
        await expect(panel.page.get_by_text("Connection lost")).to_be_visible()
        await here.start_again()
        await panel.live()
        await expect(panel.page.get_by_text("Connection lost")).to_be_hidden()
        assert panel.lines > lines
        await _is_asked(panel, yeses=1)
        await here.discord_press("Yes")
        await _is_done(here, panel)
