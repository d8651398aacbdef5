"""Conversations, their logs, and what surfaces delivered."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import BindParameter, bindparam, select

from core.errors import StaleError, StoreError
from store.record import READS_THE_LOG, Author, Conversation, Delivery, Message, Place
from store.sql.database import Transaction
from store.sql.mapping import RecordTable
from store.sql.posting import make_posting
from store.sql.table import conversations, deliveries, messages

_CONVERSATIONS = RecordTable(Conversation, conversations)
_MESSAGES = RecordTable(Message, messages)
_DELIVERIES = RecordTable(Delivery, deliveries)

_OF_PERSON = (
    _CONVERSATIONS.where("person_id")
    .order_by(conversations.c.updated_at.desc(), conversations.c.id.desc())
    .limit(bindparam("limit"))
)
_NEWEST_MESSAGES = (
    _MESSAGES.where("conversation_id")
    .where(messages.c.seq > bindparam("after"))
    .order_by(messages.c.seq.desc())
    .limit(bindparam("limit"))
)
_ID: BindParameter[Any] = bindparam("conversation_id")
_NAME = (
    conversations.update().where(conversations.c.id == _ID, conversations.c.title == "").values(title=bindparam("to"))
)
_SEE = (
    conversations.update()
    .where(
        conversations.c.id == _ID,
        conversations.c.seen_seq < bindparam("seq"),
        bindparam("seq") <= conversations.c.last_seq,
    )
    .values(seen_seq=bindparam("seq"))
)
_UNSEEN = select(conversations.c.id).where(
    conversations.c.person_id == bindparam("person_id"), conversations.c.seen_seq < conversations.c.last_seq
)
_OWNERS = select(conversations.c.id, conversations.c.person_id).where(
    conversations.c.id.in_(bindparam("some", expanding=True))
)
# The counter lies in the conversation's row: two writers queue up for that row, in this process or another.
_COUNT_MESSAGE = (
    conversations.update()
    .where(conversations.c.id == bindparam("conversation_id"))
    .values(last_seq=conversations.c.last_seq + 1, updated_at=bindparam("at"))
    .returning(conversations.c.last_seq, conversations.c.surface, conversations.c.external_id)
)


@dataclass(frozen=True, slots=True)
class SqlConversationStore:
    """Implements `store.port.ConversationStore`."""

    _transaction: Transaction

    async def add(self, conversation: Conversation) -> None:
        await _CONVERSATIONS.insert(self._transaction, conversation)

    async def get(self, conversation_id: str) -> Conversation | None:
        return await _CONVERSATIONS.first(self._transaction, id=conversation_id)

    async def by_external(self, surface: str, external_id: str) -> Conversation | None:
        return await _CONVERSATIONS.first(self._transaction, surface=surface, external_id=external_id)

    async def of_person(self, person_id: str, *, limit: int = 50) -> list[Conversation]:
        return await _CONVERSATIONS.all(self._transaction, _OF_PERSON, person_id=person_id, limit=limit)

    async def save(self, conversation: Conversation) -> None:
        is_saved = await _CONVERSATIONS.change(
            self._transaction,
            {
                "title": conversation.title,
                "state": conversation.state,
                "revision": conversation.revision + 1,
                "updated_at": conversation.updated_at,
            },
            id=conversation.id,
            revision=conversation.revision,
        )
        if not is_saved:
            raise StaleError("This conversation went on meanwhile.")

    async def name(self, conversation_id: str, title: str) -> None:
        await self._transaction.write(_NAME, {"conversation_id": conversation_id, "to": title})

    async def see(self, conversation_id: str, seq: int) -> bool:
        return await self._transaction.write(_SEE, {"conversation_id": conversation_id, "seq": seq}) == 1

    async def unseen(self, person_id: str) -> set[str]:
        return {str(row[0]) for row in await self._transaction.read(_UNSEEN, {"person_id": person_id})}

    async def owners(self, ids: Collection[str]) -> dict[str, str]:
        rows: Sequence[Sequence[Any]] = await self._transaction.read(_OWNERS, {"some": list(ids)})
        return {str(row[0]): str(row[1]) for row in rows}

    async def append(self, message: Message) -> Message:
        rows: Sequence[Sequence[Any]] = await self._transaction.write_returning(
            _COUNT_MESSAGE, {"conversation_id": message.conversation_id, "at": message.at}
        )
        if not rows:
            raise StoreError(f"There is no conversation {message.conversation_id}.")
        seq, surface, external_id = rows[0]
        numbered = replace(message, seq=int(seq))
        await _MESSAGES.insert(self._transaction, numbered)
        if message.author is Author.ERRAND and surface not in READS_THE_LOG:
            await make_posting(self._transaction, numbered, Place.parse(surface, external_id))
        return numbered

    async def messages(self, conversation_id: str, *, after: int = 0, limit: int = 500) -> list[Message]:
        newest = {"conversation_id": conversation_id, "after": after, "limit": limit}
        return (await _MESSAGES.all(self._transaction, _NEWEST_MESSAGES, **newest))[::-1]

    async def message(self, message_id: str) -> Message | None:
        return await _MESSAGES.first(self._transaction, id=message_id)

    async def delivery(self, surface: str, delivery_id: str) -> Delivery | None:
        return await _DELIVERIES.first(self._transaction, surface=surface, delivery_id=delivery_id)

    async def add_delivery(self, delivery: Delivery) -> bool:
        return await _DELIVERIES.insert_new(self._transaction, delivery, "surface", "delivery_id")
