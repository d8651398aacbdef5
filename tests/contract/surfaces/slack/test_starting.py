"""`/run`: a template's parameters are a modal at once, a list offers what there is, and everything else is a sentence."""

from __future__ import annotations

import asyncio

import pytest

from agent.command import Start
from tests.contract.surfaces.slack.lab import SlackLab

POST = Start(template_id="chat.say", values={"message": "Hello"})


async def saved(lab: SlackLab) -> str:
    """An automation of U1's; returns its name."""
    await lab.say("post hello", POST)
    await lab.press("Run")
    return str(lab.talk.rows("SELECT name FROM workflows")[0][0])


@pytest.mark.parametrize("name", ["Post a message", "post  a MESSAGE", "post a"])
async def test_a_templates_name_opens_what_it_asks_for_at_once(lab: SlackLab, name: str) -> None:
    assert await lab.slack.command("U1", "/run", name, channel="C1") is not None
    view = await lab.slack.modal("U1")
    assert view["title"]["text"] == "Post a message"
    assert await lab.slack.submit("U1", message="Lunch is *ready*") == {}
    await lab.settle()
    [card] = lab.read()
    assert "Lunch is" in card
    assert lab.interpreter.texts == []
    await lab.press("Run")
    assert lab.talk.count("runs") == 1


async def test_what_is_wrong_stands_at_its_field_and_nothing_is_taken_in(lab: SlackLab) -> None:
    await lab.slack.command("U1", "/run", "Send an e-mail")
    errors = await lab.slack.submit("U1", to="nobody", subject="Lunch")
    assert list(errors) == ["to"]
    assert errors["to"]
    assert lab.talk.count("inbox") == 0
    assert await lab.slack.submit("U1", to="ben@acme.example", subject="Lunch", body="At noon") == {}
    await lab.settle()
    assert lab.talk.count("inbox") == 1


async def test_without_a_name_there_is_a_list_to_pick_from(lab: SlackLab) -> None:
    name = await saved(lab)
    await lab.slack.command("U1", "/run")
    offered = await lab.slack.suggest("U1", name[:6].lower())
    assert [one["text"]["text"] for one in offered] == [name, "Post a message …"], "the automation, then the template"
    assert await lab.slack.suggest("U1", "no such thing") == []
    assert await lab.slack.submit("U1", which=offered[1]) == {}
    view = await lab.slack.modal("U1")
    assert view["title"]["text"] == "Post a message", "the same modal goes on with the form"
    assert await lab.slack.submit("U1", message="Lunch") == {}
    await lab.settle()
    assert "Lunch" in lab.read()[-1]


async def test_an_automation_that_is_picked_runs(lab: SlackLab) -> None:
    name = await saved(lab)
    await lab.slack.command("U1", "/run")
    [one] = await lab.slack.suggest("U1", name)
    assert await lab.slack.submit("U1", which=one) == {}
    await lab.settle()
    assert lab.talk.count("runs") == 2


async def test_an_automations_whole_name_runs_it_and_a_part_of_it_is_a_sentence(lab: SlackLab) -> None:
    name = await saved(lab)
    await lab.slack.command("U1", "/run", name)
    await lab.settle()
    assert lab.talk.count("runs") == 2
    assert lab.interpreter.texts == ["post hello"]
    await lab.slack.command("U1", "/run", name.rpartition(" ")[2])
    await lab.settle()
    assert lab.interpreter.texts[1:] == [f"run {name.rpartition(' ')[2]}"]


async def test_nobody_is_offered_what_is_somebody_elses(lab: SlackLab) -> None:
    name = await saved(lab)
    await lab.slack.command("U2", "/run")
    assert name not in [one["text"]["text"] for one in await lab.slack.suggest("U2", "")]


async def test_a_modal_that_comes_too_late_is_answered_as_a_sentence(lab: SlackLab) -> None:
    lab.slack.trigger_ttl_s = 0.0
    await lab.slack.command("U1", "/run", "Post a message")
    async with asyncio.timeout(5):
        while not lab.talk.count("inbox"):
            await asyncio.sleep(0.005)
    await lab.settle()
    assert lab.interpreter.texts == ["run Post a message"]
