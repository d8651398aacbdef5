"""Posts messages of steps: into conversations in the store. Those on outside surfaces are posted there from the store."""

from __future__ import annotations

import hashlib

from core.clock import Clock
from core.errors import RejectedError
from store.port import Event, EventBus, Store
from store.record import READS_THE_LOG, Author, JsonObject, Message, Said, said_text
from worker.destination import ELSEWHERE, find_destination

LONGEST_TEXT = 20_000
_WATCHED_S = 10.0
_LOOK_S = 0.2


class StoreChat:
    """Posts as Errand into the conversation of a run, into `web:<conversation id>` of the run's own person, into a channel of
    an outside surface (`#ops`, `slack:#ops`, `discord:<id>`), or to a person alone (`@Ana`, `slack:@Ana`).

    `said` is noted with what is posted in the run's own conversation, where not all of it may be for all.
    """

    def __init__(
        self,
        *,
        store: Store,
        events: EventBus,
        clock: Clock,
        conversation_id: str,
        person_id: str,
        said: Said | None = None,
    ) -> None:
        self._said = said
        self._store = store
        self._events = events
        self._clock = clock
        self._conversation_id = conversation_id
        self._person_id = person_id

    async def post(self, text: str, *, destination: str | None = None, key: str) -> str:
        """Return the message's id once it is durable. What goes outside is watched for a while: that a surface has no such
        channel is an error; that it is away for now is none, the message is posted later.
        """
        if len(text) > LONGEST_TEXT:
            text = f"{text[:LONGEST_TEXT]}…"
        conversation_id = await self._conversation(destination)
        message_id = await self._append(
            conversation_id, said_text(text, self._said if destination is None else None), key
        )
        if destination is not None:
            await self._watch(message_id)
        return message_id

    async def _conversation(self, destination: str | None) -> str:
        if destination is None:
            return self._conversation_id
        surface, mark, name = destination.rpartition(":")
        async with self._store.begin() as records:
            person = await records.people.get(self._person_id)
            assert person is not None
            if mark and surface in READS_THE_LOG:
                own = await records.conversations.get(name)
                if own is None or own.person_id != person.id:
                    raise RejectedError("There is no such conversation.", advice="Post to this conversation instead.")
                return own.id
            home = await records.conversations.get(self._conversation_id)
            now = self._clock.now()
            return (await find_destination(records, destination, home=home, person=person, now=now)).id

    async def _append(self, conversation_id: str, part: JsonObject, key: str) -> str:
        """Append once for each key: the message's id is made of it."""
        message_id = "msg_" + hashlib.sha256(f"{conversation_id}:{key}".encode()).hexdigest()[:26]
        async with self._store.begin() as records:
            if await records.conversations.message(message_id) is not None:
                return message_id
            message = Message(
                id=message_id,
                conversation_id=conversation_id,
                author=Author.ERRAND,
                parts=[part],
                at=self._clock.now(),
            )
            await records.conversations.append(message)
        await self._events.publish(Event(conversation_id=conversation_id, message_id=message_id))
        return message_id

    async def _watch(self, message_id: str) -> None:
        """Wait until it is posted, for a while. Raises RejectedError when it never will be."""
        until_s = self._clock.monotonic_s() + _WATCHED_S
        while self._clock.monotonic_s() < until_s:
            async with self._store.begin() as records:
                posting = await records.postings.get(message_id)
            if posting is None or posting.external_id:
                return
            if posting.problem:
                raise RejectedError(posting.problem, advice=ELSEWHERE)
            await self._clock.sleep(_LOOK_S)
