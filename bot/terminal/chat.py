"""`errand chat`: a prompt for people, or JSON lines for programs. Joins the serving process where there is one."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from prompt_toolkit import PromptSession
from prompt_toolkit.patch_stdout import patch_stdout
from pydantic import JsonValue
from rich.console import Console

from agent.inbound import Press, Submit, Text
from agent.reply import FormPart, Reply
from bot.app import App, open_app
from bot.data_folder import prepare, serving
from bot.library import read_library
from bot.redis_server import RedisServer
from bot.terminal.talk import Talk, begin_talk, is_settled_run
from bot.terminal.view import actions_of, show
from core.errors import InvalidValueError
from core.settings import Settings
from worker.task import end

_SETTLE_S = 60.0


async def chat(settings: Settings, *, as_json: bool) -> None:
    """Talk until the input ends."""
    async with _open(settings) as app:
        talk = await begin_talk(app)
        await (_lines(talk) if as_json else _prompt(talk))


@asynccontextmanager
async def _open(settings: Settings) -> AsyncIterator[App]:
    """Open the app: beside the process that serves this data folder, or with a Redis and a worker of its own."""
    prepare(settings.data)
    library = read_library(settings)
    async with AsyncExitStack() as stack:
        other = serving(settings.data)
        redis_url = settings.redis_url or (other.redis_url if other else "")
        if not redis_url:
            server = RedisServer()
            redis_url = await server.start()
            stack.push_async_callback(server.stop)
        url = other.url if other else settings.public_url
        app = await stack.enter_async_context(open_app(settings, library, redis_url=redis_url, public_url=lambda: url))
        warming = asyncio.create_task(app.warm_up(), name="warm up")
        stack.push_async_callback(end, [warming])
        if other is None:
            await app.worker.start()
            stack.push_async_callback(app.worker.stop, 5.0)
        yield app


async def _lines(talk: Talk) -> None:
    """One JSON line out for each line in; runs that go on are followed to their end before the next line."""
    async with talk.app.ground.wake.bus.subscribe() as events:
        while line := await asyncio.to_thread(sys.stdin.readline):
            if not line.strip():
                continue
            try:
                replies = await talk.send(_content(line))
            except InvalidValueError as error:
                _print({"error": error.message})
                continue
            updates = await talk.settle(events, _SETTLE_S)
            _print({"replies": [_json(reply) for reply in replies], "updates": [_json(reply) for reply in updates]})


def _content(line: str) -> Text | Press | Submit:
    """Read a line: `{"text"}`, `{"action"}`, `{"form": {"action", "fields"}}`, or plain text."""
    if not line.lstrip().startswith("{"):
        return Text(text=line.rstrip("\n"))
    try:
        value = json.loads(line)
    except ValueError as error:
        raise InvalidValueError(f"This line is not JSON: {error}") from error
    match value:
        case {"text": str(text)}:
            return Text(text=text)
        case {"action": str(action)}:
            return Press(action=action)
        case {"form": {"action": str(action), "fields": dict(fields)}}:
            return Submit(action=action, fields=fields)
        case _:
            raise InvalidValueError("A line holds exactly one of text, action and form.")


def _json(reply: Reply) -> JsonValue:
    value: JsonValue = reply.model_dump(mode="json")
    return value


def _print(value: JsonValue) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()


async def _prompt(talk: Talk) -> None:
    console = Console()
    session: PromptSession[str] = PromptSession()
    console.print("Write what you want done. /1 presses a button, Ctrl-D ends.", style="dim")
    with patch_stdout(raw=True):
        watching = asyncio.create_task(_watch(talk, console))
        try:
            while True:
                with suppress(KeyboardInterrupt):
                    await _turn(talk, session, console)
        except EOFError:
            pass
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)


async def _turn(talk: Talk, session: PromptSession[str], console: Console) -> None:
    typed = (await session.prompt_async("you › ")).strip()
    if not typed:
        return
    content = _pressed(talk, typed) or Text(text=typed)
    replies = await talk.send(content)
    while replies:
        _show(console, replies)
        form = next((part for reply in replies for part in reply.parts if isinstance(part, FormPart)), None)
        if form is None:
            return
        replies = await talk.send(await _filled(form, session, console))


def _pressed(talk: Talk, typed: str) -> Press | None:
    """`/2` presses the second button of the newest message that has any."""
    if not (typed.startswith("/") and typed[1:].isdigit()):
        return None
    for reply in sorted(talk.shown.values(), key=lambda reply: -reply.seq):
        if actions := actions_of(reply.parts):
            number = int(typed[1:])
            return Press(action=actions[number - 1].id) if 1 <= number <= len(actions) else None
    return None


async def _filled(form: FormPart, session: PromptSession[str], console: Console) -> Submit:
    """Ask for each field; secrets are not echoed, and nothing of it becomes a message."""
    console.print(form.title, style="bold")
    fields: dict[str, JsonValue] = {}
    for item in form.fields:
        if item.error:
            console.print(item.error, style="red", markup=False)
        label = f"  {item.label}{'' if item.is_required else ' (optional)'}: "
        default = "" if item.input == "password" else _typed(item.value)
        answer = await session.prompt_async(label, default=default, is_password=item.input == "password")
        fields[item.name] = answer.strip() or None
    return Submit(action=form.action, fields=fields)


def _typed(value: JsonValue) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _show(console: Console, replies: list[Reply]) -> None:
    for reply in replies:
        console.print(show(reply.parts))


async def _watch(talk: Talk, console: Console) -> None:
    """Print what comes while nobody types: new messages, and runs that ended or wait for somebody."""
    async with talk.app.ground.wake.bus.subscribe() as events:
        async for event in events:
            known = set(talk.shown)
            changed = await talk.changes(event)
            _show(console, [reply for reply in changed if reply.message_id not in known or is_settled_run(reply)])
