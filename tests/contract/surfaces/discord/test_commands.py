"""The slash commands: what they ask goes the way of every message."""

from __future__ import annotations

from agent.command import Start, Tell, Topic
from tests.contract.surfaces.discord.lab import SURFACE, Town
from tests.fakes.discord_people import labels
from tests.fakes.discord_reading import read_message

POST = Start(template_id="chat.say", values={"message": "Hello"})


async def test_a_command_in_a_channel_is_shown_and_answered_in_its_thread(town: Town) -> None:
    done = await town.slash("errand", POST, channel=town.ops, ask="post *hello* to @everyone")
    assert done.original is not None
    assert read_message(done.original.now).text == "post *hello* to @everyone"
    thread = town.thread_of(done.original)
    await town.press("Run", on=town.with_button("Run", thread))
    assert town.lab.talk.count("runs") == 1
    assert town.lab.interpreter.texts == ["post *hello* to @everyone"]


async def test_a_command_to_the_bot_alone_is_answered_there(town: Town) -> None:
    await town.slash("errand", POST, ask="post hello")
    assert any("Hello" in one.text for one in town.read())


async def test_names_are_offered_while_they_are_typed(town: Town) -> None:
    await town.say("post hello", POST)
    await town.press("Run")
    name = str(town.lab.talk.rows("SELECT name FROM workflows")[0][0])
    offered = await town.server.complete(town.ana, "run", "name", name[:4].lower())
    assert [one["name"] for one in offered] == [name]
    assert await town.server.complete(town.ana, "run", "name", "no such name") == []
    assert await town.server.complete(town.ben, "run", "name", "") == [], "others' automations are not theirs to see"
    done = await town.slash("run", name=offered[0]["value"])
    assert town.lab.talk.count("runs") == 2
    assert done.original is not None
    assert name in read_message(done.original.now).text, "people read the name, not the id"


async def test_a_name_that_was_typed_is_a_sentence(town: Town) -> None:
    await town.slash("run", name="standup notes")
    assert town.lab.interpreter.texts == ["run standup notes"]


async def test_a_run_is_chosen_from_the_latest(town: Town) -> None:
    await town.say("post hello", POST)
    await town.press("Run")
    offered = await town.server.complete(town.ana, "runs", "run", "")
    assert len(offered) == 1
    before = len(town.read())
    await town.slash("runs", run=offered[0]["value"])
    assert len(town.read()) > before
    await town.slash("runs")
    assert town.lab.interpreter.texts[-1] == "show my runs"


async def test_automations_are_listed_with_their_buttons(town: Town) -> None:
    await town.say("post hello", POST)
    await town.press("Run")
    await town.slash("workflows", Tell(topic=Topic.WORKFLOWS))
    listed = [one for one in town.dm() if "History" in labels(one)]
    assert listed
    assert "Run now" in labels(listed[-1])
    await town.slash("approvals", Tell(topic=Topic.APPROVALS))
    assert town.lab.interpreter.texts[-1] == "what waits for my approval"


async def test_the_language_is_the_users(town: Town) -> None:
    eva = town.server.world.add_user("Eva", locale="de")
    await town.slash("errand", POST, by=eva, ask="post hello")
    async with town.lab.store.begin() as records:
        person = await records.people.by_identity(SURFACE, eva.id)
    assert person is not None
    assert (person.name, person.locale) == ("Eva", "de")
    assert person.time_zone == "Europe/Berlin", "Discord tells nobody's: it is the server's until they say theirs"
