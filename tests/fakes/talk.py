"""A conversation for tests: the real turn on a real SQLite store, with a scripted interpreter and a few templates."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from agent.command import Command
from agent.inbound import Inbound, Press, Submit, Text
from agent.interpreter import Interpretation, Interpreter, View
from agent.knowledge import Knowledge
from agent.narrator import Narrator
from agent.renderer import Renderer
from agent.reply import (
    Action,
    ApprovalCard,
    ChoicesPart,
    FormPart,
    ListPart,
    ProposalCard,
    Reply,
    RunCard,
    TextPart,
    TracePart,
    WorkflowCard,
)
from agent.state import DialogueState, load_state
from agent.turn import Taken, Turn
from catalog.workflow import Template
from core.clock import Clock
from core.ids import new_id
from store.port import DueRun, Event, Store
from store.record import Identity, Person, Role, Run
from store.sql.migrate import migrate
from store.sql.store import SqlStore
from tests.fakes.little_catalog import make_knowledge
from tests.fakes.record import empty_conversation

T = TypeVar("T")

ASKED_TO_FAIL = "crash now"


@dataclass
class ScriptedInterpreter:
    """Means what the test says that the next text means."""

    script: list[list[Command]] = field(default_factory=list)
    views: list[View] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    async def interpret(self, text: str, view: View) -> Interpretation:
        self.views.append(view)
        self.texts.append(text)
        if text == ASKED_TO_FAIL:
            raise ValueError("the interpreter broke")
        commands = self.script.pop(0) if self.script else []
        return Interpretation(outcome="match" if commands else "none", commands=commands)


@dataclass
class RecordingQueue:
    woken: list[str] = field(default_factory=list)
    scheduler_wakes: int = 0

    async def wake(self, *runs: Run | DueRun) -> None:
        self.woken.extend(run.id for run in runs)

    async def wake_scheduler(self) -> None:
        self.scheduler_wakes += 1


@dataclass
class RecordingBus:
    events: list[Event] = field(default_factory=list)

    async def publish(self, *events: Event) -> None:
        self.events.extend(events)


async def make_store(folder: Path) -> SqlStore:
    """A migrated SQLite store; the migrated file is made once for each folder's session and copied."""
    template = folder.parent / "talk-template.db"
    if not template.exists():
        await migrate(f"sqlite:///{template}")
    path = folder / "talk.db"
    shutil.copy(template, path)
    return await SqlStore.open(f"sqlite:///{path}", fsync=False)


