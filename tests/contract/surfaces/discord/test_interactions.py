"""Presses, forms and commands: acknowledged at once, done once, told to whom they concern, after any restart."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

import pytest

from agent.command import ControlWorkflow, Start
from agent.inbound import Press
from agent.reply import ProposalCard
from bot.surface.arrival import Arrival
from bot.surface.intake import AcceptedArrival
from core.errors import StoreError
from store.record import Place
from tests.contract.surfaces.discord.lab import SURFACE, Town, connected, serving, until
from tests.contract.surfaces.lab import SurfaceLab
from tests.fakes.discord_people import labels
from tests.fakes.discord_reading import read_message
from tests.fakes.discord_server import DiscordServer

POST = Start(template_id="chat.say", values={"message": "Hello"})


class Broken:
    """An inbox that cannot keep what arrives."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def accept(self, _: Arrival, *, hold_s: float = 0.0) -> AcceptedArrival:
        raise self._error

    async def move(self, _: Arrival) -> None:
        raise self._error


class Slow:
    """An inbox that takes its time."""

    def __init__(self, lab: SurfaceLab, delay_s: float) -> None:
        self._intake = lab.host.intake
        self._delay_s = delay_s

    async def accept(self, arrival: Arrival, *, hold_s: float = 0.0) -> AcceptedArrival:
        await asyncio.sleep(self._delay_s)
        return await self._intake.accept(arrival, hold_s=hold_s)

    async def move(self, arrival: Arrival) -> None:
        await self._intake.move(arrival)


async def test_many_presses_at_once_are_all_acknowledged_before_anything_is_done(town: Town) -> None:
    await town.say("post hello", POST)
    card = town.with_button("Run", town.server.world.dm(town.ana.id))
    done = await asyncio.gather(*(town.server.press(town.ana, "Run", card) for _ in range(100)))
    assert all(one.answer is not None for one in done)
    assert town.lab.talk.count("runs") == 0, "nothing was done yet"
    await town.settle()
    assert town.lab.talk.count("runs") == 1


async def test_an_inbox_that_is_slow_costs_no_acknowledgement(lab: SurfaceLab, server: DiscordServer) -> None:
    services = replace(lab.host._services(SURFACE), intake=Slow(lab, 1.5))
    async with connected(server, services) as surface:
        lab.host._surfaces[SURFACE] = surface
        town = Town(lab, server)
        await town.say("post hello", POST)
        await town.press("Run")
        await until(lambda: lab.talk.count("inbox") == 2)
        await town.settle()
        assert lab.talk.count("runs") == 1


@pytest.mark.parametrize(
    ("error", "said"), [(StoreError("the disk is full"), "did not reach me"), (ValueError("a bug"), "reference")]
)
async def test_an_error_is_said_to_who_pressed_and_is_no_silence(
    lab: SurfaceLab, server: DiscordServer, error: Exception, said: str
) -> None:
    async with serving(lab, server):
        town = Town(lab, server)
        await town.say("post hello", POST)
        card = town.with_button("Run", server.world.dm(town.ana.id))
    server.gateway.sessions.clear()
    async with connected(server, replace(lab.host._services(SURFACE), intake=Broken(error))):
        done = await server.press(town.ana, "Run", card)
        await until(lambda: done.private)
    assert [said in read_message(one.now).text for one in done.private] == [True]
    assert lab.talk.count("runs") == 0


async def test_a_delivery_that_comes_again_has_one_effect(town: Town) -> None:
    message = await town.say("post hello", POST)
    await town.press("Run")
    session = next(iter(town.server.gateway.sessions.values()))
    for event in [one for one in session.log if one["t"] in ("MESSAGE_CREATE", "INTERACTION_CREATE")]:
        await town.server.gateway.replay(event)
        await town.server.gateway.replay(event)
    await town.say("help")
    assert town.lab.talk.count("runs") == 1
    assert town.lab.talk.count("inbox") == 3
    assert len([one for one in town.dm() if one.id == message.id]) == 1


