"""Tells whoever asked for something, alone, that the place where they did takes nothing any more. Once for each place; nobody is told
who cannot be reached alone.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass

from agent.phrases import load_phrases
from bot.surface.port import Surface
from core.clock import Clock
from core.errors import ErrandError
from store.port import Event, EventBus, Store
from store.record import Author, Message, Place, Posting, said_text
from worker.outside import conversation_at, direct_place

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedPlaces:
    """Places that were archived or locked."""

    store: Store
    bus: EventBus
    clock: Clock

    async def tell(self, surface: Surface, posting: Posting) -> None:
        """Raises StoreError."""
        async with self.store.begin() as records:
            conversation = await records.conversations.get(posting.conversation_id)
        place = conversation.place if conversation else None
        if conversation is None or place is None or place.is_direct:
            return
        name = await self._name(surface, place)
        message_id = f"msg_{hashlib.sha256(f'closed:{conversation.id}'.encode()).hexdigest()[:26]}"
        now = self.clock.now()
        async with self.store.begin() as records:
            person = await records.people.get(conversation.person_id)
            alone = await direct_place(records, conversation.person_id, preferred=surface.name, now=now)
            if person is None or alone is None or await records.conversations.message(message_id) is not None:
                return
            there = await conversation_at(records, alone, person, title="", now=now)
            text = load_phrases(person.locale)("error.closed", channel=name)
            part = said_text(text, None)
            message = Message(id=message_id, conversation_id=there.id, author=Author.ERRAND, parts=[part], at=now)
            await records.conversations.append(message)
        await self.bus.publish(Event(conversation_id=there.id, message_id=message_id))

    async def _name(self, surface: Surface, place: Place) -> str:
        """Best effort."""
        try:
            return await surface.channel_name(place) or place.channel
        except ErrandError as error:
            _log.warning("The name of %s could not be read: %s", place, error)
            return place.channel
