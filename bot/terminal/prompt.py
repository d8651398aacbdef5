"""The terminal for people: asks for a line, shows what is answered, presses buttons by number, fills in forms field by field."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from prompt_toolkit import PromptSession
from prompt_toolkit.history import InMemoryHistory
from pydantic import JsonValue
from rich.console import Console

from agent.inbound import Press, Submit, Text
from agent.reply import Action, FormField, FormPart, Reply, actions_of
from bot.terminal.talk import Talk, is_settled_run
from bot.terminal.view import show

_HINT = (
    "Write what you want done. /1 presses a button, / shows everything as it is now, Ctrl-C leaves a form, Ctrl-D ends."
)


class Said(InMemoryHistory):
    """The lines said to Errand, which the arrow keys bring back: nothing that was typed into a form is among them."""

    def append_string(self, string: str) -> None:
        """The prompt offers whatever was typed; what was said is kept by `keep`."""

    def keep(self, line: str) -> None:
        super().append_string(line)


class Prompt:
    """One conversation on one screen. What was printed stays there, so buttons are numbered through: each can be pressed."""

    def __init__(self, talk: Talk, session: PromptSession[str], console: Console) -> None:
        self._talk = talk
        self._session = session
        self._console = console
        self._actions: list[Action] = []
        self._turn = asyncio.Lock()
        self._said = Said()
        session.default_buffer.history = self._said

    async def run(self) -> None:
        """Talk until the input ends."""
        self._console.print(_HINT, style="dim")
        watching = asyncio.create_task(self._watch())
        try:
            while True:
                with suppress(KeyboardInterrupt):
                    await self._take_turn()
        except EOFError:
            pass
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

    def show(self, replies: list[Reply]) -> None:
        """Print messages, each with its buttons."""
        for reply in replies:
            self._console.print(show(reply.parts, len(self._actions) + 1))
            self._actions += [action for part in reply.parts for action in actions_of(part)]

    async def _take_turn(self) -> None:
        typed = (await self._session.prompt_async("you › ", is_password=False)).strip()
        if typed == "/":
            self.show(await self._talk.look())
        elif action := self._numbered(typed):
            await self._press(action)
        elif typed:
            self._said.keep(typed)
            await self._send(Text(text=typed))

    def _numbered(self, typed: str) -> Action | None:
        """`/2` is the second button on the screen."""
        number = int(typed[1:]) if typed.startswith("/") and typed[1:].isdecimal() else 0
        return self._actions[number - 1] if 1 <= number <= len(self._actions) else None

    async def _press(self, action: Action) -> None:
        if action.confirm and not await self._confirms(action.confirm):
            return
        await self._send(Press(action=action.id))

    async def _confirms(self, question: str) -> bool:
        answer = await self._session.prompt_async(f"{question} (y/n) › ", is_password=False)
        return answer.strip().casefold() in {"y", "yes"}

    async def _send(self, content: Text | Press | Submit) -> None:
        # What this turn changes is heard of before it returns: whoever watches waits, and then knows what was shown.
        async with self._turn:
            replies = await self._talk.send(content)
            self.show(replies)
        form = next((part for reply in replies for part in reply.parts if isinstance(part, FormPart)), None)
        if form is not None:
            await self._fill(form)

    async def _fill(self, form: FormPart) -> None:
        """Ask for each field; secrets are not echoed, and nothing of it becomes a message. A button can be pressed instead."""
        self._console.print(form.title, style="bold")
        fields: dict[str, JsonValue] = {}
        for item in form.fields:
            answer = await self._ask(item)
            if action := self._numbered(answer):
                return await self._press(action)
            fields[item.name] = answer or None
        return await self._send(Submit(action=form.action, fields=fields))

    async def _ask(self, item: FormField) -> str:
        label = f"  {item.label}{'' if item.is_required else ' (optional)'}: "
        is_secret = item.input == "password"
        default = "" if is_secret else _typed(item.value)
        return (await self._session.prompt_async(label, default=default, is_password=is_secret)).strip()

    async def _watch(self) -> None:
        """Print what comes while nobody types: new messages, and runs that ended or wait for somebody."""
        async with self._talk.services.bus.subscribe() as events:
            async for event in events:
                async with self._turn:
                    known = set(self._talk.shown)
                    changed = await self._talk.changes(event)
                    self.show([one for one in changed if one.message_id not in known or is_settled_run(one)])


def _typed(value: JsonValue) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)
