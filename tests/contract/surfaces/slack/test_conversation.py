"""People in Slack talk with Errand: alone, in channels and threads, with cards, buttons and forms."""

from __future__ import annotations

from agent.command import Start
from tests.contract.surfaces.slack.lab import SlackLab

MENTION = "<@UBOT>"
POST = Start(template_id="chat.say", values={"message": "Hello"})
MAIL = Start(template_id="mail.send", values={"to": ["ana@acme.example"], "subject": "Notes"})


async def test_a_wish_is_a_card_and_a_yes_is_a_run_that_the_same_card_shows(lab: SlackLab) -> None:
    await lab.say("post hello", POST)
    [card] = lab.read()
    assert "Post a message" in card
    await lab.press("Run")
    card, run = lab.read()
    assert "Approved" in card
    assert "Run\n" not in card
    assert "Starting" in run
    await lab.work()
    card, run = lab.read()
    assert "Done" in run
    assert "✅ Post a message" in run
    assert "Stop" not in run


async def test_a_mention_is_answered_in_the_thread_that_it_begins(lab: SlackLab) -> None:
    ts = await lab.say(f"{MENTION} post hello", POST, channel="C1")
    await lab.press("Run", channel="C1")
    await lab.work()
    written = [one for one in lab.slack.channels["C1"].messages if one.bot_id]
    assert len(written) == 2
    assert {one.thread_ts for one in written} == {ts}
    assert lab.interpreter.texts == ["post hello"]


async def test_a_form_opens_at_the_press_that_asked_for_it(lab: SlackLab) -> None:
    await lab.say("post hello", POST)
    await lab.press("Edit")
    view = await lab.slack.modal("U1")
    [message] = [one for one in view["blocks"] if one.get("block_id") == "field:message"]
    assert message["element"]["initial_value"] == "Hello"
    assert await lab.slack.submit("U1", message="Good morning") == {}
    await lab.settle()
    assert "Good morning" in lab.read()[-1]
