"""Reads where a step wants to post on outside surfaces: `#ops`, `@Ana`, or either on a surface, as in `slack:#ops`. Posts nothing."""

from __future__ import annotations

from datetime import datetime

from catalog.approver import find_people
from core.errors import RejectedError
from store.port import Records
from store.record import Conversation, Person, Place
from worker.outside import conversation_at, direct_place, served

ELSEWHERE = "Post to this conversation instead, or ask the operator to connect that surface."


async def find_destination(
    records: Records, destination: str, *, home: Conversation | None, person: Person, now: datetime
) -> Conversation:
    """The conversation there, made for this person when there is none. Without a surface it is that of `home`, or the only
    one that there is. Raises RejectedError.
    """
    surface, mark, name = destination.rpartition(":")
    there = await served(records, now=now)
    surface = surface or _default(there, home, destination)
    if surface not in there or not name.strip("#@") or not (mark or name.startswith(("#", "@"))):
        raise RejectedError(
            f"{destination} cannot be reached: no surface that knows it is connected.", advice=ELSEWHERE
        )
    if name.startswith("@"):
        return await _of_person(records, surface, name, now)
    return await conversation_at(records, Place(surface=surface, channel=name), person, title=name, now=now)


def _default(there: list[str], home: Conversation | None, destination: str) -> str:
    if home is not None and home.surface in there:
        return home.surface
    if len(there) > 1:
        which = f"Say which, as in {there[0]}:{destination}."
        raise RejectedError(f"{destination} may be on {' or '.join(there)}.", advice=which)
    return there[0] if there else ""


async def _of_person(records: Records, surface: str, name: str, now: datetime) -> Conversation:
    found = await find_people(records, name)
    if len(found) != 1:
        raise RejectedError(f"There {'are several' if found else 'is nobody'} called {name} here.")
    place = await direct_place(records, found[0].id, preferred=surface, now=now)
    if place is None or place.surface != surface:
        raise RejectedError(f"{name} is not known on {surface}.", advice=ELSEWHERE)
    return await conversation_at(records, place, found[0], title="", now=now)
