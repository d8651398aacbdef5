"""Texts that Errand is writing, shown as streams in the assistant pane. Knows no message: what follows takes a stream's place.

Source: docs.slack.dev, "chat.startStream". Slack ends a stream after five minutes and takes 12,000 characters for one: the text
goes on in a new one before that, a fence of code closed where the old one ends and opened again where the new one begins. The
id is that of `stream.Streams`, where a text has become several with commas; the last one is open.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress

from pydantic import JsonValue

from bot.surfaces.slack.api import SlackApi, StreamOverError
from bot.surfaces.slack.mrkdwn import escape
from bot.surfaces.slack.reading import Me, object_of, text_of
from bot.surfaces.slack.stream import LONGEST_S, LONGEST_TEXT, OPEN
from core.clock import Clock
from core.errors import NotFoundError
from store.record import Place

_LOOKED_BACK = 100
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})(.*)$", re.MULTILINE)


class Writing:
    """Implements `bot.surface.port.Writer`. `channel` tells Slack's id of a place's channel."""

    def __init__(
        self,
        api: SlackApi,
        clock: Clock,
        *,
        channel: Callable[[Place], Awaitable[str]],
        me: Callable[[], Me],
        longest_s: float = LONGEST_S,
        longest_text: int = LONGEST_TEXT,
    ) -> None:
        self._api = api
        self._clock = clock
        self._channel = channel
        self._me = me
        self._longest_s = longest_s
        self._longest_text = longest_text

    async def write(self, place: Place, external_id: str, shown: str, text: str) -> str:
        channel = await self._channel(place)
        if not external_id:
            return f"{OPEN}{await self._start(channel, place, text)}"
        streams, more = external_id.removeprefix(OPEN).split(","), text[len(shown) :]
        if self._has_room(streams, text):
            with suppress(StreamOverError):
                await self._api.call("chat.appendStream", channel=channel, ts=streams[-1], markdown_text=escape(more))
                return external_id
        fence = open_fence(shown)
        end = "" if shown.endswith("\n") else "\n"
        await self._stop(channel, streams[-1], f"{end}{_bare(fence)}" if fence else "")
        started = await self._start(channel, place, f"{fence}\n{more}" if fence else more)
        return f"{external_id},{started}"

    async def take_away(self, place: Place, external_id: str) -> None:
        channel, streams = await self._channel(place), external_id.removeprefix(OPEN).split(",")
        await self._stop(channel, streams[-1], "")
        for ts in streams:
            with suppress(NotFoundError):
                await self._api.call("chat.delete", channel=channel, ts=ts)

    async def left_over(self, place: Place) -> Sequence[str]:
        """Every message of ours that is whole has metadata. The one that begins the pane's thread is Slack's."""
        channel = await self._channel(place)
        answer = await self._api.read(
            "conversations.replies",
            channel=channel,
            ts=place.thread,
            limit=str(_LOOKED_BACK),
            include_all_metadata="true",
        )
        listed = answer.get("messages")
        ours = [one for one in map(object_of, listed if isinstance(listed, list) else ()) if self._is_ours(one)]
        return [f"{OPEN}{text_of(one.get('ts'))}" for one in ours if one.get("ts") != place.thread]

    def _is_ours(self, message: Mapping[str, JsonValue]) -> bool:
        return message.get("bot_id") == self._me().bot and not object_of(message.get("metadata"))

    def _has_room(self, streams: Sequence[str], text: str) -> bool:
        age_s = self._clock.now().timestamp() - float(streams[-1])
        return age_s < self._longest_s and len(escape(text)) <= self._longest_text * len(streams)

    async def _start(self, channel: str, place: Place, text: str) -> str:
        answer = await self._api.call(
            "chat.startStream",
            channel=channel,
            thread_ts=place.thread,
            recipient_user_id=place.channel.removeprefix("@"),
            recipient_team_id=place.team,
            markdown_text=escape(text),
        )
        return text_of(answer.get("ts"))

    async def _stop(self, channel: str, ts: str, text: str) -> None:
        with suppress(StreamOverError, NotFoundError):
            await self._api.call("chat.stopStream", channel=channel, ts=ts, markdown_text=text or None)


def open_fence(text: str) -> str:
    """The line that opened a fence of code which is not closed by the end of a text; empty when none is open."""
    opened = ""
    for found in _FENCE.finditer(text):
        mark, rest = found[1], found[2].strip()
        if not opened:
            opened = found[0].strip()
        elif not rest and mark[0] == opened[0] and len(mark) >= len(_bare(opened)):
            opened = ""
    return opened


def _bare(fence: str) -> str:
    """A fence's mark without what it says of the code."""
    return fence[: len(fence) - len(fence.lstrip(fence[:1]))]
