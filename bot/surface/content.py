"""Reads what a posting is to show now: the message as it is rendered from the records, for whom, and where. Calls no surface."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pydantic import JsonValue

from agent.renderer import Renderer
from agent.reply import Part
from bot.surface.port import Content
from core.canonical import digest
from core.clock import Clock
from store.port import Records, Store
from store.record import Message, Person, Place, Posting


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """`digest` tells whether it looks different from before. `user` is who alone is to see it, empty: all who read there."""

    place: Place
    content: Content
    digest: str
    user: str = ""


class Contents:
    """Renders for outside surfaces: for one person where they are alone with Errand, for all where others read along."""

    def __init__(self, *, store: Store, renderer: Renderer, clock: Clock) -> None:
        self._store = store
        self._renderer = renderer
        self._clock = clock

    async def read(self, posting: Posting) -> Showing | None:
        """None when there is nothing to be shown, or nobody to show it to. Raises StoreError."""
        async with self._store.begin() as records:
            message = await records.conversations.message(posting.message_id)
            conversation = await records.conversations.get(posting.conversation_id)
            place = conversation.place if conversation else None
            if message is None or conversation is None or place is None:
                return None
            person = await records.people.get(message.audience or conversation.person_id)
            if person is None:
                return None
            user = await _user(records, message, place)
            if message.audience and not user:
                return None
            if message.below:
                place = replace(place, thread=message.below)
            is_for_all = conversation.is_shared and not user
            now = self._clock.now()
            replies = await self._renderer.render(records, [message], person, now, is_for_all=is_for_all)
        return _showing(message, person, place, replies[0].parts, user) if replies[0].parts else None


def _showing(message: Message, person: Person, place: Place, parts: list[Part], user: str) -> Showing:
    content = Content(message_id=message.id, parts=parts, locale=person.locale, zone=person.time_zone)
    seen: JsonValue = [part.model_dump(mode="json") for part in parts]
    return Showing(place=place, content=content, digest=digest(seen), user=user)


async def _user(records: Records, message: Message, place: Place) -> str:
    """Under which id the one for whom the message is meant is known there."""
    if not message.audience or place.is_direct:
        return ""
    for account in await records.people.accounts(message.audience):
        team, _, user = account.external_id.rpartition("/")
        if account.surface == place.surface and team in ("", place.team):
            return user
    return ""
