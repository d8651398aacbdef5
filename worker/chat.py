"""Posts messages of steps. Knows the conversations in the store; other surfaces register a poster of their own."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping

from core.clock import Clock
from core.errors import RejectedError
from store.port import Event, EventBus, Store
from store.record import Author, Message

Poster = Callable[[str, str, str], Awaitable[str]]
"""`(destination, text, key)` → the message's id. A repeated key must not post twice."""

LONGEST_TEXT = 20_000


class StoreChat:
    """Posts as Errand into the conversation of a run, into `web:<conversation id>`, or by a surface's poster.

    Only conversations of the run's own person are reachable.
    """

    def __init__(
        self,
        *,
        store: Store,
        events: EventBus,
        clock: Clock,
        conversation_id: str,
        person_id: str,
        posters: Mapping[str, Poster],
    ) -> None:
        self._store = store
        self._events = events
        self._clock = clock
        self._conversation_id = conversation_id
        self._person_id = person_id
        self._posters = posters

    async def post(self, text: str, *, destination: str | None = None, key: str) -> str:
        if len(text) > LONGEST_TEXT:
            text = f"{text[:LONGEST_TEXT]}…"
        if destination is None:
            return await self._append(self._conversation_id, text, key)
        surface, _, place = destination.partition(":")
        if surface == "web" and place:
            return await self._append(place, text, key)
        if destination.startswith(("#", "@")):
            surface = next(iter(self._posters), "")
        poster = self._posters.get(surface)
        if poster is None:
            raise RejectedError(
                f"{destination} cannot be reached: no surface that knows it is connected.",
                advice="Post to this conversation instead, or ask the operator to connect that surface.",
            )
        return await poster(destination, text, key)

    async def _append(self, conversation_id: str, text: str, key: str) -> str:
        """Append once for each key: the message's id is made of it."""
        message_id = "msg_" + hashlib.sha256(f"{conversation_id}:{key}".encode()).hexdigest()[:26]
        async with self._store.begin() as records:
            conversation = await records.conversations.get(conversation_id)
            if conversation is None or conversation.person_id != self._person_id:
                raise RejectedError("There is no such conversation.", advice="Post to this conversation instead.")
            if await records.conversations.message(message_id) is not None:
                return message_id
            message = Message(
                id=message_id,
                conversation_id=conversation_id,
                author=Author.ERRAND,
                parts=[{"kind": "text", "text": text}],
                at=self._clock.now(),
            )
            await records.conversations.append(message)
        await self._events.publish(Event(conversation_id=conversation_id, message_id=message_id))
        return message_id
