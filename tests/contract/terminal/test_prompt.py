"""The prompt for people: what stands on the screen can be pressed, forms are filled in or left, and it can all be looked at again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agent.command import Connect, Start, Tell, Topic
from store.record import Identity
from tests.contract.terminal.cast import LINE, Screen, open_screen
from tests.fakes.clock import FixedClock
from tests.fakes.errand import TalkErrand
from tests.fakes.talk import ScriptedInterpreter, Talk

POST = Start(template_id="chat.say", values={"message": "Hello"})


class Terminal:
    """Ana's, and what her texts mean."""

    def __init__(self, talk: Talk, errand: TalkErrand, screen: Screen) -> None:
        self.talk = talk
        self.errand = errand
        self.screen = screen
        self.keyboard = screen.keyboard

    async def say(self, text: str, *commands: Connect | Start | Tell) -> None:
        assert isinstance(self.talk.interpreter, ScriptedInterpreter)
        self.talk.interpreter.script.append(list(commands))
        await self.keyboard.type(text)

    def numbers(self, label: str) -> list[int]:
        return [number for number, one in enumerate(self.screen._actions, 1) if one.label == label]


@pytest.fixture
async def terminal(tmp_path: Path, clock: FixedClock) -> AsyncIterator[Terminal]:
    talk = await Talk.open(tmp_path, clock)
    async with talk.store.begin() as records:
        await records.people.link(Identity(surface="terminal", external_id="ana", person_id="usr_ana"))
    errand = TalkErrand(talk, clock)
    async with open_screen(errand, "ana") as screen:
        yield Terminal(talk, errand, screen)
    await talk.store.close()


async def test_a_button_that_scrolled_up_can_still_be_pressed_and_is_answered(terminal: Terminal) -> None:
    await terminal.say("post hello", POST)
    await terminal.say("post hello again", POST)
    first, second = terminal.numbers("Run")
    assert first < second
    await terminal.keyboard.type(f"/{second}")
    await terminal.keyboard.type(f"/{second}")
    assert "already approved" in terminal.screen.paper.getvalue()
    assert terminal.talk.count("runs") == 1
    await terminal.keyboard.type(f"/{first}")
    assert terminal.talk.count("runs") == 2


async def test_a_form_is_asked_for_field_by_field_and_left_by_a_button_or_by_ctrl_c(terminal: Terminal) -> None:
    await terminal.say("post hello", POST)
    edit = terminal.numbers("Edit")[0]
    await terminal.keyboard.type(f"/{edit}")
    assert terminal.keyboard.asked.strip().startswith("Message")
    await terminal.keyboard.leave()
    assert terminal.keyboard.asked == LINE
    await terminal.keyboard.type(f"/{edit}")
    await terminal.keyboard.type("Good evening")
    while terminal.keyboard.asked != LINE:
        await terminal.keyboard.press("\r")
    assert "Good evening" in terminal.screen.paper.getvalue()
    await terminal.keyboard.type(f"/{terminal.numbers('Edit')[-1]}")
    assert terminal.keyboard.asked != LINE
    await terminal.keyboard.type(f"/{terminal.numbers('Cancel')[-1]}")
    assert terminal.keyboard.asked == LINE


async def test_a_slash_shows_everything_as_it_is_now(terminal: Terminal) -> None:
    await terminal.say("post hello", POST)
    await terminal.keyboard.type(f"/{terminal.numbers('Run')[0]}")
    start = len(terminal.screen.printed)
    await terminal.keyboard.type("/")
    looked = terminal.screen.read(start)
    assert [part.kind for one in looked for part in one.parts if part.kind != "text"] == ["proposal", "run"]
    assert terminal.numbers("Run") == [terminal.numbers("Run")[0]], "what was approved has no button any more"


async def test_what_cannot_be_taken_back_is_asked_once_more(terminal: Terminal) -> None:
    await terminal.say("post hello", POST)
    await terminal.keyboard.type(f"/{terminal.numbers('Run')[0]}")
    await terminal.say("which automations are there?", Tell(topic=Topic.WORKFLOWS))
    await terminal.keyboard.type(f"/{terminal.numbers('Show')[0]}")
    delete = f"/{terminal.numbers('Delete')[-1]}"
    await terminal.keyboard.type(delete)
    assert terminal.keyboard.asked.endswith("(y/n) › ")
    await terminal.keyboard.type("")
    assert terminal.talk.rows("SELECT state FROM workflows") == [("active",)]
    await terminal.keyboard.type(delete)
    await terminal.keyboard.type("yes")
    assert terminal.talk.rows("SELECT state FROM workflows") == [("deleted",)]


async def test_a_list_has_its_buttons_beside_its_items(terminal: Terminal) -> None:
    await terminal.say("post hello", POST)
    await terminal.keyboard.type(f"/{terminal.numbers('Run')[0]}")
    await terminal.say("which automations are there?", Tell(topic=Topic.WORKFLOWS))
    lines = [line for line in terminal.screen.paper.getvalue().splitlines() if line.startswith("• ")]
    assert lines
    assert all("   /" in line for line in lines)


async def test_the_arrow_keys_bring_back_what_was_said_but_nothing_that_a_form_took(terminal: Terminal) -> None:
    await terminal.say("connect my mail", Connect(connector="smtp"))
    asked = []
    while terminal.keyboard.asked != LINE and len(asked) < 20:
        asked.append(terminal.keyboard.asked)
        await terminal.keyboard.type("hunter22")
    assert any("password" in one.casefold() for one in asked)
    assert terminal.keyboard.default_buffer.history.get_strings() == ["connect my mail"]
