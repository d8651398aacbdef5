"""The slash commands: what they ask goes the way of every message."""

from __future__ import annotations

from dataclasses import replace

from agent.command import Start, Tell, Topic
from bot.surface.arrival import Arrival
from bot.surface.intake import AcceptedArrival
from core.errors import StoreError
from tests.contract.surfaces.discord.lab import SURFACE, Town, connected
from tests.contract.surfaces.lab import SurfaceLab
from tests.fakes.discord_people import labels
from tests.fakes.discord_reading import read_message
from tests.fakes.discord_server import DiscordServer
from tests.fakes.record import open_request

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
    assert [one["name"] for one in offered] == [name, "Post a message …"], "the automation, then the template"
    assert await town.server.complete(town.ana, "run", "name", "no such name") == []
    others = await town.server.complete(town.ben, "run", "name", "")
    assert name not in [one["name"] for one in others], "others' automations are not theirs to see"
    done = await town.slash("run", name=offered[0]["value"])
    assert town.lab.talk.count("runs") == 2
    assert done.original is not None
    assert name in read_message(done.original.now).text, "people read the name, not the id"


async def test_what_a_template_asks_for_is_a_form_at_once_whose_answer_begins_the_thread(town: Town) -> None:
    offered = await town.server.complete(town.ana, "run", "name", "post a")
    assert [one["name"] for one in offered] == ["Post a message …"]
    opened = await town.server.slash(town.ana, "run", town.ops, name=offered[0]["value"])
    assert opened.modal["title"] == "Post a message"
    done = await town.submit(opened, message="Lunch is *ready*")
    await town.arrived(done.id)
    await town.settle()
    assert done.original is not None
    assert read_message(done.original.now).text == "/run Post a message"
    [card] = town.read(town.thread_of(done.original))
    assert "Lunch is *ready*" in card.text
    assert "Run" in card.buttons
    assert town.lab.interpreter.texts == []


async def test_a_value_in_a_templates_form_that_is_wrong_is_asked_for_again(town: Town) -> None:
    opened = await town.server.slash(town.ana, "run", name="pick:mail.send")
    await town.submit(opened, to="nobody", subject="Lunch")
    assert any("Who should get it?" in one.text or "nobody" in one.text for one in town.read())
    assert "Run" not in [label for one in town.dm() for label in labels(one)]


async def test_a_template_that_is_gone_is_said_to_be(town: Town) -> None:
    before = len(town.read())
    await town.slash("run", name="pick:no.such")
    assert len(town.read()) > before
    assert town.lab.talk.count("proposals") == 0


async def test_a_templates_name_that_was_typed_is_a_form_as_well(town: Town) -> None:
    opened = await town.server.slash(town.ana, "run", name="post a")
    assert opened.modal["title"] == "Post a message"


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


class Refusing:
    """An inbox that can keep nothing."""

    async def accept(self, _: Arrival, *, hold_s: float = 0.0) -> AcceptedArrival:
        raise StoreError("the disk is full")

    async def move(self, _: Arrival) -> None:
        raise StoreError("the disk is full")


class Forgetful:
    """The inbox of a process that dies before it says in which thread a command is."""

    def __init__(self, lab: SurfaceLab) -> None:
        self._intake = lab.host.intake

    async def accept(self, arrival: Arrival, *, hold_s: float = 0.0) -> AcceptedArrival:
        return await self._intake.accept(arrival, hold_s=hold_s)

    async def move(self, _: Arrival) -> None:
        raise StoreError("gone")


async def test_a_command_that_cannot_be_kept_is_not_acknowledged_as_if_it_were(
    lab: SurfaceLab, server: DiscordServer
) -> None:
    async with connected(server, replace(lab.host._services(SURFACE), intake=Refusing())):
        town = Town(lab, server)
        done = await server.slash(town.ana, "errand", town.ops, ask="post hello")
    assert done.original is not None
    assert done.original.seen_by == town.ana.id
    assert "did not reach me" in read_message(done.original.now).text


async def test_a_command_whose_process_died_before_its_thread_was_known_is_answered_alone(
    lab: SurfaceLab, server: DiscordServer
) -> None:
    async with connected(server, replace(lab.host._services(SURFACE), intake=Forgetful(lab))) as surface:
        lab.host._surfaces[SURFACE] = surface
        town = Town(lab, server)
        lab.means(POST)
        await town.done(server.slash(town.ana, "errand", town.ops, ask="post hello"))
        assert town.read() == [], "it waits for its thread"
        lab.clock.move(10)
        await town.settle()
        assert any("Hello" in one.text for one in town.read())
    assert lab.talk.count("inbox") == 1


async def test_one_of_what_waits_for_an_approval_is_chosen_from_a_list(town: Town) -> None:
    await town.say("post hello", POST)
    await town.press("Run")
    for number, prompt in enumerate(("Pay Acme?", "Pay Umbrella?\nIt is late."), 1):
        await _asks(town, f"apr_{number}", prompt)
    offered = await town.server.complete(town.ana, "approvals", "request", "pay")
    assert [one["name"] for one in offered] == ["Pay Acme?", "Pay Umbrella?"]
    assert await town.server.complete(town.ben, "approvals", "request", "") == []
    before = len(town.read())
    await town.slash("approvals", request=offered[1]["value"])
    shown = " ".join(one.text for one in town.read()[before:])
    assert "Pay Umbrella?" in shown
    assert "Pay Acme?" not in shown


async def _asks(town: Town, request_id: str, prompt: str) -> None:
    """An approval step of Ana's run asks her."""
    async with town.lab.store.begin() as records:
        ana = await records.people.by_identity(SURFACE, town.ana.id)
        assert ana is not None
        [run] = await records.runs.of_person(ana.id, limit=1)
        request = open_request(request_id, prompt, run=run, by=ana.id, to=ana.id, at=town.lab.clock.now())
        assert await records.approval_requests.add(request)
