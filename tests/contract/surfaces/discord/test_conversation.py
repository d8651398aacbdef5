"""Discord's adapter on the fake Discord, with the real conversation behind it."""

from __future__ import annotations

from agent.command import Start
from tests.contract.surfaces.discord.lab import Town
from tests.fakes.discord_people import labels

POST = Start(template_id="chat.say", values={"message": "Hello"})


async def test_a_direct_message_becomes_a_card_a_yes_and_a_run(town: Town) -> None:
    await town.say("post hello", POST)
    card = town.with_button("Run", town.server.world.dm(town.ana.id))
    assert "Hello" in town.read()[-1].text
    await town.press("Run")
    assert town.lab.talk.count("runs") == 1
    assert "Run" not in labels(card), "the card is settled in place"
    await town.work()
    assert any("Done" in one.text for one in town.read())


async def test_a_mention_is_answered_in_a_thread_of_its_own(town: Town) -> None:
    message = await town.say("post hello", POST, channel=town.ops, mentions=True)
    thread = town.thread_of(message)
    assert any("Hello" in one.text for one in town.read(thread))
    assert town.read(town.ops) == []
    await town.press("Run", on=town.with_button("Run", thread))
    await town.say("and again", POST, channel=thread, mentions=True)
    assert len([one for one in town.read(thread) if "Hello" in one.text]) > 1
    assert len([one for one in town.server.world.channels.values() if one.kind == 11]) == 1
