"""Puts the card of an approval request before people, and takes it away when nobody is asked any more. Renders nothing.

A visit may be the one after a crash: a message has an id made of what it is for, so that nothing is said twice. Each message
is a transaction of its own: turns lock conversations before requests.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from catalog import decision
from core.clock import Clock
from core.ids import new_id
from store.port import Event, EventBus, Records, Store
from store.record import ApprovalRequest, Author, Card, Conversation, Message, Person, RequestState, Shows, reference
from worker.destination import find_destination
from worker.outside import conversation_at, direct_place

_SURFACE = "web"
"""Where somebody who has no conversation yet gets one."""

_PASSING = "terminal"
"""A conversation there is gone when its window is closed: nobody would see the question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestCards:
    """`home_id` is the run's conversation; `title` names one that has to be made for somebody."""

    store: Store
    events: EventBus
    clock: Clock
    home_id: str
    title: str

    async def show(self, request: ApprovalRequest, occasion: str, approvers: Sequence[str]) -> None:
        """Show the card in the run's conversation and in one of each approver, once for each occasion."""
        async with self.store.begin() as records:
            cards = await records.cards.of_subject(Shows.APPROVAL, request.id)
            home = await records.conversations.get(self.home_id)
        shown = {card.message_id for card in cards}
        at_home = home.person_id if home else ""
        for person_id in dict.fromkeys([at_home, *approvers] if occasion == "ask" else approvers):
            message_id = _message_id(request.id, person_id, occasion)
            if message_id not in shown:
                place = home if home and person_id == at_home else None
                await self._append(request, person_id, message_id, place)

    async def show_in(self, request: ApprovalRequest, destination: str, person_id: str) -> None:
        """Show the card in a channel of an outside surface, too. Raises RejectedError."""
        message_id = _message_id(request.id, destination, "ask")
        async with self.store.begin() as records:
            if await records.conversations.message(message_id) is not None:
                return
            home = await records.conversations.get(self.home_id)
            person = await records.people.get(person_id)
            assert person is not None
            now = self.clock.now()
            place = await find_destination(records, destination, home=home, person=person, now=now)
        await self._append(request, person_id, message_id, place)

    async def _append(
        self, request: ApprovalRequest, person_id: str, message_id: str, place: Conversation | None
    ) -> None:
        async with self.store.begin() as records:
            person = await records.people.get(person_id)
            if person is None:
                return
            conversation = place or await self._conversation_of(records, person)
            message = Message(
                id=message_id,
                conversation_id=conversation.id,
                author=Author.ERRAND,
                parts=[reference(Shows.APPROVAL, request.id)],
                at=self.clock.now(),
            )
            await records.conversations.append(message)
            await records.conversations.name(conversation.id, self.title)
            await records.cards.add(
                Card(
                    subject=Shows.APPROVAL,
                    subject_id=request.id,
                    surface=conversation.surface,
                    conversation_id=conversation.id,
                    message_id=message_id,
                )
            )
        await self.events.publish(Event(conversation_id=conversation.id, message_id=message_id))

    async def _conversation_of(self, records: Records, person: Person) -> Conversation:
        """Where they are alone with Errand: on an outside surface if they are on one, that of the run before others; else
        their newest one that they can come back to; one named after the workflow when there is none.
        """
        now = self.clock.now()
        home = await records.conversations.get(self.home_id)
        place = await direct_place(records, person.id, preferred=home.surface if home else "", now=now)
        if place is not None:
            return await conversation_at(records, place, person, title=self.title, now=now)
        for newest in await records.conversations.of_person(person.id):
            if newest.surface != _PASSING and newest.place is None:
                return newest
        conversation_id = new_id("cnv")
        conversation = Conversation(
            id=conversation_id,
            surface=_SURFACE,
            external_id=conversation_id,
            person_id=person.id,
            title=self.title,
            state={},
            revision=0,
            created_at=now,
            updated_at=now,
        )
        await records.conversations.add(conversation)
        return conversation


async def close_requests(store: Store, events: EventBus, run_id: str, *, at: datetime) -> None:
    """A run is over: nobody is asked any more."""
    async with store.begin() as records:
        found = await records.approval_requests.open_of_run(run_id)
    for request in found:
        async with store.begin() as records:
            held = await records.approval_requests.lock(request.id)
            if held is not None and held.state is RequestState.OPEN:
                await decision.cancel(records, held, at=at)
        await tell_of(store, events, request.id)


async def tell_of(store: Store, events: EventBus, request_id: str) -> None:
    """Whoever shows a request looks at it again."""
    async with store.begin() as records:
        cards = await records.cards.of_subject(Shows.APPROVAL, request_id)
    await events.publish(*(Event(conversation_id=card.conversation_id, message_id=card.message_id) for card in cards))


def _message_id(request_id: str, person_id: str, occasion: str) -> str:
    return "msg_" + hashlib.sha256(f"{request_id}:{person_id}:{occasion}".encode()).hexdigest()[:26]
