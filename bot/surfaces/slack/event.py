"""Slack's events: what is said, reacted to and joined goes into the inbox; opening Errand's pages and panes shows them.

What could not be kept is not acknowledged, and Slack sends it again.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.app.async_app import AsyncApp

from bot.surface.arrival import Arrival, Pressed, Said
from bot.surfaces.slack.answering import Answering, Body
from bot.surfaces.slack.assistant import Assistant
from bot.surfaces.slack.home import Home
from bot.surfaces.slack.reading import SURFACE, object_of, read_event, text_of, written_in
from bot.surfaces.slack.stream import OPEN
from store.record import Place, Shows

_ANY = re.compile(".*", re.DOTALL)


class Events:
    """Listens to all of them; those that mean nothing here are only acknowledged."""

    def __init__(self, answering: Answering, home: Home, assistant: Assistant) -> None:
        self._answering = answering
        self._home = home
        self._assistant = assistant

    def listen(self, app: AsyncApp) -> None:
        app.event(_ANY, middleware=[self._keep])(_nothing)

    async def _keep(self, body: dict[str, Any], next: Callable[[], Awaitable[None]]) -> None:  # noqa: A002  # Bolt's name
        answering, me = self._answering, self._answering.me
        event = object_of(body.get("event"))
        arrival = read_event(body, me)
        if arrival is not None and isinstance(arrival.what, Said) and arrival.what.is_addressed:
            arrival = read_event(body, me, await answering.names_in(written_in(event)))
        if event.get("type") == "agent_session_stopped":
            arrival = await self._stopped(body)
        if arrival is not None:
            accepted = await answering.intake.accept(arrival)
            if arrival.place.is_direct and arrival.thread and accepted.is_new:
                phrases = await answering.phrases(arrival.account)
                answering.follow(self._assistant.accompany(arrival.place, accepted, phrases))
        elif event.get("type") == "app_home_opened":
            answering.follow(self._home.show(me.team, text_of(event.get("user"))))
        elif event.get("type") == "assistant_thread_started":
            user = text_of(object_of(event.get("assistant_thread")).get("user_id"))
            answering.follow(self._assistant.welcome(event, await answering.phrases(f"{me.team}/{user}")))
        await next()

    async def _stopped(self, body: Body) -> Arrival | None:
        """The stop button of a stream means that of the run which it shows, or ends the answer that is being written."""
        event, me = object_of(body.get("event")), self._answering.me
        user, streams = text_of(event.get("user")), event.get("streaming_message_ts")
        place = Place(surface=SURFACE, channel=f"@{user}", thread=text_of(event.get("thread_ts")), team=me.team)
        for ts in streams if isinstance(streams, list) else ():
            if run_id := await self._shown_run(place, f"{OPEN}{ts}"):
                return Arrival(
                    surface=SURFACE,
                    delivery_id=text_of(body.get("event_id")),
                    user=user,
                    team=me.team,
                    channel=place.channel,
                    thread=place.thread,
                    what=Pressed(action=f"cancel-run:{run_id}"),
                )
        async with self._answering.store.begin() as records:
            conversation = await records.conversations.by_external(SURFACE, place.key)
        if conversation is not None:
            await self._answering.stop_writing(conversation.id)
        return None

    async def _shown_run(self, place: Place, external_id: str) -> str:
        async with self._answering.store.begin() as records:
            posting = await records.postings.by_external(SURFACE, place.lane, external_id)
            message = await records.conversations.message(posting.message_id) if posting else None
        shown = [part for part in (message.parts if message else ()) if part.get("subject") == Shows.RUN]
        return text_of(shown[0].get("id")) if shown else ""


async def _nothing() -> None:
    """What there was to do was done before the acknowledgement."""
