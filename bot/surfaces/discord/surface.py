"""Discord as a surface: shows messages, changes them by the bot's own token, and knows users and channels. Decides nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import discord

from bot.surface.arrival import Handed
from bot.surface.port import Content, Fetched, Health, Ingress, Limits, Profile
from bot.surfaces.discord.card import Cards
from bot.surfaces.discord.channel import Channels
from bot.surfaces.discord.component import walk
from bot.surfaces.discord.download import Downloads
from bot.surfaces.discord.payload import PayloadView
from bot.surfaces.discord.place import NAME
from bot.surfaces.discord.posted import Posted, find, marked, nonce_of
from bot.surfaces.discord.press_id import PressIds
from bot.surfaces.discord.rest import ArchivedThreadError, Rest, UnknownChannelError
from core.clock import Clock
from core.errors import GoneError, NotAllowedError, NotFoundError
from core.ids import new_id
from store.record import JsonObject, Place

_COMPONENTS_V2 = 1 << 15
_TOKEN_S = 14 * 60.0
"""So long an interaction can be answered; Discord says fifteen minutes."""
_LOOKED_AT = 50
_HEADING = "### "


@dataclass(frozen=True, slots=True)
class _Recent:
    interaction: discord.Interaction
    at_s: float


class DiscordSurface:
    """Implements `bot.surface.port.Surface`."""

    name = NAME
    limits = Limits(post_gap_s=0.25, edit_gap_s=1.5)
    ingress: Sequence[Ingress] = ()
    writer = None

    def __init__(
        self,
        *,
        rest: Rest,
        ids: PressIds,
        clock: Clock,
        downloads: Downloads,
        files_url: Callable[[], str],
        health: Callable[[], Health],
    ) -> None:
        self._downloads = downloads
        self._rest = rest
        self._ids = ids
        self._clock = clock
        self._files_url = files_url
        self.health = health
        self._channels = Channels(rest)
        self._recent: dict[tuple[str, str], _Recent] = {}

    def _pages(self, content: Content) -> list[list[JsonObject]]:
        cards = Cards(
            ids=self._ids,
            message_id=content.message_id,
            files_url=self._files_url(),
        )
        return cards.messages(content.parts)

    async def post(self, place: Place, content: Content, *, key: str, is_repeat: bool) -> str:
        pages = self._pages(content)
        channel = await self._channels.target(place)
        there: dict[int, str] = {}
        try:
            if is_repeat:
                there = await self._there(channel, key, len(pages))
            first = await self._put(channel, there, pages, key, 0)
        except UnknownChannelError:
            if not place.thread:
                raise
            channel = await self._channels.open_thread(place, _title(pages[0]))
            first = await self._put(channel, there, pages, key, 0, answers=self._answers(place, channel))
        answers = self._answers(place, channel)
        others = [await self._put(channel, there, pages, key, page, answers=answers) for page in range(1, len(pages))]
        return str(Posted((first, *others), channel if answers else ""))

    async def update(self, place: Place, external_id: str, content: Content, *, key: str) -> str:
        pages, posted = self._pages(content), Posted.parse(external_id)
        channel = posted.channel or await self._channels.target(place)
        known = dict(enumerate(posted.ids[: len(pages)]))
        try:
            ids = [await self._put(channel, known, pages, key, page) for page in range(len(pages))]
        except GoneError:
            for one in posted.ids:  # of a card that somebody has deleted in part, no button stays behind
                await self._remove(channel, one)
            raise
        for extra in posted.ids[len(pages) :]:
            await self._remove(channel, extra)
        return str(Posted(tuple(ids), posted.channel))

    async def notify(self, place: Place, user: str, content: Content) -> None:
        pages = self._pages(content)
        recent = self._recent.get((place.key, user))
        if recent is not None and self._clock.monotonic_s() - recent.at_s < _TOKEN_S:
            try:
                for page in pages:
                    await recent.interaction.followup.send(view=PayloadView(page), ephemeral=True)
            except discord.HTTPException:
                pass
            else:
                return
        channel = await self._channels.target(Place.direct(NAME, user))
        key = new_id("note")
        for number in range(len(pages)):
            await self._put(channel, {}, pages, key, number)

    def remember(self, place: Place, interaction: discord.Interaction) -> None:
        """What is to be shown to this user alone can be shown there, for a while."""
        now = self._clock.monotonic_s()
        self._recent = {key: one for key, one in self._recent.items() if now - one.at_s < _TOKEN_S}
        self._recent[(place.key, str(interaction.user.id))] = _Recent(interaction, now)

    async def profile(self, account: str) -> Profile:
        """Discord tells nobody's time zone; the language comes with what a user does."""
        user = await self._rest.get("/users/{user_id}", user_id=account)
        return Profile(name=str(user.get("global_name") or user.get("username") or ""))

    async def find_channel(self, name: str, *, team: str = "") -> str | None:  # noqa: ARG002  # ids hold everywhere
        return await self._channels.find(name)

    async def channel_name(self, place: Place) -> str:
        return self._channels.name_of(place)

    async def earlier(self, place: Place) -> Sequence[str]:
        """Without the right to read messages, Discord sends them empty. A thread that is yet to be opened has none."""
        path = f"/channels/{{channel_id}}/messages?limit={_LOOKED_AT}"
        try:
            messages = await self._rest.call("GET", path, channel_id=place.thread)
        except UnknownChannelError:
            return []
        found = [one for one in messages if isinstance(one, dict)] if isinstance(messages, list) else []
        return [text for one in reversed(found) if not _is_of_a_bot(one) and (text := str(one.get("content") or ""))]

    async def said(self, place: Place, message: str) -> str:
        """Without the right to read messages, Discord sends it empty."""
        path, channel = "/channels/{channel_id}/messages/{message_id}", await self._channels.target(place)
        found = await self._rest.get(path, channel_id=channel, message_id=message)
        return str(found.get("content") or "")

    async def fetch_file(self, file: Handed, *, limit_bytes: int) -> Fetched:
        return await self._downloads.get(file, limit_bytes)

    async def has_member(self, place: Place, account: str) -> bool:
        try:
            return await self._channels.has_member(place, account)
        except (NotFoundError, NotAllowedError):
            return False

    async def _put(
        self,
        channel: str,
        there: dict[int, str],
        pages: list[list[JsonObject]],
        key: str,
        page: int,
        *,
        answers: str = "",
    ) -> str:
        """Post a page, or change the message that shows it; returns its id. Discord takes a nonce once in a few minutes. It
        `answers` a message where no thread could be opened from that.
        """
        body: JsonObject = {
            "components": list(marked(pages[page], key, page)),
            "flags": _COMPONENTS_V2,
            "allowed_mentions": {"parse": []},
        }
        if page in there:
            await self._opened(channel, lambda: self._change(channel, there[page], body))
            return there[page]
        body |= {"nonce": nonce_of(key, page), "enforce_nonce": True}
        if answers:
            body["message_reference"] = {"message_id": answers, "fail_if_not_exists": False}
        path = "/channels/{channel_id}/messages"
        sent = await self._opened(channel, lambda: self._rest.send("POST", path, body, channel_id=channel))
        return str(sent["id"])

    async def _change(self, channel: str, message: str, body: JsonObject) -> JsonObject:
        path = "/channels/{channel_id}/messages/{message_id}"
        return await self._rest.send("PATCH", path, body, channel_id=channel, message_id=message)

    async def _opened(self, channel: str, call: Callable[[], Awaitable[JsonObject]]) -> JsonObject:
        """Call once more in a thread that was archived and is opened again. Raises ClosedError for a locked one."""
        try:
            return await call()
        except ArchivedThreadError:
            await self._channels.reopen(channel)
            return await call()

    def _answers(self, place: Place, channel: str) -> str:
        """The message that is answered in the channel itself."""
        return place.thread if place.thread and channel == place.channel else ""

    async def _there(self, channel: str, key: str, pages: int) -> dict[int, str]:
        path = f"/channels/{{channel_id}}/messages?limit={_LOOKED_AT}"
        messages = await self._rest.call("GET", path, channel_id=channel)
        return find(messages if isinstance(messages, list) else [], key, pages)

    async def _remove(self, channel: str, message: str) -> None:
        path = "/channels/{channel_id}/messages/{message_id}"
        try:
            await self._rest.call("DELETE", path, channel_id=channel, message_id=message)
        except NotFoundError:
            return


def _is_of_a_bot(message: JsonObject) -> bool:
    author = message.get("author")
    return isinstance(author, dict) and bool(author.get("bot"))


def _title(components: Sequence[JsonObject]) -> str:
    """What a thread is called that is opened for an answer: as its first card, else by its first line."""
    lines = [line for one in walk(components) for line in str(one.get("content") or "").split("\n")]
    titles = [line for line in lines if line.startswith(_HEADING)]
    found = [name for line in (*titles, *lines) if (name := line.replace("\\", "").strip("#*-<> "))]
    return found[0][:80] if found else "Errand"
