"""An outside surface in front of the real conversation, for tests of what all such surfaces share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import TypeVar

from agent.command import Command
from agent.inbound import Press, Text
from agent.live_text import LiveText
from agent.reply import Action, Part, Reply, TextPart
from agent.turn import Turn
from bot.surface.arrival import Arrival, Pressed, Said, Submitted, What
from bot.surface.host import HostParts, SurfaceHost
from bot.surface.inbox import Turns
from bot.surface.intake import AcceptedArrival
from core.settings import Settings
from store.record import Conversation, Identity, InboxEntry, Message, Person, Posting, Role
from store.vault import Vault
from tests.fakes.bus import LocalBus
from tests.fakes.clock import FixedClock
from tests.fakes.recording_surface import Posted, RecordingSurface
from tests.fakes.talk import ScriptedInterpreter, Talk, actions_of
from tests.fakes.workers import Workers
from tools.files import FolderFiles

P = TypeVar("P", bound=Part)
SURFACE = "recording"
VAULT = Vault([f"{'A' * 43}="])


class SurfaceLab:
    """One process: a turn that means what the test says, and a host that serves the recording surface.

    `account` names users of the team T1. Nothing happens by itself: `work` takes the inbox, `show` delivers.
    """

    def __init__(self, talk: Talk, clock: FixedClock, surface: RecordingSurface, bus: LocalBus, owner: str) -> None:
        self.talk = talk
        self.clock = clock
        self.surface = surface
        self.bus = bus
        self.store = talk.store
        self.turn = Turn(
            store=talk.store,
            knowledge=talk.knowledge,
            interpreter=talk.interpreter,
            renderer=talk.renderer,
            queue=talk.queue,
            bus=bus,
        )
        self.live = LiveText()
        self.files = FolderFiles(talk.path.parent / "files", 10_000)
        self.turns = Turns(take=self.turn.handle, apologize=self.turn.give_up)
        self.host = SurfaceHost(
            HostParts(
                settings=Settings(_env_file=None),
                store=talk.store,
                clock=clock,
                sealer=VAULT,
                files=self.files,
                file_limit_bytes=self.files.limit_bytes,
                queue=talk.queue,
                bus=bus,
                registry=talk.knowledge.step_types,
                expressions=talk.knowledge.expressions,
                knowledge=talk.knowledge,
                renderer=talk.renderer,
                turns=self.turns,
                live=self.live,
                public_url=lambda: "http://127.0.0.1:8300",
                owner=owner,
                time_zone="Europe/Berlin",
                sweep_s=1.0,
            )
        )
        self.host._surfaces[SURFACE] = surface
        self.workers = Workers(talk, clock, bus, self.files)
        self._deliveries = count(1)

    @property
    def interpreter(self) -> ScriptedInterpreter:
        assert isinstance(self.talk.interpreter, ScriptedInterpreter)
        return self.talk.interpreter

    @classmethod
    @asynccontextmanager
    async def open(cls, folder: Path, clock: FixedClock) -> AsyncIterator[SurfaceLab]:
        talk = await Talk.open(folder, clock)
        clock.move(1)  # who comes later is younger
        yield cls(talk, clock, RecordingSurface(clock), LocalBus(), "srv_1")
        await talk.store.close()

    def second(self) -> SurfaceLab:
        """Another process on the same records and the same vendor."""
        return SurfaceLab(self.talk, self.clock, self.surface, self.bus, "srv_2")

    def means(self, *commands: Command) -> None:
        """The next text means this."""
        self.interpreter.script.append(list(commands))

    async def arrive(
        self, what: What, *, user: str = "U1", channel: str = "C1", thread: str = "t1", delivery: str = ""
    ) -> AcceptedArrival:
        arrival = Arrival(
            surface=SURFACE,
            delivery_id=delivery or f"Ev{next(self._deliveries)}",
            user=user,
            team="T1",
            channel=channel,
            thread=thread,
            what=what,
        )
        return await self.host.intake.accept(arrival)

    async def say(
        self, text: str, *commands: Command, user: str = "U1", channel: str = "C1", thread: str = "t1"
    ) -> None:
        """Say something that means these commands, and let it be answered and shown."""
        self.means(*commands)
        await self.arrive(Said(text=text), user=user, channel=channel, thread=thread)
        await self.settle()

    async def press(self, label: str, *, user: str = "U1", channel: str = "C1", thread: str = "t1") -> None:
        """Press a button that stands in the channel, wherever."""
        await self.arrive(Pressed(action=self.button(label, channel)), user=user, channel=channel, thread=thread)
        await self.settle()

    async def submit(self, action: str, user: str = "U1", **fields: str) -> None:
        await self.arrive(Submitted(action=action, fields=dict(fields)), user=user)
        await self.settle()

    async def settle(self) -> None:
        """Deal with all that arrived, and show all that is to be shown now."""
        await self.host.inbox.work_due()
        await self.show()

    async def show(self) -> None:
        while await self.host.deliverer.deliver_due():
            self.clock.move(self.surface.limits.edit_gap_s)

    async def heard(self) -> None:
        """What was published since the last time makes due what shows it."""
        events, self.bus.published = self.bus.published, []
        for event in events:
            self.host.watch._note(event)
        messages, self.host.watch._messages = self.host.watch._messages, set()
        subjects, self.host.watch._subjects = self.host.watch._subjects, set()
        await self.host.watch._touch(messages, subjects)

    def shown(self, channel: str = "C1") -> list[Posted]:
        return self.surface.in_channel(channel)

    def parts(self, kind: type[P], channel: str = "C1") -> list[P]:
        return [part for posted in self.shown(channel) for part in posted.parts if isinstance(part, kind)]

    def only(self, kind: type[P], channel: str = "C1") -> P:
        found = self.parts(kind, channel)
        assert len(found) == 1, f"{len(found)} {kind.__name__}"
        return found[0]

    def texts(self, channel: str = "C1") -> list[str]:
        return [part.text for part in self.parts(TextPart, channel)]

    def actions(self, channel: str = "C1") -> list[Action]:
        shown = [Reply(message_id=one.id, seq=1, parts=list(one.parts)) for one in self.shown(channel)]
        return list(actions_of(shown))

    def button(self, label: str, channel: str = "C1") -> str:
        found = {one.label: one.id for one in self.actions(channel)}
        assert label in found, f"no button {label!r} among {sorted(found)}"
        return found[label]

    async def person(self, user: str = "U1") -> Person | None:
        async with self.store.begin() as records:
            return await records.people.by_identity(SURFACE, f"T1/{user}")

    async def conversations(self) -> list[Conversation]:
        found = [one for person in await self.people() for one in await self._of(person.id) if one.surface == SURFACE]
        return sorted(found, key=lambda one: one.id)

    async def people(self) -> list[Person]:
        async with self.store.begin() as records:
            return await records.people.everyone()

    async def messages(self, conversation_id: str) -> list[Message]:
        async with self.store.begin() as records:
            return await records.conversations.messages(conversation_id)

    async def entry(self, delivery: str) -> InboxEntry:
        async with self.store.begin() as records:
            found = await records.inbox.get(SURFACE, delivery)
        assert found is not None
        return found

    async def posting(self, message_id: str) -> Posting:
        async with self.store.begin() as records:
            found = await records.postings.get(message_id)
        assert found is not None
        return found

    async def on_web(self, content: Text | Press, person_id: str, conversation_id: str) -> Sequence[Reply]:
        """The same person, or another, does something in the web panel."""
        self.talk.turn = self.turn
        return await self.talk.send(content, by=person_id, place=conversation_id)

    async def owner(self) -> Person:
        """The owner of this Errand, who is on the web."""
        person = Person(
            id="usr_own",
            name="Olga",
            time_zone="Europe/Berlin",
            locale="en",
            role=Role.OWNER,
            created_at=self.clock.now(),
        )
        async with self.store.begin() as records:
            await records.people.add(person, Identity(surface="web", external_id="olga", person_id=person.id))
        await self.talk.add_conversation("cnv_own", person.id)
        return person

    async def _of(self, person_id: str) -> list[Conversation]:
        async with self.store.begin() as records:
            return await records.conversations.of_person(person_id)
