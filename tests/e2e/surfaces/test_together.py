"""One request through all of it: made in Slack, approved in Slack and in Discord, watched on the web, run by a worker process."""

from __future__ import annotations

from pathlib import Path

import aiohttp

from tests.e2e.surfaces.town import ANA, BEN, Town, town, until
from tests.fakes.postgres import empty_postgres_url, postgres
from tests.fakes.process import Worker

__all__ = ["empty_postgres_url", "postgres"]


async def _link_ana(here: Town) -> None:
    """Whoever signed in on the web is Ana in Slack."""
    assert here.web is not None
    path = f"/api/conversations/{await here.web.start()}/messages"
    [reply] = (await here.web.post(path, json={"text": "link my account"}))["replies"]
    code = reply["parts"][0]["text"].split("**")[1]
    await here.slack.say(ANA, f"link {code}")
    await here.slack_press(ANA, "That is me, link")
    await here.slack_says(ANA, "Done. You are")


async def _everybody_is_known(here: Town) -> None:
    await here.slack.say(BEN, "what can you do?")
    await here.discord.say(here.bea, "what can you do?")
    await until(lambda: here.slack_texts(BEN), "an answer for Ben")
    await until(here.discord_messages, "an answer for Bea")


async def _ask(here: Town) -> None:
    address = f"{here.service.url}/pay"
    await here.slack.say(ANA, f"pay 500 for the new laptops to {address} after two yeses")
    await here.slack_says(ANA, "Who may approve it?")
    await here.slack.say(ANA, "Ben, Bea")
    await here.slack_press(ANA, "Run")
    await until(lambda: here.slack_has(BEN, "Yes"), f"Ben is asked: {here.slack_texts(BEN)}")
    await until(lambda: here.discord_button("Yes"), f"Bea is asked: {here.discord_text()}")


async def _is_done(here: Town) -> None:
    """One effect, and the same end wherever it is shown."""
    await until(lambda: here.service.requests, "the payment is sent")
    [run] = await until(lambda: _ended(here), "the run's card on the web")
    assert run["state"] == "succeeded"
    await here.slack_says(ANA, "answered with status 200")
    for label in ("Yes", "No"):
        await until(lambda label=label: not here.slack_has(BEN, label), f"{label} is gone in Slack")
        await until(lambda label=label: here.discord_button(label) is None, f"{label} is gone in Discord")
    [request] = here.service.requests
    assert request.json["amount"] == 500
    assert {"Ben", "Bea"} == set(request.json["approved_by"].replace(" and ", ", ").split(", "))
    [approval] = [one for one in await here.web_parts("slack", "approval") if one["state"] == "approved"][:1]
    assert {one["name"]: one["answer"] for one in approval["approvers"]} == {"Ben": "yes", "Bea": "yes"}


async def _ended(here: Town) -> list[object]:
    return [one for one in await here.web_parts("slack", "run") if one["state"] in ("succeeded", "failed")]


async def test_a_request_goes_from_slack_over_discord_to_a_worker(
    tmp_path: Path, empty_postgres_url: str, redis_url: str
) -> None:
    shared = {"DATABASE_URL": empty_postgres_url, "REDIS_URL": redis_url}
    async with (
        town(tmp_path / "data", shared) as here,
        aiohttp.ClientSession(here.served.url, cookie_jar=_jar()) as session,
    ):
        await here.connected()
        await here.sign_in(session)
        await _link_ana(here)
        await _everybody_is_known(here)
        async with Worker(here.data, here.settings):
            await _ask(here)
            await here.slack_press(BEN, "Yes")
            await here.discord_press("Yes")
            await _is_done(here)


async def test_a_bot_that_was_killed_between_card_and_click_takes_the_click(
    tmp_path: Path, empty_postgres_url: str, redis_url: str
) -> None:
    shared = {"DATABASE_URL": empty_postgres_url, "REDIS_URL": redis_url}
    async with town(tmp_path / "data", shared) as here, Worker(here.data, here.settings):
        async with aiohttp.ClientSession(here.served.url, cookie_jar=_jar()) as session:
            await here.connected()
            await here.sign_in(session)
            await _link_ana(here)
            await _everybody_is_known(here)
            await _ask(here)
            await here.slack_press(BEN, "Yes")
            await until(lambda: not here.slack_has(BEN, "Yes"), "Ben's yes is shown")
        await here.kill()
        await here.start_again()
        async with aiohttp.ClientSession(here.served.url, cookie_jar=_jar()) as session:
            await here.sign_in(session)
            await here.discord_press("Yes")
            await _is_done(here)


def _jar() -> aiohttp.CookieJar:
    return aiohttp.CookieJar(unsafe=True)
