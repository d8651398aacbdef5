"""Which outside surfaces can be posted to, whichever process serves them, and where on them people are reached. Posts nothing."""

from __future__ import annotations

from datetime import datetime, timedelta

from store.port import Records
from store.record import READS_THE_LOG, Conversation, Person, Place

_SCOPE = "surface"
_GONE_AFTER = timedelta(days=1)
"""A surface of which nothing was heard for so long was taken out of service, and is not only being restarted."""


async def announce(records: Records, surface: str, *, at: datetime) -> None:
    """This surface is served."""
    await records.memory.put(_SCOPE, surface, at.isoformat(), at=at)


async def served(records: Records, *, now: datetime) -> list[str]:
    """The outside surfaces that are served, by name."""
    found = await records.memory.of_scope(_SCOPE)
    return sorted(name for name, at in found.items() if now - datetime.fromisoformat(str(at)) < _GONE_AFTER)


async def direct_place(records: Records, person_id: str, *, preferred: str, now: datetime) -> Place | None:
    """Where to talk with somebody alone on an outside surface: the preferred one if they are there; none if on none."""
    there = await served(records, now=now)
    accounts = [one for one in await records.people.accounts(person_id) if one.surface in there]
    accounts.sort(key=lambda one: one.surface != preferred)
    return Place.direct(accounts[0].surface, accounts[0].external_id) if accounts else None


async def conversation_at(records: Records, place: Place, person: Person, *, title: str, now: datetime) -> Conversation:
    """The conversation of a place, made for this person when there is none."""
    found = await records.conversations.by_external(place.surface, place.key)
    if found is not None:
        return found
    conversation = Conversation.begun(
        surface=place.surface, person_id=person.id, at=now, external_id=place.key, title=title
    )
    await records.conversations.add(conversation)
    return conversation


def is_outside(conversation: Conversation | None) -> bool:
    return conversation is not None and conversation.surface not in READS_THE_LOG
