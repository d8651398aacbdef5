"""Finds who somebody on a surface is, and which conversation a place holds; makes both when they are new. Takes no turns."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from zoneinfo import ZoneInfo

from bot.surface.port import Profile, Surface
from core.clock import Clock
from core.errors import ErrandError, StoreError
from core.ids import new_id
from store.port import Store
from store.record import Conversation, Identity, Person, Place, Role

_log = logging.getLogger(__name__)
_PROFILE_S = 5.0
"""Somebody who is new waits so long for their own name, then goes without."""
_LONGEST_NAME = 80


class Reception:
    """`time_zone` and `locale` are those of people of whom the surface does not say them."""

    def __init__(
        self, *, store: Store, clock: Clock, surfaces: Mapping[str, Surface], time_zone: str, locale: str = "en"
    ) -> None:
        self._store = store
        self._clock = clock
        self._surfaces = surfaces
        self._time_zone = time_zone
        self._locale = locale

    async def person(self, surface: str, account: str, *, locale: str = "") -> Person:
        """Who has this account; `locale` is what their delivery said of it. Raises StoreError."""
        if known := await self.known(surface, account):
            return known
        profile = await self._profile(surface, account)
        person = Person(
            id=new_id("usr"),
            name=profile.name.strip()[:_LONGEST_NAME] or account,
            time_zone=profile.time_zone if _is_zone(profile.time_zone) else self._time_zone,
            locale=profile.locale or locale or self._locale,
            role=Role.MEMBER,
            created_at=self._clock.now(),
        )
        try:
            async with self._store.begin() as records:
                await records.people.add(person, Identity(surface=surface, external_id=account, person_id=person.id))
        except StoreError:
            # Another process, or another place at the same moment, was first.
            if known := await self.known(surface, account):
                return known
            raise
        return person

    async def known(self, surface: str, account: str) -> Person | None:
        async with self._store.begin() as records:
            return await records.people.by_identity(surface, account)

    async def conversation(self, place: Place, person: Person) -> Conversation:
        """The one that is held there. Raises StoreError."""
        if found := await self.held(place):
            return found
        now = self._clock.now()
        conversation = Conversation.begun(surface=place.surface, person_id=person.id, at=now, external_id=place.key)
        try:
            async with self._store.begin() as records:
                await records.conversations.add(conversation)
        except StoreError:
            if found := await self.held(place):
                return found
            raise
        return conversation

    async def held(self, place: Place) -> Conversation | None:
        """A thread that somebody alone with Errand begins below a message of Errand's goes on with what that is about."""
        async with self._store.begin() as records:
            found = await records.conversations.by_external(place.surface, place.key)
            if found is None and place.is_direct and place.thread:
                root = await records.postings.by_external(place.surface, place.lane, place.thread)
                found = await records.conversations.get(root.conversation_id) if root is not None else None
            return found

    async def earlier(self, place: Place) -> tuple[str, ...]:
        """What was said in a thread in which Errand was not yet. Best effort: nobody waits for it long."""
        surface = self._surfaces.get(place.surface)
        if surface is None or place.is_direct or not place.thread:
            return ()
        try:
            async with asyncio.timeout(_PROFILE_S):
                return tuple(await surface.earlier(place))
        except (ErrandError, TimeoutError) as error:
            _log.warning("What was said before on %s could not be read: %s", place.surface, error)
            return ()

    async def _profile(self, name: str, account: str) -> Profile:
        """Best effort: nobody is kept out because their profile cannot be read."""
        surface = self._surfaces.get(name)
        if surface is None:
            return Profile(name="")
        try:
            async with asyncio.timeout(_PROFILE_S):
                return await surface.profile(account)
        except (ErrandError, TimeoutError) as error:
            _log.warning("The profile of %s on %s could not be read: %s", account, name, error)
            return Profile(name="")


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return bool(name)
