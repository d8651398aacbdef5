"""Plays dialogues in the web panel's own way: sessions of several people over HTTP, each with a cookie, and what the panel is given to show."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from agent.inbound import Press, Submit, Text
from agent.reply import PARTS, ChoicesPart, FormPart, Part, Reply, RunCard, TextPart
from tests.dialogue_runner import ScriptedDialogue, sample
from tests.dialogue_stage import gather_people, perform
from tests.fakes.clock import FixedClock
from tests.fakes.errand import TalkErrand
from tests.fakes.talk import Talk
from tests.fakes.web_reading import words_of
from tests.fakes.web_server import Client, WebServer, serve_web
from tests.fakes.workers import Workers
from tests.transcript import Transcript, bare, plain
from tools.files import FolderFiles


class WebCast:
    """Several people, each signed in, and workers that work when somebody looks."""

    def __init__(self, server: WebServer, workers: Workers, stack: AsyncExitStack) -> None:
        self._server = server
        self._workers = workers
        self._stack = stack
        self._clients: dict[str, Client] = {}

    async def send(self, content: Text | Press | Submit, by: str) -> list[Reply]:
        client = await self._client(by)
        if isinstance(content, Text):
            for file in content.files:
                stored = await client.post("/api/files", params={"name": file.name}, data=sample(file.name), expect=201)
                assert stored == {"path": file.path}
        answer = await client.post(f"{await _place(client)}/messages", json=_body(content))
        return [_read(one) for one in answer["replies"]]

    async def look(self, by: str, later_s: float) -> list[Reply]:
        await self._workers.work(later_s)
        client = await self._client(by)
        found = await client.get(f"{await _place(client)}/messages")
        return [_read(one) for one in found["messages"] if one["author"] == "errand"]

    async def _client(self, by: str) -> Client:
        account = f"usr_{by.lower() or 'ana'}"
        if account not in self._clients:
            signing_in = self._server.signed_in(account, zone="UTC")
            self._clients[account] = await self._stack.enter_async_context(signing_in)
        return self._clients[account]


@asynccontextmanager
async def open_web_cast(errand: TalkErrand, workers: Workers, folder: Path) -> AsyncIterator[WebCast]:
    async with (
        serve_web(
            folder,
            store=errand.store,
            bus=errand.bus,
            clock=errand.clock,
            handle_turn=errand.answer,
            render=errand.render,
        ) as server,
        AsyncExitStack() as stack,
    ):
        yield WebCast(server, workers, stack)


def files_in(folder: Path) -> FolderFiles:
    """Its files folder, as workers see it."""
    return FolderFiles(folder / "files", 1_000_000)


async def play_on_the_web(dialogue: ScriptedDialogue, talk: Talk, clock: FixedClock, folder: Path) -> list[Transcript]:
    errand = TalkErrand(talk, clock)
    await gather_people(dialogue, talk)
    workers = Workers(talk, clock, errand.bus, files_in(folder))
    async with open_web_cast(errand, workers, folder) as cast:
        return await perform(dialogue, talk, send=cast.send, look=cast.look)


async def _place(client: Client) -> str:
    """The newest conversation; one is begun where there is none."""
    found = (await client.get("/api/conversations"))["conversations"]
    return f"/api/conversations/{found[0]['id'] if found else await client.start()}"


def _body(content: Text | Press | Submit) -> dict[str, Any]:
    match content:
        case Text(text=text, files=files):
            return {"text": text, "files": [file.path for file in files]}
        case Press(action=action):
            return {"action": action}
        case Submit(action=action, fields=fields):
            return {"form": {"action": action, "fields": fields}}


def _read(message: dict[str, Any]) -> Reply:
    """The message, once it is sure that its HTML says what its Markdown says."""
    parts = PARTS.validate_python(message["parts"])
    for part in parts:
        html, markdown = _texts(part)
        assert bare(words_of(html)) == bare(plain(markdown))
    return Reply(message_id=message["message_id"], seq=message["seq"], parts=parts)


def _texts(part: Part) -> tuple[str, str]:
    if isinstance(part, TextPart | ChoicesPart | FormPart):
        return part.html, part.text
    return (part.result_html, part.result) if isinstance(part, RunCard) else ("", "")
