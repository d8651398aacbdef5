"""The assistant pane: sentences to try when it is opened, and that Errand is at work while a turn is taken. Best effort.

Source: docs.slack.dev, "Developing agents and AI apps". Status and agent sessions write the same line of the pane: only the
status is used.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from agent.phrases import Phrases
from bot.surface.services import Accepted
from bot.surfaces.slack.api import SlackApi
from bot.surfaces.slack.block import shortened
from bot.surfaces.slack.declared import PROMPTS
from bot.surfaces.slack.reading import object_of, text_of
from bot.surfaces.slack.surface import SlackSurface
from store.record import Place

_ANSWERED_S = 60.0
_LONGEST_TITLE = 80


class Assistant:
    """A thread of the pane is a thread of the direct messages: its place is like any other's."""

    def __init__(self, api: SlackApi, surface: SlackSurface) -> None:
        self._api = api
        self._surface = surface

    async def welcome(self, event: Mapping[str, JsonValue], phrases: Phrases) -> None:
        """Offer a few sentences to somebody who opened the pane."""
        thread = object_of(event.get("assistant_thread"))
        prompts = [{"title": shortened(one, _LONGEST_TITLE), "message": one} for one in PROMPTS]
        await self._api.call(
            "assistant.threads.setSuggestedPrompts",
            channel_id=text_of(thread.get("channel_id")),
            thread_ts=text_of(thread.get("thread_ts")),
            title=phrases.plain("slack.for_example"),
            prompts=prompts,
        )

    async def accompany(self, place: Place, accepted: Accepted, phrases: Phrases) -> None:
        """Say that Errand is at work until it has answered; what it then posts would end it as well."""
        channel = await self._surface.directory.channel(place)
        await self._status(channel, place.thread, phrases.plain("slack.thinking"))
        await accepted.replies(within_s=_ANSWERED_S)
        await self._status(channel, place.thread, "")

    async def _status(self, channel: str, thread: str, status: str) -> None:
        await self._api.call("assistant.threads.setStatus", channel_id=channel, thread_ts=thread, status=status)
