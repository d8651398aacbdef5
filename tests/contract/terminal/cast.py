"""Plays dialogues in the terminal: people type at the real prompt, and what was printed is read back and compared with what was meant."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from io import StringIO
from pathlib import Path
from typing import Any

from prompt_toolkit import PromptSession
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import DummyOutput
from pydantic import JsonValue
from rich.console import Console

from agent.inbound import Press, Submit, Text
from agent.reply import ApprovalCard, FormPart, Part, ProposalCard, Reply, RunCard, TracePart, WorkflowCard
from bot.terminal.prompt import Prompt
from bot.terminal.talk import Talk as TerminalTalk
from bot.terminal.talk import TerminalServices, begin_talk
from store.record import Identity
from tests.contract.web.cast import WebCast, files_in, open_web_cast
from tests.dialogue_runner import ScriptedDialogue
from tests.dialogue_stage import gather_people, perform
from tests.fakes.clock import FixedClock
from tests.fakes.errand import TalkErrand
from tests.fakes.talk import Talk
from tests.fakes.terminal_reading import read_screen
from tests.fakes.workers import Workers
from tests.transcript import Transcript, assert_reads, transcript_of

WIDE = 400
LINE = "you › "


class Keyboard(PromptSession[str]):
    """A prompt at which a test types. It knows what is asked now."""

    def __init__(self, keys: PipeInput) -> None:
        super().__init__(input=keys, output=DummyOutput())
        self._keys = keys
        self._asks = asyncio.Event()
        self.asked = self.default = ""

    async def prompt_async(self, message: str, *, default: str = "", **more: Any) -> str:  # type: ignore[override]
        self.asked, self.default = message, default
        self._asks.set()
        return await super().prompt_async(message, default=default, **more)

    async def press(self, keys: str) -> None:
        """Press keys that end what is asked, and wait until something is asked again."""
        self._asks.clear()
        self._keys.send_text(keys)
        async with asyncio.timeout(10):
            await self._asks.wait()

    async def type(self, text: str) -> None:
        """Type a line instead of what stands there."""
        pasted = f"\x1b[200~{text}\x1b[201~" if "\n" in text else text
        cleared = "\x15" + "\x7f\x15" * self.default.count("\n")
        await self.press(f"\x05{cleared}{pasted}\r")

    async def leave(self) -> None:
        """Ctrl-C."""
        await self.press("\x03")

    def end(self) -> None:
        """Ctrl-D on an empty line."""
        self._keys.send_text("\x04")


class Screen(Prompt):
    """Somebody's terminal. `printed` is each message as it was printed, with its buttons, in that order."""

    def __init__(self, talk: TerminalTalk, keyboard: Keyboard) -> None:
        self.paper = StringIO()
        super().__init__(talk, keyboard, Console(file=self.paper, width=WIDE))
        self.talk = talk
        self.keyboard = keyboard
        self.printed: list[Reply] = []
        self._texts: list[str] = []

    def show(self, replies: Sequence[Reply]) -> None:
        for reply in replies:
            start = self.paper.tell()
            super().show([reply])
            self.printed.append(reply)
            self._texts.append(self.paper.getvalue()[start:])

    def read(self, start: int = 0) -> list[Reply]:
        """What was printed since, once it is sure that it can be read there so."""
        for reply, text in zip(self.printed[start:], self._texts[start:], strict=True):
            read = read_screen(text)
            assert_reads(read, reply.parts, besides=[word for part in reply.parts for word in _words(part)])
            assert read.buttons == _buttons(reply.parts)
        return self.printed[start:]

    def number_of(self, action_id: str) -> int:
        found = [number for number, one in enumerate(self._actions, 1) if one.id == action_id]
        assert found, f"no button {action_id} on the screen"
        return found[-1]

    def form(self, action: str) -> FormPart | None:
        forms = [part for reply in self.printed for part in reply.parts if isinstance(part, FormPart)]
        return next((form for form in reversed(forms) if form.action == action), None)


