"""One conversation in a terminal: sends what is typed, keeps what was shown, hears what changes. Prints nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

from agent.inbound import Inbound, Press, Submit, Text
from agent.reply import Reply, RunCard
from bot.owner import role_of_newcomer
from core.clock import Clock
from core.ids import new_id
from store.port import Event, EventBus, Store
from store.record import Author, Conversation, Identity, Message, Person, Shows

SURFACE = "terminal"
_BUSY = {"queued", "running"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalServices:
    """What a terminal needs of the rest of Errand. `answer` takes a turn, `render` shows messages as they are now."""

    store: Store
    bus: EventBus
    clock: Clock
    time_zone: str
    answer: Callable[[Inbound], Awaitable[list[Reply]]]
    render: Callable[[list[Message], Person], Awaitable[list[Reply]]]


@dataclass(slots=True, kw_only=True)
class Talk:
    """`shown` maps each message on screen to what it looked like last."""

    services: TerminalServices
    person: Person
    conversation_id: str
    shown: dict[str, Reply] = field(default_factory=dict)
    last_seq: int = 0

    async def send(self, content: Text | Press | Submit) -> list[Reply]:
        """Play one turn."""
        inbound = Inbound(
            surface=SURFACE,
            conversation_id=self.conversation_id,
            person_id=self.person.id,
            delivery_id=new_id("dlv"),
            content=content,
        )
        return self._keep(await self.services.answer(inbound))

    async def look(self) -> list[Reply]:
        """Return the whole conversation as it is now."""
        async with self.services.store.begin() as records:
            messages = await records.conversations.messages(self.conversation_id)
        replies = await self._render(messages)
        self._keep(replies)
        return replies

    async def changes(self, event: Event) -> list[Reply]:
        """Return the messages that are new, or look different since an event."""
        if event.conversation_id != self.conversation_id:
            return []
        async with self.services.store.begin() as records:
            messages = await records.conversations.messages(self.conversation_id, after=self.last_seq)
            ids = {event.message_id} if event.message_id else set()
            for subject, subject_id in ((Shows.RUN, event.run_id), (Shows.WORKFLOW, event.workflow_id)):
                if subject_id:
                    ids |= {card.message_id for card in await records.cards.of_subject(subject, subject_id)}
            for message_id in ids & self.shown.keys():
                if message := await records.conversations.message(message_id):
                    messages.append(message)
        return self._keep(await self._render(messages))

    async def settle(self, events: AsyncIterator[Event], timeout_s: float) -> list[Reply]:
        """Return what changes until no run in sight is queued or running, at most so long."""
        changed: dict[str, Reply] = {}
        try:
            async with asyncio.timeout(timeout_s):
                while self.is_busy:
                    for reply in await self.changes(await anext(events)):
                        changed[reply.message_id] = reply
        except TimeoutError:
            pass
        return list(changed.values())

    @property
    def is_busy(self) -> bool:
        """Whether a run that is on screen goes on without anybody."""
        return any(
            isinstance(part, RunCard) and part.state in _BUSY for reply in self.shown.values() for part in reply.parts
        )

    async def _render(self, messages: list[Message]) -> list[Reply]:
        mine = {message.id for message in messages if message.author is Author.PERSON}
        if messages:
            self.last_seq = max(self.last_seq, *(message.seq for message in messages))
        return [reply for reply in await self.services.render(messages, self.person) if reply.message_id not in mine]

    def _keep(self, replies: list[Reply]) -> list[Reply]:
        fresh = [reply for reply in replies if self.shown.get(reply.message_id) != reply]
        for reply in fresh:
            self.shown[reply.message_id] = reply
            self.last_seq = max(self.last_seq, reply.seq)
        return fresh


def is_settled_run(reply: Reply) -> bool:
    """Whether it shows a run that has ended, or waits for somebody."""
    return any(isinstance(part, RunCard) and part.state not in _BUSY for part in reply.parts)


async def begin_talk(services: TerminalServices, user: str) -> Talk:
    """Begin a new conversation of whoever uses this terminal.

    Who can read the data folder is its owner: the terminal's user is the web surface's owner when there is one.
    """
    now = services.clock.now()
    async with services.store.begin() as records:
        person = await records.people.by_identity(SURFACE, user)
        if person is None and (owner := await records.people.by_identity("web", "owner")):
            person = owner
            await records.people.link(Identity(surface=SURFACE, external_id=user, person_id=owner.id))
        if person is None:
            role = await role_of_newcomer(records)
            person = Person(
                id=new_id("usr"), name=user, time_zone=services.time_zone, locale="en", role=role, created_at=now
            )
            await records.people.add(person, Identity(surface=SURFACE, external_id=user, person_id=person.id))
        conversation = Conversation.begun(surface=SURFACE, person_id=person.id, at=now, external_id=new_id("tty"))
        await records.conversations.add(conversation)
    return Talk(services=services, person=person, conversation_id=conversation.id)
