"""Slack as a surface: posts, edits and looks up through the Web API. Listens to nothing."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from pydantic import JsonValue

from agent.phrases import Phrases, load_phrases
from bot.surface.arrival import Handed
from bot.surface.port import Content, Fetched, Health, Ingress, Limits, Profile
from bot.surfaces.slack.api import SlackApi
from bot.surfaces.slack.card import Cards, SlackMessage
from bot.surfaces.slack.directory import Directory
from bot.surfaces.slack.download import download
from bot.surfaces.slack.reading import SURFACE, Me, object_of, plain_text, text_of
from bot.surfaces.slack.stream import OPEN, Streams, is_going
from bot.surfaces.slack.writing import Writing
from core.clock import Clock
from core.errors import GoneError, NotFoundError, RejectedError
from store.record import JsonObject, Place, account_of

EVENT_TYPE = "errand_message"
"""The type of the metadata by which a message of ours is found again."""
_LOOKED_BACK = 100


class SlackSurface:
    """Implements `bot.surface.port.Surface`. The id of a message is its `ts`; of one that is several, theirs with commas."""

    name = SURFACE
    limits = Limits(post_gap_s=1.0, edit_gap_s=1.5, working_s=20.0)

    def __init__(
        self,
        api: SlackApi,
        clock: Clock,
        *,
        public_url: Callable[[], str],
        health: Callable[[], Health],
        ingress: Sequence[Ingress] = (),
        streams: Streams,
        me: Callable[[], Me],
    ) -> None:
        self.me = me
        self._streams = streams
        self._api = api
        self._clock = clock
        self._public_url = public_url
        self._health = health
        self.ingress = ingress
        self.directory = Directory(api, clock)
        self.writer = Writing(api, clock, channel=self.directory.channel, me=me)

    def health(self) -> Health:
        return self._health()

    def phrases(self, locale: str) -> Phrases:
        return load_phrases(locale)

    def messages(self, content: Content) -> list[SlackMessage]:
        cards = Cards(phrases=self.phrases(content.locale), message_id=content.message_id, files_url=self._public_url())
        return cards.messages(content.parts)

    async def post(self, place: Place, content: Content, *, key: str, is_repeat: bool) -> str:
        channel = await self.directory.channel(place)
        thread = _root(place.thread)
        if place.is_direct and thread and not is_repeat and is_going(content.parts):
            with suppress(RejectedError):
                return await self._streams.start(channel, place, thread, content.parts)
        there = await self._posted(channel, thread, key) if is_repeat else {}
        return await self._show(channel, place, content, key, there)

    async def update(self, place: Place, external_id: str, content: Content, *, key: str) -> str:
        channel = await self.directory.channel(place)
        if external_id.startswith(OPEN):
            if await self._streams.go_on(channel, external_id, content.parts):
                return external_id
            external_id = external_id.removeprefix(OPEN)
        there = dict(enumerate(external_id.split(",")))
        return await self._show(channel, place, content, key, there)

    async def notify(self, place: Place, user: str, content: Content) -> None:
        """Whoever is not in the channel, or whose thread is gone, is told alone with Errand."""
        if not place.is_direct:
            try:
                await self._whisper(place, user, content)
            except NotFoundError:
                place = Place.direct(SURFACE, account_of(place.team, user))
            else:
                return
        await self.post(place, content, key=content.message_id, is_repeat=False)

    async def profile(self, account: str) -> Profile:
        return await self.directory.profile(account)

    async def find_channel(self, name: str, *, team: str = "") -> str | None:  # noqa: ARG002  # one team for each token
        return await self.directory.find_channel(name)

    async def channel_name(self, place: Place) -> str:
        return await self.directory.channel_name(place)

    async def has_member(self, place: Place, account: str) -> bool:
        return await self.directory.has_member(place, account)

    async def earlier(self, place: Place) -> Sequence[str]:
        channel, thread = await self.directory.channel(place), _root(place.thread)
        replies = self._api.pages("conversations.replies", "messages", channel=channel, ts=thread)
        said: deque[str] = deque(maxlen=_LOOKED_BACK)
        async for one in replies:
            message = object_of(one)
            if not message.get("bot_id") and (text := plain_text(text_of(message.get("text")), self.me())):
                said.append(text)
        return list(said)

    async def said(self, place: Place, message: str) -> str:
        channel = await self.directory.channel(place)
        where = {"channel": channel, "latest": message, "inclusive": "true", "limit": "1"}
        found = _with_ts(await self._api.read("conversations.history", **where), message)
        if not found:  # one in a thread is no part of the channel's own history
            found = _with_ts(await self._api.read("conversations.replies", ts=message, **where), message)
        return plain_text(text_of(found.get("text")), self.me())

    async def fetch_file(self, file: Handed, *, limit_bytes: int) -> Fetched:
        return await download(self._api, file, limit_bytes)

    async def _whisper(self, place: Place, user: str, content: Content) -> None:
        channel = await self.directory.channel(place)
        for message in self.messages(content):
            await self._api.call(
                "chat.postEphemeral",
                channel=channel,
                user=user,
                thread_ts=_root(place.thread) or None,
                text=message.text,
                blocks=message.blocks,
            )

    async def _show(self, channel: str, place: Place, content: Content, key: str, there: Mapping[int, str]) -> str:
        """Edit what is there, post what is not there yet, and take away what is too much."""
        messages = self.messages(content)
        ids: list[str] = []
        has_posted = False
        try:
            for at, message in enumerate(messages):
                if at in there:
                    await self._api.call("chat.update", channel=channel, ts=there[at], **_shown(message, key, at))
                    ids.append(there[at])
                    continue
                if has_posted:
                    await self._clock.sleep(self.limits.post_gap_s)
                has_posted = True
                ids.append(await self._post(channel, _root(place.thread), _shown(message, key, at)))
        except GoneError:
            for ts in there.values():  # of a card that somebody has deleted in part, no button stays behind
                await self._remove(channel, ts)
            raise
        for at in sorted(there):
            if at >= len(messages):
                await self._remove(channel, there[at])
        return ",".join(ids)

    async def _post(self, channel: str, thread: str, shown: Mapping[str, object]) -> str:
        answer = await self._api.call(
            "chat.postMessage",
            channel=channel,
            thread_ts=thread or None,
            unfurl_links=False,
            unfurl_media=False,
            **shown,
        )
        return text_of(answer.get("ts"))

    async def _remove(self, channel: str, ts: str) -> None:
        try:
            await self._api.call("chat.delete", channel=channel, ts=ts)
        except NotFoundError:
            return

    async def _posted(self, channel: str, thread: str, key: str) -> dict[int, str]:
        """Those messages with this key that are there, by their number."""
        found: dict[int, str] = {}
        for message in await self._lately(channel, thread):
            one = object_of(message)
            metadata = object_of(one.get("metadata"))
            payload = object_of(metadata.get("event_payload"))
            if metadata.get("event_type") == EVENT_TYPE and payload.get("key") == key:
                found[int(str(payload.get("part", 0)))] = text_of(one.get("ts"))
        return found

    async def _lately(self, channel: str, thread: str) -> Sequence[JsonValue]:
        """The newest messages, with their metadata. Slack lists a channel from its end, a thread from its beginning."""
        where = {"channel": channel, "include_all_metadata": "true"}
        if thread:
            replies = self._api.pages("conversations.replies", "messages", ts=thread, **where)
            return deque([one async for one in replies], maxlen=_LOOKED_BACK)
        answer = await self._api.read("conversations.history", limit=str(_LOOKED_BACK), **where)
        listed = answer.get("messages")
        return listed if isinstance(listed, list) else []


def _with_ts(answer: JsonObject, ts: str) -> Mapping[str, JsonValue]:
    listed = answer.get("messages")
    found = [object_of(one) for one in (listed if isinstance(listed, list) else ()) if object_of(one).get("ts") == ts]
    return found[0] if found else {}


def _root(thread: str) -> str:
    """A thread is named by its first message, which may be one of ours that became several."""
    return thread.removeprefix(OPEN).partition(",")[0]


def _shown(message: SlackMessage, key: str, at: int) -> dict[str, object]:
    metadata: JsonObject = {"event_type": EVENT_TYPE, "event_payload": {"key": key, "part": at}}
    return {"text": message.text, "blocks": message.blocks, "metadata": metadata}
