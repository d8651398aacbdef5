"""The web surface on a real socket and a real SQLite, with a scripted conversation behind it."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiohttp
import uvicorn
from cryptography.fernet import Fernet

from agent import handing
from agent.inbound import Inbound, Press, Submit, Text
from agent.reply import PARTS, Part, Reply, TracePart
from bot.web.app import create_web
from bot.web.service import WebServices
from bot.web.session import make_login_link
from catalog.workflow import Template
from core.clock import SystemClock
from core.ids import new_id
from core.rate import Rate
from store.port import Event, Store
from store.record import (
    Author,
    Card,
    Delivery,
    JsonObject,
    Message,
    Person,
    Shows,
)
from store.sql.migrate import migrate
from store.sql.store import SqlStore
from store.vault import Vault
from tests.fakes.bus import LocalBus
from tests.fakes.hooks import Hooks
from tools.files import FolderFiles
from worker.resume import Resumes
from worker.webhook import Webhooks

Answer = list[JsonObject]
Script = Callable[["ScriptedTurns", Inbound], Answer | BaseException]


@dataclass
class Limiter:
    """Allows everything, until `wait_s` is set."""

    wait_s: float = 0.0
    asked: list[tuple[str, Rate]] = field(default_factory=list)

    async def allow(self, key: str, rate: Rate) -> float:
        self.asked.append((key, rate))
        return self.wait_s


@dataclass
class ScriptedTurns:
    """Takes turns as the agent does (delivery kept, messages in the log, events published), but answers by script.

    `script` gets the inbound and returns the parts of the reply, or an error to raise. `shown` holds what a reference
    looks like now, by id. `gate` holds a turn until it is set.
    """

    store: Store
    bus: LocalBus
    script: Script = field(default=lambda turns, inbound: [say(f"You said: {said(inbound)}")])
    shown: dict[str, JsonObject] = field(default_factory=dict)
    taken: list[Inbound] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    async def handle(self, inbound: Inbound) -> list[Reply]:
        await self.gate.wait()
        async with self.store.begin() as records:
            if known := await records.conversations.delivery(inbound.surface, inbound.delivery_id):
                messages = [await records.conversations.message(one) for one in known.message_ids]
                return self._replies([message for message in messages if message])
        self.taken.append(inbound)
        answer = self.script(self, inbound)
        if isinstance(answer, BaseException):
            raise answer
        written = await self._write(inbound, answer)
        await self.bus.publish(*(Event(conversation_id=one.conversation_id, message_id=one.id) for one in written))
        return self._replies([one for one in written if one.author is Author.ERRAND])

    async def render(self, messages: list[Message], person: Person) -> list[Reply]:
        return self._replies(messages)

    async def trace(self, run_id: str, person: Person) -> TracePart | None:
        part = self.shown.get(f"{person.id}:{run_id}")
        return TracePart.model_validate(part) if part else None

    async def post(self, conversation_id: str, *parts: JsonObject) -> Message:
        """A message of Errand's that no turn led to, e.g. of a run."""
        async with self.store.begin() as records:
            conversation = await records.conversations.get(conversation_id)
            assert conversation
            message = await self._append(records, conversation_id, Author.ERRAND, list(parts), conversation.person_id)
        await self.bus.publish(Event(conversation_id=conversation_id, message_id=message.id))
        return message

    async def change(self, subject: Shows, subject_id: str, shown: JsonObject) -> None:
        """Something that is shown changed; whoever shows it is told."""
        self.shown[subject_id] = shown
        ids = {"run_id": subject_id} if subject is Shows.RUN else {"workflow_id": subject_id}
        await self.bus.publish(Event(conversation_id="", **ids))

    async def _write(self, inbound: Inbound, answer: Answer) -> list[Message]:
        conversation_id = inbound.conversation_id
        written = []
        async with self.store.begin() as records:
            if isinstance(inbound.content, Text):
                parts: Answer = [handing.said(inbound.content.text, inbound.content.files)]
                written.append(await self._append(records, conversation_id, Author.PERSON, parts, inbound.person_id))
                conversation = await records.conversations.get(conversation_id)
                if conversation and not conversation.title:
                    await records.conversations.save(replace(conversation, title=inbound.content.text[:60]))
            if answer:
                written.append(await self._append(records, conversation_id, Author.ERRAND, answer, inbound.person_id))
            await records.conversations.add_delivery(
                Delivery(
                    surface=inbound.surface,
                    delivery_id=inbound.delivery_id,
                    conversation_id=conversation_id,
                    message_ids=[one.id for one in written if one.author is Author.ERRAND],
                    at=SystemClock().now(),
                )
            )
        return written

    async def _append(
        self, records: Any, conversation_id: str, author: Author, parts: Answer, person_id: str
    ) -> Message:
        message: Message = await records.conversations.append(
            Message(
                id=new_id("msg"),
                conversation_id=conversation_id,
                author=author,
                parts=parts,
                at=SystemClock().now(),
                person_id=person_id if author is Author.PERSON else None,
            )
        )
        for part in parts:
            if part["kind"] == "reference":
                subject = Shows(str(part["subject"]))
                await records.cards.add(
                    Card(
                        subject=subject,
                        subject_id=str(part["id"]),
                        surface="web",
                        conversation_id=conversation_id,
                        message_id=message.id,
                    )
                )
        return message

    def _replies(self, messages: list[Message]) -> list[Reply]:
        return [Reply(message_id=one.id, seq=one.seq, parts=self._parts(one.parts)) for one in messages]

    def _parts(self, parts: Answer) -> list[Part]:
        return PARTS.validate_python(
            [self.shown[str(part["id"])] if part["kind"] == "reference" else part for part in parts]
        )


