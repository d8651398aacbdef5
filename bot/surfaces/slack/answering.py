"""What every listener owes a person: an acknowledgement that stays, a form that opens in time, and a sentence when something
went wrong. Knows no kind of delivery.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping
from typing import Any

from pydantic import JsonValue
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.response import BoltResponse

from agent.phrases import Phrases
from agent.reply import FormPart, Reply, TextPart
from bot.surface.arrival import Arrival
from bot.surface.mention import told_apart
from bot.surface.port import Content
from bot.surface.services import Accepted, SurfaceServices
from bot.surfaces.slack.api import SlackApi
from bot.surfaces.slack.form import Belongs, block_id, modal
from bot.surfaces.slack.reading import SURFACE, Me, nameless, object_of, place_of, text_of
from bot.surfaces.slack.surface import SlackSurface
from core.errors import ErrandError
from store.record import JsonObject, Place
from worker.task import end

_log = logging.getLogger(__name__)
_FORM_S = 2.0
"""A trigger lives three seconds: so long it is worth waiting for a form."""

Body = Mapping[str, JsonValue]
Listen = Callable[[AsyncAck, dict[str, Any]], Awaitable[None]]


class StickyAck(AsyncAck):
    """An acknowledgement that stays: in this version of Bolt a listener's error right after it would take it back."""

    def __init__(self) -> None:
        self._kept: BoltResponse | None = None

    @property
    def response(self) -> BoltResponse | None:
        return self._kept

    @response.setter
    def response(self, value: BoltResponse | None) -> None:
        if value is not None:
            self._kept = value


async def stick(context: AsyncBoltContext, next: Callable[[], Awaitable[None]]) -> None:  # noqa: A002  # Bolt's name
    """Middleware that gives each delivery an acknowledgement that stays."""
    context["ack"] = StickyAck()
    await next()


class Answering:
    """What listeners share."""

    def __init__(self, services: SurfaceServices, api: SlackApi, surface: SlackSurface) -> None:
        self.intake = services.intake
        self.shown = services.shown
        self.store = services.store
        self.stop_writing = services.stop_writing
        self.api = api
        self.surface = surface
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def me(self) -> Me:
        return self.surface.me()

    async def close(self) -> None:
        """Nothing more is opened for anybody."""
        await end(self._tasks)

    async def phrases(self, account: str) -> Phrases:
        """Those of a user's language."""
        person = await self.shown.person(account)
        return self.surface.phrases(person.locale if person else "en")

    async def names_in(self, text: str) -> Mapping[str, str]:
        """What the users and channels are called of which a text has the ids only. Best effort."""
        return await self.spelled(nameless(text, self.me))

    async def spelled(self, ids: Collection[str]) -> dict[str, str]:
        """Users and channels as one would type them. Best effort."""
        found = await self.surface.directory.spelled(ids) if ids else {}
        return await told_apart(self.store, SURFACE, self.me.team, found) if found else {}

    def follow(self, work: Coroutine[Any, Any, None]) -> None:
        """Do what is not worth an acknowledgement. It may fail, and is lost with the process."""
        task = asyncio.create_task(work, name="slack follow-up")
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            _log.warning("Slack: %s", error, exc_info=None if isinstance(error, ErrandError) else error)

    async def open_answer(self, body: Body, arrival: Arrival, accepted: Accepted) -> None:
        """Open the form that was answered, if it comes in time. The message that has it is posted anyway."""
        form = form_of(await accepted.replies(within_s=_FORM_S))
        if form is not None:
            await self.open_form(body, form, arrival.account, arrival.channel, arrival.thread)

    async def open_form(self, body: Body, form: FormPart, account: str, channel: str, thread: str) -> None:
        """Show a form as a modal; what is filled in belongs to this place."""
        view = await self.view_of(form, account, channel, thread)
        await self.api.call("views.open", trigger_id=text_of(body.get("trigger_id")), view=view)

    async def view_of(self, form: FormPart, account: str, channel: str, thread: str) -> JsonObject:
        """The modal of a form."""
        person = await self.shown.person(account)
        belongs = Belongs(
            action=form.action,
            channel=channel,
            thread=thread,
            team=self.me.team,
            zone=person.time_zone if person else "UTC",
        )
        return modal(form, belongs, await self.phrases(account))

    async def whisper(self, body: Body, sentence: str) -> None:
        """Say something to whoever pressed, where they did."""
        channel, thread = place_of(body)
        user, team = text_of(object_of(body.get("user")).get("id")), self.me.team
        place = Place(surface=SURFACE, channel=channel or f"@{user}", thread=thread, team=team)
        content = Content(message_id=f"whisper {body.get('trigger_id')}", parts=[TextPart(text=sentence)])
        await self.surface.notify(place, user, content)

    def guarded(self, listen: Listen) -> Listen:
        """What goes wrong costs nobody their acknowledgement: they get a sentence and a reference."""

        async def guarded(ack: AsyncAck, body: dict[str, Any]) -> None:
            try:
                await listen(ack, body)
            except Exception:  # noqa: BLE001  # a surface's listener: whatever it was, the person gets an answer
                reference = secrets.token_hex(4)
                _log.exception("what came from Slack could not be taken in, reference %s", reference)
                await self._apologize(ack, body, self.surface.phrases("en").plain("slack.failed", reference=reference))

        return guarded

    async def _apologize(self, ack: AsyncAck, body: Body, sentence: str) -> None:
        view = object_of(body.get("view"))
        if "command" in body:
            await ack(sentence)
        elif body.get("type") == "view_submission":
            blocks = view.get("blocks")
            inputs = [text_of(object_of(one).get("block_id")) for one in blocks] if isinstance(blocks, list) else []
            await ack(response_action="errors", errors={next(filter(None, inputs), block_id("")): sentence})
        else:
            await ack()
            self.follow(self.whisper(body, sentence))


def form_of(replies: list[Reply] | None) -> FormPart | None:
    """The form that was answered."""
    forms = [part for reply in replies or () for part in reply.parts if isinstance(part, FormPart)]
    return forms[-1] if forms else None