@asynccontextmanager
async def open_screen(errand: TalkErrand, user: str) -> AsyncIterator[Screen]:
    services = TerminalServices(
        store=errand.store,
        bus=errand.bus,
        clock=errand.clock,
        time_zone="UTC",
        answer=errand.answer,
        render=errand.render,
    )
    with create_pipe_input() as keys:
        keyboard = Keyboard(keys)
        screen = Screen(await begin_talk(services, user), keyboard)
        running = asyncio.create_task(screen.run())
        async with asyncio.timeout(10):
            await keyboard._asks.wait()
        yield screen
        if keyboard.asked != LINE:
            await keyboard.leave()
        keyboard.end()
        await running


class TerminalCast:
    """Who begins is at a terminal; all others are in the web panel, since a terminal is nothing that they could be asked in."""

    def __init__(self, errand: TalkErrand, screen: Screen, elsewhere: WebCast, workers: Workers) -> None:
        self._errand = errand
        self._screen = screen
        self._elsewhere = elsewhere
        self._workers = workers

    async def send(self, content: Text | Press | Submit, by: str) -> list[Reply]:
        if by:
            return await self._elsewhere.send(content, by)
        screen = self._screen
        known, start = {one.message_id for one in screen.printed}, len(screen.printed)
        match content:
            case Text(text=text):
                await self._type(text)
            case Press(action=action):
                await self._type(f"/{screen.number_of(action)}")
                if screen.keyboard.asked.endswith("(y/n) › "):
                    await screen.keyboard.type("y")
            case Submit(action=action, fields=fields):
                await self._submit(action, fields)
        await self._errand.bus.settle()
        return [one for one in screen.read(start) if one.message_id not in known]

    async def look(self, by: str, later_s: float) -> list[Reply]:
        if by:
            return await self._elsewhere.look(by, later_s)
        await self._workers.work(later_s)
        await self._errand.bus.settle()
        start = len(self._screen.printed)
        await self._type("/")
        return self._screen.read(start)

    async def _type(self, text: str) -> None:
        if self._screen.keyboard.asked != LINE:
            await self._screen.keyboard.leave()
        await self._screen.keyboard.type(text)

    async def _submit(self, action: str, fields: dict[str, JsonValue]) -> None:
        screen = self._screen
        form = screen.form(action)
        if form is None:  # an account that is there before the dialogue begins
            await screen.talk.send(Submit(action=action, fields=fields))
            return
        for item in form.fields:
            assert screen.keyboard.asked.strip().startswith(item.label), f"{screen.keyboard.asked} is asked"
            value = fields[item.name]
            if value == item.value:
                await screen.keyboard.press("\r")
            else:
                await screen.keyboard.type("" if value is None else str(value))


async def play_in_the_terminal(
    dialogue: ScriptedDialogue, talk: Talk, clock: FixedClock, folder: Path
) -> list[Transcript]:
    errand = TalkErrand(talk, clock)
    await gather_people(dialogue, talk)
    async with talk.store.begin() as records:
        await records.people.link(Identity(surface="terminal", external_id="ana", person_id="usr_ana"))
    workers = Workers(talk, clock, errand.bus, files_in(folder))
    async with open_web_cast(errand, workers, folder) as elsewhere, open_screen(errand, "ana") as screen:
        cast = TerminalCast(errand, screen, elsewhere, workers)
        return await perform(dialogue, talk, send=cast.send, look=cast.look)


def _words(part: Part) -> list[str]:
    """A card's fixed words, and the signs between them."""
    if not isinstance(part, ApprovalCard | ProposalCard | RunCard | TracePart | WorkflowCard):
        return []
    return [word.partition("{")[0] for word in part.words.values()] + ["(", ")", ","]


def _buttons(parts: Sequence[Part]) -> tuple[str, ...]:
    """A form is asked for at once: there is no button that opens it."""
    forms = {part.title for part in parts if isinstance(part, FormPart)}
    return tuple(" ".join(one.split()) for one in transcript_of(parts).buttons if one not in forms)