def say(text: str, tone: str = "plain") -> JsonObject:
    return {"kind": "text", "text": text, "tone": tone}


def said(inbound: Inbound) -> str:
    """What was said, pressed or filled, as one string."""
    match inbound.content:
        case Text(text=text):
            return text
        case Press(action=action):
            return action
        case Submit(action=action, fields=fields):
            return f"{action} {fields}"


@dataclass
class WebServer:
    """A running one. `origin` is its address."""

    services: WebServices
    turns: ScriptedTurns
    bus: LocalBus
    hooks: Hooks
    files: Path
    origin: str = ""
    uvicorn: Any = None
    endings: Any = None

    async def login_link(self, account: str = "owner") -> str:
        return await make_login_link(
            store=self.services.store,
            clock=self.services.clock,
            origin=self.origin,
            time_zone="UTC",
            account=account,
            name=account.title(),
        )

    @asynccontextmanager
    async def signed_in(
        self, account: str = "owner", *, zone: str = "Europe/Berlin", language: str = ""
    ) -> AsyncIterator[Client]:
        async with self.client() as client:
            token = (await self.login_link(account)).partition("token=")[2]
            headers = {"Accept-Language": language}
            await client.post("/login", data={"token": token, "zone": zone}, headers=headers, expect=303)
            yield client

    @asynccontextmanager
    async def client(self) -> AsyncIterator[Client]:
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(self.origin, cookie_jar=jar) as session:
            yield Client(session, self.origin)

    def abort_connections(self) -> None:
        """Cut every line as a broken network does."""
        for connection in list(self.uvicorn.server_state.connections):
            connection.transport.abort()