class Talk:
    """One conversation. `say`, `press` and `submit` take a turn and return its replies."""

    def __init__(
        self,
        store: Store,
        knowledge: Knowledge,
        interpreter: Interpreter,
        path: Path,
        *,
        turns_shown: int = 0,
        narrator: Narrator | None = None,
    ) -> None:
        self.store = store
        self.knowledge = knowledge
        self.interpreter = interpreter
        self.path = path
        self.queue = RecordingQueue()
        self.bus = RecordingBus()
        self.renderer = Renderer(knowledge)
        self.turn = Turn(
            store=store,
            knowledge=knowledge,
            interpreter=interpreter,
            renderer=self.renderer,
            queue=self.queue,
            bus=self.bus,  # type: ignore[arg-type]  # nobody subscribes here
            turns_shown=turns_shown,
            narrator=narrator,
        )
        self.last: list[Reply] = []

    @classmethod
    async def open(
        cls,
        folder: Path,
        clock: Clock,
        interpreter: Interpreter | None = None,
        templates: dict[str, Template] | None = None,
    ) -> Talk:
        store = await make_store(folder)
        talk = cls(store, make_knowledge(clock, templates), interpreter or ScriptedInterpreter(), folder / "talk.db")
        await talk.add_person("usr_ana", "Ana", Role.MEMBER)
        await talk.add_conversation("cnv_1", "usr_ana")
        return talk

    async def add_person(self, person_id: str, name: str, role: Role, zone: str = "Europe/Berlin") -> None:
        person = Person(
            id=person_id, name=name, time_zone=zone, locale="en", role=role, created_at=self.knowledge.clock.now()
        )
        async with self.store.begin() as records:
            await records.people.add(person, Identity(surface="web", external_id=person_id, person_id=person_id))

    async def add_conversation(self, conversation_id: str, person_id: str) -> None:
        conversation = empty_conversation(conversation_id, person_id, self.knowledge.clock.now())
        async with self.store.begin() as records:
            await records.conversations.add(conversation)

    async def send(
        self, content: Text | Press | Submit, *, by: str = "usr_ana", place: str = "cnv_1", delivery: str = ""
    ) -> list[Reply]:
        return (await self.take(content, by=by, place=place, delivery=delivery)).replies

    async def take(
        self, content: Text | Press | Submit, *, by: str = "usr_ana", place: str = "cnv_1", delivery: str = ""
    ) -> Taken:
        inbound = Inbound(
            surface="web",
            conversation_id=place,
            person_id=by,
            delivery_id=delivery or new_id("dlv"),
            content=content,
        )
        taken = await self.turn.take(inbound)
        self.last = taken.replies
        return taken

    async def say(self, text: str, *commands: Command, by: str = "usr_ana") -> list[Reply]:
        """Say a text that means these commands."""
        if isinstance(self.interpreter, ScriptedInterpreter):
            self.interpreter.script = [list(commands)]
        return await self.send(Text(text=text), by=by)

    async def press(self, label: str, *, by: str = "usr_ana") -> list[Reply]:
        """Press a button of the last replies by its label."""
        return await self.press_id(self.button(label), by=by)

    async def press_id(self, action: str, *, by: str = "usr_ana") -> list[Reply]:
        return await self.send(Press(action=action), by=by)

    async def submit(self, **fields: object) -> list[Reply]:
        """Fill the form of the last replies: what is shown in it, changed as said."""
        form = self.only(FormPart)
        filled = {one.name: one.value for one in form.fields} | fields
        return await self.send(Submit(action=form.action, fields=filled))  # type: ignore[arg-type]  # JSON in tests

    def button(self, label: str) -> str:
        """The action id of a button of the last replies."""
        found = {one.label: one.id for one in self.actions()}
        assert label in found, f"no button {label!r} among {sorted(found)}"
        return found[label]

    def actions(self) -> list[Action]:
        return list(actions_of(self.last))

    def parts(self, kind: type[T]) -> list[T]:
        return [part for reply in self.last for part in reply.parts if isinstance(part, kind)]

    def only(self, kind: type[T]) -> T:
        found = self.parts(kind)
        assert len(found) == 1, f"{len(found)} {kind.__name__} in {self.last}"
        return found[0]

    @property
    def card(self) -> ProposalCard:
        return self.only(ProposalCard)

    @property
    def run(self) -> RunCard:
        return self.only(RunCard)

    @property
    def workflow(self) -> WorkflowCard:
        return self.only(WorkflowCard)

    @property
    def said(self) -> str:
        """All sentences of the last replies."""
        kinds = (TextPart, ChoicesPart)
        return "\n".join(part.text for reply in self.last for part in reply.parts if isinstance(part, kinds))

    async def state(self) -> DialogueState:
        async with self.store.begin() as records:
            conversation = await records.conversations.get("cnv_1")
        assert conversation is not None
        return load_state(conversation.state)

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """Look into the database behind everybody's back."""
        with sqlite3.connect(self.path) as connection:
            found = connection.execute(query).fetchall()
        connection.close()
        return found

    def change(self, statement: str) -> None:
        """Change the database behind everybody's back."""
        with sqlite3.connect(self.path) as connection:
            connection.execute(statement)
        connection.close()

    def count(self, table: str) -> int:
        return int(str(self.rows(f"SELECT count(*) FROM {table}")[0][0]))

    def dump(self) -> str:
        """Everything that is stored, as text."""
        with sqlite3.connect(self.path) as connection:
            text = "\n".join(connection.iterdump())
        connection.close()
        return text

    async def history(self, person_id: str = "usr_ana", place: str = "cnv_1") -> list[Reply]:
        """The whole conversation as it is shown now."""
        async with self.store.begin() as records:
            person = await records.people.get(person_id)
            assert person is not None
            messages = await records.conversations.messages(place)
            return await self.renderer.render(records, messages, person, self.knowledge.clock.now())


def actions_of(replies: Iterable[Reply]) -> Iterable[Action]:
    """Every button of some replies, in order."""
    for reply in replies:
        for part in reply.parts:
            if isinstance(part, (ApprovalCard, ProposalCard, RunCard, TracePart, WorkflowCard)):
                yield from part.actions
            elif isinstance(part, ChoicesPart):
                yield from (Action(id=one.action, label=one.label) for one in part.choices)
            elif isinstance(part, ListPart):
                yield from (action for item in part.items for action in item.actions)
                yield from part.actions