async def test_of_two_who_press_at_once_one_decides_and_the_other_is_told(town: Town) -> None:
    asked = await town.say("post hello", POST, channel=town.ops, mentions=True)
    card = town.with_button("Run", town.thread_of(asked))
    one, other = await town.done(
        asyncio.gather(town.server.press(town.ana, "Run", card), town.server.press(town.ben, "Run", card))
    )
    assert town.lab.talk.count("runs") == 1
    assert one.answer is not None
    assert other.answer is not None
    told = [
        *(read_message(each.now).text for each in other.private),
        *(each.text for each in town.read(town.thread_of(asked))),
    ]
    assert any("already" in text or "Only" in text for text in told), told


async def test_a_press_of_somebody_who_may_not_is_refused_to_them_alone_where_they_pressed(town: Town) -> None:
    asked = await town.say("post hello", POST, channel=town.ops, mentions=True)
    thread = town.thread_of(asked)
    before = len(town.read(thread))
    pressed = await town.press("Run", by=town.ben, on=town.with_button("Run", thread))
    assert town.lab.talk.count("runs") == 0
    assert len(town.read(thread)) == before
    assert [one.seen_by for one in pressed.private] == [town.ben.id]


async def test_two_processes_with_one_token_decide_once(lab: SurfaceLab, server: DiscordServer) -> None:
    second = lab.second()
    async with serving(lab, server) as first_surface, serving(second, server) as second_surface:
        town = Town(lab, server)
        await until(lambda: len(server.gateway.sessions) == 2)
        await town.say("post hello", POST)
        await town.press("Run")
        missed = lambda: {**first_surface.health().missed, **second_surface.health().missed}  # noqa: E731
        await until(lambda: bool(missed()))
        await second.settle()
        assert missed() == {"40060": 1}
    assert lab.talk.count("runs") == 1
    assert lab.talk.count("inbox") == 2


async def test_an_approval_on_the_web_takes_the_buttons_away_here(town: Town) -> None:
    await town.say("post hello", POST)
    card = town.with_button("Run", town.server.world.dm(town.ana.id))
    async with town.lab.store.begin() as records:
        person = await records.people.by_identity(SURFACE, town.ana.id)
        assert person is not None
        place = Place.direct(SURFACE, town.ana.id)
        conversation = await records.conversations.by_external(SURFACE, place.key)
        assert conversation is not None
        message = (await records.conversations.messages(conversation.id))[-1]
        shown = await town.lab.talk.renderer.render(records, [message], person, town.lab.clock.now())
    proposal = next(part for reply in shown for part in reply.parts if isinstance(part, ProposalCard))
    await town.lab.on_web(Press(action=proposal.actions[0].id), person.id, conversation.id)
    await town.settle()
    assert "Run" not in labels(card)
    stale = await town.press("Run", on=card, is_stale=True)
    assert stale.answer is not None
    assert town.lab.talk.count("runs") == 1


async def test_buttons_and_open_forms_outlive_the_process(lab: SurfaceLab, server: DiscordServer) -> None:
    async with serving(lab, server):
        town = Town(lab, server)
        await town.say("post hello", POST)
        opened = await town.press("Edit")
    server.gateway.sessions.clear()
    async with serving(lab, server):
        await town.submit(opened, message="Good evening")
        assert any("Good evening" in one.text for one in town.read())
        await town.press("Run")
    assert lab.talk.count("runs") == 1


async def test_a_form_that_is_dismissed_leaves_nothing_behind(town: Town) -> None:
    await town.say("post hello", POST)
    for _ in range(3):
        opened = await town.press("Edit")
        assert opened.modal["title"]
    session = next(iter(town.server.gateway.sessions.values()))
    assert session.socket is not None
    client = town.lab.host._surfaces[SURFACE]._rest.client  # type: ignore[attr-defined]  # Discord's
    assert client._connection._view_store._modals == {}
    assert client._connection._view_store._views == {}


