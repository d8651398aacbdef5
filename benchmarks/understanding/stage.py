"""A conversation to measure: the real turn on a SQLite file that nobody waits for, at one moment that does not pass.
Nothing is run: there is no worker.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from pathlib import Path

from agent.inbound import Inbound, Submit, Text
from agent.interpreter import Interpreter
from agent.renderer import Renderer
from agent.reply import ProposalCard
from agent.shelf import Shelf
from agent.state import DialogueState, load_state
from agent.turn import Taken, Turn
from agent.vocabulary import name_of
from benchmarks.understanding.case import NOW
from bot.knowledge import make_knowledge
from bot.library import Library
from catalog.expression import Expressions
from catalog.proposal import ProposalContent
from store.port import DueRun, Event
from store.record import Conversation, Identity, Person, Role, Run
from store.sql.migrate import migrate
from store.sql.store import SqlStore
from store.vault import Vault
from tools.guard import AddressGuard

ACCOUNTS = {
    "smtp": {"host": "smtp.example.com", "port": "587", "security": "starttls", "sender": "me@example.com"},
    "imap": {
        "host": "imap.example.com",
        "port": "993",
        "security": "tls",
        "username": "me@example.com",
        "password": "not a password",
    },
    "sql": {"url": "sqlite:///shop.db"},
    "http": {"base_url": "https://api.example.com/", "header": "X-Key", "value": "not a key"},
}


class StillClock:
    """Shows one moment for ever."""

    def now(self) -> datetime:
        return NOW

    def monotonic_s(self) -> float:
        return 0.0

    async def sleep(self, delay_s: float) -> None: ...


class Nobody:
    """Whom wake-ups and events reach here."""

    async def wake(self, *runs: Run | DueRun) -> None: ...

    async def wake_scheduler(self) -> None: ...

    async def publish(self, *events: Event) -> None: ...


@dataclass(slots=True, kw_only=True)
class Stage:
    """`say` takes a turn; `spent_ms` is what each took. People appear when they first speak, with all accounts."""

    store: SqlStore
    turn: Turn
    path: Path
    spent_ms: list[float] = field(default_factory=list)
    _people: set[str] = field(default_factory=set)
    _numbers: count[int] = field(default_factory=count)

    async def begin(self, by: str = "me") -> str:
        """A new conversation of somebody; returns its id."""
        if by not in self._people:
            await self._appear(by)
        place = f"cnv_{next(self._numbers)}"
        conversation = Conversation(
            id=place,
            surface="web",
            external_id=place,
            person_id=f"usr_{by}",
            title="",
            state={},
            revision=0,
            created_at=NOW,
            updated_at=NOW,
        )
        async with self.store.begin() as records:
            await records.conversations.add(conversation)
        return place

    async def say(self, text: str, place: str, by: str = "me") -> Taken:
        if by not in self._people:
            await self._appear(by)
        began = time.perf_counter()
        taken = await self._take(Text(text=text), place, by)
        self.spent_ms.append((time.perf_counter() - began) * 1000)
        return taken

    async def state(self, place: str) -> DialogueState:
        async with self.store.begin() as records:
            conversation = await records.conversations.get(place)
        assert conversation is not None
        return load_state(conversation.state)

    async def begun(self, by: str = "me") -> list[ProposalContent]:
        """What was approved of somebody's wishes, newest first."""
        async with self.store.begin() as records:
            found = []
            for workflow in await records.workflows.of_person(f"usr_{by}"):
                version = await records.workflows.version(workflow.id, workflow.version)
                assert version is not None
                found.append(ProposalContent.model_validate(version.content))
            return found

    def approvers(self) -> set[str]:
        """Who said a yes to anything."""
        with sqlite3.connect(self.path) as connection:
            rows = connection.execute("SELECT DISTINCT person_id FROM approvals WHERE verdict = 'yes'").fetchall()
        connection.close()
        return {str(person_id).removeprefix("usr_") for (person_id,) in rows}

    async def save_workflows(self, names: list[str], by: str = "me") -> None:
        """Automations that somebody has already, by name; what they do does not matter."""
        for name in names:
            place = await self.begin(by)
            for text in ("remind me every day at 9 to stretch", "yes"):
                await self.say(text, place, by)
            async with self.store.begin() as records:
                newest = (await records.workflows.of_person(f"usr_{by}"))[0]
                await records.workflows.rename(newest.id, name, at=NOW)

    async def _appear(self, name: str) -> None:
        self._people.add(name)
        person = Person(
            id=f"usr_{name}", name=name.title(), time_zone="UTC", locale="en", role=Role.MEMBER, created_at=NOW
        )
        async with self.store.begin() as records:
            await records.people.add(person, Identity(surface="web", external_id=person.id, person_id=person.id))
        place = await self.begin(name)
        for account, fields in ACCOUNTS.items():
            await self._take(Submit(action=f"connect:{account}", fields=dict(fields)), place, name)

    async def _take(self, content: Text | Submit, place: str, by: str) -> Taken:
        return await self.turn.take(
            Inbound(
                surface="web",
                conversation_id=place,
                person_id=f"usr_{by}",
                delivery_id=f"d{next(self._numbers)}",
                content=content,
            )
        )


@asynccontextmanager
async def open_stage(folder: Path, library: Library, interpreter: Interpreter) -> AsyncIterator[Stage]:
    """An empty house with one interpreter."""
    path = folder / "stage.db"
    path.unlink(missing_ok=True)
    await migrate(f"sqlite:///{path}")
    store = await SqlStore.open(f"sqlite:///{path}", fsync=False)
    knowledge = make_knowledge(
        library,
        Shelf(library.catalog.templates),
        sealer=Vault([f"{'A' * 43}="]),
        expressions=Expressions(),
        public_url=lambda: "http://127.0.0.1",
        clock=StillClock(),
        guard=AddressGuard([]),
        learns=False,
    )
    nobody = Nobody()
    turn = Turn(
        store=store,
        knowledge=knowledge,
        interpreter=interpreter,
        renderer=Renderer(knowledge),
        queue=nobody,
        bus=nobody,  # type: ignore[arg-type]  # nobody subscribes here
    )
    try:
        yield Stage(store=store, turn=turn, path=path)
    finally:
        await store.close()


def cards(taken: Taken) -> list[ProposalCard]:
    """What is proposed in an answer."""
    return [
        part
        for reply in taken.replies
        for part in reply.parts
        if isinstance(part, ProposalCard) and part.state == "open"
    ]


def command_of(taken: Taken) -> str:
    """What a message was taken to ask for, by its name; empty when it was taken for nothing."""
    understood = taken.interpretation
    return name_of(understood.commands[0]) if understood and understood.commands else ""
