"""Who and what there is in Slack: users, channels, who is in them. Looked up through the Web API, and kept for some minutes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, TypeVar

from bot.surface.mention import mention
from bot.surface.port import Profile
from bot.surfaces.slack.api import SlackApi
from bot.surfaces.slack.reading import object_of, text_of
from core.clock import Clock
from core.errors import ErrandError, NotFoundError
from store.record import Place

T = TypeVar("T")
_KEPT_S = 300.0
_MISSED_S = 5.0
"""So long it is believed that there is no channel of a name."""
_SPELL_S = 1.0
_MOST_KEPT = 1000


@dataclass(slots=True)
class _Kept(Generic[T]):
    """Answers of Slack's that are asked for often."""

    clock: Clock
    found: dict[str, tuple[float, T]] = field(default_factory=dict)

    async def get(self, key: str, look: Callable[[], Awaitable[T]], *, at_most_s: float = _KEPT_S) -> T:
        """One that is no older than that."""
        now = self.clock.monotonic_s()
        at, value = self.found.get(key, (now, None))
        if value is None or now - at >= at_most_s:
            value = await look()
            self.found.pop(key, None)  # who comes last goes last
            if len(self.found) >= _MOST_KEPT:
                del self.found[next(iter(self.found))]
            self.found[key] = (now, value)
        return value


class Directory:
    def __init__(self, api: SlackApi, clock: Clock) -> None:
        self._api = api
        self._directs: _Kept[str] = _Kept(clock)
        self._names: _Kept[dict[str, str]] = _Kept(clock)
        self._called: _Kept[str] = _Kept(clock)
        self._members: _Kept[set[str]] = _Kept(clock)

    async def profile(self, account: str) -> Profile:
        user = account.rpartition("/")[2]
        answer = await self._api.read("users.info", user=user, include_locale="true")
        found = object_of(answer.get("user"))
        names = (object_of(found.get("profile")).get("display_name"), found.get("real_name"), found.get("name"))
        return Profile(
            name=next((name for name in map(text_of, names) if name.strip()), user),
            time_zone=text_of(found.get("tz")),
            locale=text_of(found.get("locale")),
        )

    async def find_channel(self, name: str) -> str | None:
        """The id of a channel that Errand is in, by its name."""
        wanted = name.removeprefix("#")
        for at_most_s in (_KEPT_S, _MISSED_S):  # Errand may have been invited since
            if found := (await self._names.get("", self._look_up_names, at_most_s=at_most_s)).get(wanted):
                return found
        return None

    async def channel_name(self, place: Place) -> str:
        """What a channel is called; empty for one that Errand may not know."""
        if place.is_direct:
            return ""
        try:
            return await self._called.get(place.channel, lambda: self._look_up_name(place.channel))
        except NotFoundError:
            return ""

    async def channel(self, place: Place) -> str:
        """Slack's id of a place's channel. Raises NotFoundError."""
        if place.is_direct:
            user = place.channel.removeprefix("@")
            return await self._directs.get(user, lambda: self._open_direct(user))
        if not place.channel.startswith("#"):
            return place.channel
        if (found := await self.find_channel(place.channel)) is None:
            raise NotFoundError(f"There is no channel {place.channel}, or Errand is not in it.")
        return found

    async def has_member(self, place: Place, account: str) -> bool:
        user = account.rpartition("/")[2]
        if place.is_direct:
            return place.channel == f"@{user}"
        try:
            channel = await self.channel(place)
            return user in await self._members.get(channel, lambda: self._look_up_members(channel))
        except NotFoundError:
            return False

    async def spelled(self, ids: Iterable[str]) -> dict[str, str]:
        """Users and channels as one would type them. Best effort: Slack waits for no long look."""
        found: dict[str, str] = {}
        with suppress(TimeoutError):
            async with asyncio.timeout(_SPELL_S):
                for one in ids:
                    look = self._spell_user if one.startswith(("U", "W")) else self._look_up_name
                    with suppress(ErrandError):
                        found[one] = await self._called.get(one, partial(look, one))
        return {one: spelling for one, spelling in found.items() if spelling}

    async def _spell_user(self, user: str) -> str:
        return mention((await self.profile(user)).name, user)

    async def _open_direct(self, user: str) -> str:
        answer = await self._api.call("conversations.open", users=user)
        return text_of(object_of(answer.get("channel")).get("id"))

    async def _look_up_names(self) -> dict[str, str]:
        found: dict[str, str] = {}
        kinds = "public_channel,private_channel"
        async for one in self._api.pages("conversations.list", "channels", types=kinds, exclude_archived="true"):
            channel = object_of(one)
            if channel.get("is_member"):
                found[text_of(channel.get("name"))] = text_of(channel.get("id"))
        return found

    async def _look_up_name(self, channel: str) -> str:
        if channel.startswith("#"):
            return channel
        answer = await self._api.read("conversations.info", channel=channel)
        name = text_of(object_of(answer.get("channel")).get("name"))
        return f"#{name}" if name else ""

    async def _look_up_members(self, channel: str) -> set[str]:
        return {text_of(one) async for one in self._api.pages("conversations.members", "members", channel=channel)}
