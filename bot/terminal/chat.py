"""`errand chat`: opens what a terminal needs, beside the serving process where there is one; and JSON lines for programs."""

from __future__ import annotations

import asyncio
import getpass
import json
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from prompt_toolkit import PromptSession
from prompt_toolkit.patch_stdout import patch_stdout
from pydantic import JsonValue
from rich.console import Console

from agent.inbound import Press, Submit, Text
from agent.reply import Reply
from bot.app import App, open_app
from bot.data_folder import prepare, serving
from bot.library import read_library
from bot.redis_server import RedisServer
from bot.terminal.prompt import Prompt
from bot.terminal.talk import Talk, TerminalServices, begin_talk
from core.errors import InvalidValueError
from core.settings import Settings
from worker.task import end

_SETTLE_S = 60.0


async def chat(settings: Settings, *, as_json: bool) -> None:
    """Talk until the input ends."""
    async with _open(settings) as app:
        services = TerminalServices(
            store=app.store,
            bus=app.ground.wake.bus,
            clock=app.clock,
            time_zone=app.ground.time_zone,
            answer=app.answer,
            render=app.render,
        )
        talk = await begin_talk(services, getpass.getuser())
        if as_json:
            await _lines(talk)
        else:
            with patch_stdout(raw=True):
                await Prompt(talk, PromptSession(), Console()).run()


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
    async with talk.services.bus.subscribe() as events:
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
