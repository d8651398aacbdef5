"""Tells people of what cannot be shown where it belongs: whoever asked for something, alone, that its place takes nothing any more;
whoever waits for an answer, that a question did not reach whom it is for. Once for each; nobody is told who cannot be reached.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass

from agent.phrases import load_phrases
from bot.surface.port import Surface
from core.clock import Clock
from core.errors import ErrandError
from store.port import Event, EventBus, Records, Store
from store.record import (
    ApprovalRequest,
    Author,
    Conversation,
    Message,
    Person,
    Place,
    Posting,
    RequestState,
    Shows,
    said_text,
)
from worker.outside import conversation_at, direct_place

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedPlaces:
    """Places that were archived, locked or deleted, that Errand was taken out of, or that it was never let into."""

    store: Store
    bus: EventBus
    clock: Clock

    async def tell(self, surface: Surface, posting: Posting) -> None:
        """This was not shown. Raises StoreError."""
        async with self.store.begin() as records:
            conversation = await records.conversations.get(posting.conversation_id)
        place = conversation.place if conversation else None
        if conversation is None or place is None:
            return
        if place.is_direct:
            await self._tell_of_question(surface, posting, conversation)
        elif not place.channel.startswith("#"):  # what is posted by a name is known to fail by whoever posts it
            await self._tell_of_place(surface, conversation, place)

    async def _tell_of_place(self, surface: Surface, conversation: Conversation, place: Place) -> None:
        name = await self._name(surface, place)
        now = self.clock.now()
        async with self.store.begin() as records:
            person = await records.people.get(conversation.person_id)
            alone = await direct_place(records, conversation.person_id, preferred=surface.name, now=now)
            if person is None or alone is None:
                return
            there = await conversation_at(records, alone, person, title="", now=now)
            text = load_phrases(person.locale)("error.closed", channel=name)
            told = await self._say(records, there, f"closed:{conversation.id}", text)
        await self.bus.publish(*told)

    async def _tell_of_question(self, surface: Surface, posting: Posting, conversation: Conversation) -> None:
        async with self.store.begin() as records:
            request = await _asked(records, posting.message_id)
            run = await records.runs.get(request.run_id) if request else None
            home = await records.conversations.get(run.conversation_id) if run else None
            person = await records.people.get(conversation.person_id)
            reader = await records.people.get(home.person_id) if home else None
            if request is None or home is None or home.id == conversation.id or person is None or reader is None:
                return
            text = _unreached(reader, person, surface)
            told = await self._say(records, home, f"unreached:{request.id}:{person.id}", text)
        await self.bus.publish(*told)

    async def _say(self, records: Records, there: Conversation, occasion: str, text: str) -> list[Event]:
        """Say it there, once for each occasion."""
        message_id = f"msg_{hashlib.sha256(occasion.encode()).hexdigest()[:26]}"
        if await records.conversations.message(message_id) is not None:
            return []
        parts, at = [said_text(text, None)], self.clock.now()
        message = Message(id=message_id, conversation_id=there.id, author=Author.ERRAND, parts=parts, at=at)
        await records.conversations.append(message)
        return [Event(conversation_id=there.id, message_id=message_id)]

    async def _name(self, surface: Surface, place: Place) -> str:
        """Best effort."""
        try:
            return await surface.channel_name(place) or place.channel
        except ErrandError as error:
            _log.warning("The name of %s could not be read: %s", place, error)
            return place.channel


async def _asked(records: Records, message_id: str) -> ApprovalRequest | None:
    """The open question that a message shows."""
    message = await records.conversations.message(message_id)
    for part in message.parts if message else ():
        if part.get("subject") == Shows.APPROVAL:
            request = await records.approval_requests.get(str(part.get("id")))
            return request if request is not None and request.state is RequestState.OPEN else None
    return None


def _unreached(reader: Person, person: Person, surface: Surface) -> str:
    return load_phrases(reader.locale)("error.unreached", name=person.name, surface=surface.name.capitalize())