async def test_what_is_wrong_in_a_form_stands_at_its_field(town: Town) -> None:
    await town.say("note", Start(template_id="files.note", values={"mode": "short", "stamp": True, "at": "09:00"}))
    opened = await town.press("Edit")
    again = await town.submit(opened, at="no time at all")
    assert again.answer is not None
    reopened = await town.press(opened.modal["title"])
    said = {one["component"]["custom_id"]: one.get("description", "") for one in reopened.modal["components"]}
    assert said["at"]
    assert any("at" in one.text.lower() for one in town.read())


async def test_a_press_that_is_replayed_too_late_counts_all_the_same(lab: SurfaceLab) -> None:
    async with DiscordServer.open(ack_s=0.3) as server:
        async with serving(lab, server) as surface:
            town = Town(lab, server)
            await town.say("post hello", POST)
            card = town.with_button("Run", server.world.dm(town.ana.id))
            server.gateway.is_closed = True
            server.gateway.reset()
            await until(lambda: not server.gateway.is_connected)
            late = await server.press(town.ana, "Run", card)
            await asyncio.sleep(0.4)
            server.gateway.is_closed = False
            await town.arrived(late.id)
            await until(lambda: surface.health().missed == {"10062": 1})
            await town.settle()
        assert late.answer is None
        assert lab.talk.count("runs") == 1
        assert "Run" not in labels(card)
        assert server.gateway.resumes >= 1
        assert server.violations == []


async def test_a_button_that_we_did_not_sign_does_nothing(town: Town) -> None:
    await town.say("post hello", POST)
    card = town.with_button("Run", town.server.world.dm(town.ana.id))
    version = {"components": [{"type": 1, "id": 1, "components": []}], "flags": 1 << 15}
    forged = {"type": 2, "style": 1, "label": "x", "custom_id": "e:a:run-now:wfl_1:00000000", "id": 2}
    version["components"][0]["components"].append(forged)  # type: ignore[index]
    done = await town.server.press_id(town.ana, str(forged["custom_id"]), card, version)
    assert len(done.private) == 1
    strange = forged | {"custom_id": "somebody-elses"}
    version["components"][0]["components"] = [strange]  # type: ignore[index]
    done = await town.server.press_id(town.ana, "somebody-elses", card, version)
    assert len(done.private) == 1
    assert town.lab.talk.count("inbox") == 1


async def test_what_wants_to_be_asked_again_asks_who_pressed_alone(town: Town) -> None:
    await town.say("post hello", POST)
    await town.press("Run")
    await town.say("show it", ControlWorkflow(verb="show"))
    asking = await town.press("Delete")
    assert asking.original is not None
    assert asking.original.seen_by == town.ana.id
    assert "deleted" not in [row[0] for row in town.lab.talk.rows("SELECT state FROM workflows")]
    await town.press("Delete", on=asking.original)
    assert "deleted" in [row[0] for row in town.lab.talk.rows("SELECT state FROM workflows")]
    assert labels(asking.original) == []


async def test_a_notice_for_one_goes_to_them_alone_when_the_token_has_expired(
    lab: SurfaceLab,
) -> None:
    async with DiscordServer.open(token_s=0.3) as server:
        async with serving(lab, server):
            town = Town(lab, server)
            asked = await town.say("post hello", POST, channel=town.ops, mentions=True)
            card = town.with_button("Run", town.thread_of(asked))
            pressed = await server.press(town.ben, "Run", card)
            await asyncio.sleep(0.4)
            await town.settle()
            assert pressed.private == []
            assert len(town.read(user=town.ben)) == 1
            await town.press("Run", on=card)
            assert "Run" not in labels(card), "cards hang on no token"
        assert server.violations == []


async def test_no_secret_is_in_the_log(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await town.say("post hello", POST)
    pressed = await town.press("Run")
    assert town.server.token not in caplog.text
    assert pressed.token not in caplog.text
