"""Who and what there is in Slack: users, channels, who is in them. Looked up through the Web API, and kept for some minutes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from pydantic import JsonValue

from bot.surface.port import Profile
from bot.surfaces.slack.api import SlackApi
from bot.surfaces.slack.reading import object_of, text_of
from core.clock import Clock
from core.errors import ErrandError, NotFoundError
from store.record import Place

T = TypeVar("T")
_KEPT_S = 300.0
_SPELL_S = 1.0
_PAGE = 200
_MOST_PAGES = 25
_MOST_KEPT = 1000


@dataclass(slots=True)
class _Kept(Generic[T]):
    """Answers of Slack's that are asked for often."""

    clock: Clock
    found: dict[str, tuple[float, T]] = field(default_factory=dict)

    async def get(self, key: str, look: Callable[[], Awaitable[T]]) -> T:
        now = self.clock.monotonic_s()
        at, value = self.found.get(key, (now - _KEPT_S, None))
        if value is None or now - at >= _KEPT_S:
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
        return (await self._names.get("", self._look_up_names)).get(wanted)

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
        with suppress(ErrandError, TimeoutError):
            async with asyncio.timeout(_SPELL_S):
                for one in ids:
                    is_user = one.startswith(("U", "W"))
                    method, name = ("users.info", "user") if is_user else ("conversations.info", "channel")
                    answer = await self._api.read(method, **{name: one})
                    found[one] = f"{'@' if is_user else '#'}{text_of(object_of(answer.get(name)).get('name'))}"
        return found

    async def _open_direct(self, user: str) -> str:
        answer = await self._api.call("conversations.open", users=user)
        return text_of(object_of(answer.get("channel")).get("id"))

    async def _look_up_names(self) -> dict[str, str]:
        found: dict[str, str] = {}
        kinds = "public_channel,private_channel"
        async for one in self._pages("conversations.list", "channels", types=kinds, exclude_archived="true"):
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
        return {text_of(one) async for one in self._pages("conversations.members", "members", channel=channel)}

    async def _pages(self, method: str, name: str, **arguments: str) -> AsyncIterator[JsonValue]:
        """What a method lists, page by page."""
        cursor = ""
        for _ in range(_MOST_PAGES):
            answer = await self._api.read(method, limit=str(_PAGE), cursor=cursor or None, **arguments)
            listed = answer.get(name)
            for one in listed if isinstance(listed, list) else ():
                yield one
            cursor = text_of(object_of(answer.get("response_metadata")).get("next_cursor"))
            if not cursor:
                return