@dataclass
class Client:
    """A browser's requests without a browser: the session's cookies and the page's Origin."""

    session: aiohttp.ClientSession
    origin: str

    async def get(self, path: str, *, expect: int = 200, **more: Any) -> Any:
        return await self.call("GET", path, expect=expect, **more)

    async def post(self, path: str, *, expect: int = 200, **more: Any) -> Any:
        return await self.call("POST", path, expect=expect, **more)

    async def call(self, method: str, path: str, *, expect: int = 200, origin: str | None = "", **more: Any) -> Any:
        """Return the JSON of the answer (or its text). `origin` empty: the page's own; None: without the header."""
        headers = more.pop("headers", {})
        if origin is not None:
            headers = {"Origin": origin or self.origin, **headers}
        async with self.session.request(method, path, headers=headers, allow_redirects=False, **more) as answer:
            text = await answer.text()
            assert answer.status == expect, f"{answer.status}: {text}"
            return await answer.json() if answer.content_type == "application/json" else text

    async def start(self) -> str:
        """Start a conversation; return its id."""
        return str((await self.post("/api/conversations", expect=201))["id"])

    @asynccontextmanager
    async def stream(self, conversation_id: str, *, after: int = 0, **more: Any) -> AsyncIterator[Stream]:
        path = f"/api/conversations/{conversation_id}/stream?after={after}"
        headers = {"Origin": self.origin} | more.pop("headers", {})
        async with self.session.ws_connect(path, headers=headers, **more) as socket:
            yield Stream(socket)


@dataclass
class Stream:
    socket: aiohttp.ClientWebSocketResponse

    async def send(self, **frame: Any) -> None:
        await self.socket.send_json(frame)

    async def next(self, *, timeout_s: float = 5) -> Any:
        return await asyncio.wait_for(self.socket.receive_json(), timeout_s)

    async def until(self, kind: str) -> list[Any]:
        """The frames up to and with the first of a kind; beats are left out."""
        frames = []
        while not frames or frames[-1]["type"] != kind:
            frame = await self.next()
            if frame["type"] != "beat" or kind == "beat":
                frames.append(frame)
        return frames


_TEMPLATE: list[Path] = []


async def _database(folder: Path) -> str:
    """A migrated SQLite file; migrated once for each test process, then copied."""
    if not _TEMPLATE:
        made = Path(tempfile.mkdtemp(prefix="errand-web-")) / "template.db"
        await migrate(f"sqlite:///{made}")
        _TEMPLATE.append(made)
    shutil.copy(_TEMPLATE[0], folder / "errand.db")
    return f"sqlite+aiosqlite:///{folder / 'errand.db'}"


@asynccontextmanager
async def serve_web(folder: Path, *, templates: Sequence[Template] = (), **settings: Any) -> AsyncIterator[WebServer]:
    """Start the web surface on a free port; `settings` are fields of `WebServices`."""
    store = await SqlStore.open(await _database(folder), fsync=False)
    bus = LocalBus()
    turns = ScriptedTurns(store, bus)
    vault = Vault([Fernet.generate_key()])
    hooks = Hooks(store, bus, vault)
    files = folder / "files"
    files.mkdir()

    async def known() -> Sequence[Template]:
        return templates

    services = WebServices(
        **{
            "templates": known,
            "handle_turn": turns.handle,
            "render": turns.render,
            "trace": turns.trace,
            "store": store,
            "bus": bus,
            "clock": SystemClock(),
            "signer": vault,
            "files": FolderFiles(files, 25_000_000),
            "webhooks": Webhooks(store=store, queue=hooks.queue, events=bus, clock=SystemClock(), vault=vault),
            "resumes": Resumes(store=store, queue=hooks.queue, events=bus, clock=SystemClock(), vault=vault),
            "limiter": Limiter(),
            "hook_rate": Rate.parse("6000/minute"),
            **settings,
        }
    )
    server = WebServer(services, turns, bus, hooks, files)
    web = create_web(services)
    server.endings = web.state.endings
    config = uvicorn.Config(web, host="127.0.0.1", port=0, log_level="error", ws_ping_interval=None)
    server.uvicorn = uvicorn.Server(config)
    serving = asyncio.create_task(server.uvicorn.serve())
    while not server.uvicorn.started:
        await asyncio.sleep(0.005)
        assert not serving.done(), "the server did not start"
    port = server.uvicorn.servers[0].sockets[0].getsockname()[1]
    server.origin = f"http://127.0.0.1:{port}"
    try:
        yield server
    finally:
        server.uvicorn.should_exit = True
        await serving
        await store.close()
