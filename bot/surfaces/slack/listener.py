"""Listens to Slack through Bolt: writes what arrives into the inbox, acknowledges, and only then opens what a person waits for.

Takes no turns and decides nothing. Every kind of delivery has a listener: one that nobody listens to would cost the person
three seconds and a warning sign.
"""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

from pydantic import JsonValue
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.response import BoltResponse

from agent.phrases import Phrases
from agent.reply import FormField, FormPart, Reply, TextPart
from bot.surface.arrival import Arrival, Picked, Pressed, Said, Submitted
from bot.surface.port import Accepted, Content, SurfaceServices
from bot.surfaces.slack import block
from bot.surfaces.slack.api import SlackApi
from bot.surfaces.slack.assistant import Assistant
from bot.surfaces.slack.declared import COMMANDS, SHORTCUTS, START_WITH_MESSAGE
from bot.surfaces.slack.form import FORM, Belongs, block_id, errors_of, modal, picked_ids, read_fields
from bot.surfaces.slack.home import Home
from bot.surfaces.slack.reading import (
    SURFACE,
    Me,
    interaction,
    object_of,
    place_of,
    plain_text,
    read_event,
    read_press,
    text_of,
)
from bot.surfaces.slack.stream import OPEN
from bot.surfaces.slack.surface import SlackSurface
from core.errors import ErrandError
from store.record import Place, Shows
from worker.task import end

_log = logging.getLogger(__name__)
WISH = "wish"
"""The `callback_id` of a modal that asks for a wish."""
_WISH_FIELD = "wish"
_ANY = re.compile(".*", re.DOTALL)
_FORM_S = 2.0
"""A trigger lives three seconds: so long it is worth waiting for a form."""
_ERRORS_S = 0.8
"""So long a filled form stays open to show what is wrong in it."""

Body = Mapping[str, JsonValue]


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


class Listener:
    """Joins a Bolt app to the inbox."""

    def __init__(self, services: SurfaceServices, api: SlackApi, surface: SlackSurface, home: Home) -> None:
        self._intake = services.intake
        self._shown = services.shown
        self._store = services.store
        self._api = api
        self._surface = surface
        self._home = home
        self._assistant = Assistant(api, surface)
        self._tasks: set[asyncio.Task[None]] = set()

    def listen(self, app: AsyncApp) -> None:
        """Register what listens: the last of each kind takes what no other does."""
        app.middleware(_stick)
        app.event(_ANY, middleware=[self._keep])(_nothing)
        app.action(re.compile(rf"{block.PRESS}:"))(self._guarded(self._press))
        app.action(re.compile(rf"{block.FORM}:"))(self._guarded(self._open))
        app.action(_ANY)(self._guarded(self._stale))
        app.view(FORM)(self._guarded(self._submit))
        app.view(WISH)(self._guarded(self._wish))
        app.view({"type": "view_closed", "callback_id": _ANY})(_acknowledge)
        app.view(_ANY)(self._guarded(self._stale))
        app.command(_ANY)(self._guarded(self._command))
        app.shortcut(_ANY)(self._guarded(self._shortcut))
        app.options(_ANY)(_no_options)

    async def close(self) -> None:
        """Nothing more is opened for anybody."""
        await end(self._tasks)

    @property
    def _known(self) -> Me:
        return self._surface.me()

    async def _keep(self, body: dict[str, Any], next: Callable[[], Awaitable[None]]) -> None:  # noqa: A002  # Bolt's name
        """Write an event into the inbox. What fails here is not acknowledged, and Slack sends it again."""
        arrival, event = read_event(body, self._known), object_of(body.get("event"))
        if event.get("type") == "agent_session_stopped":
            arrival = await self._stopped(body)
        if arrival is not None:
            accepted = await self._intake.accept(arrival)
            if arrival.place.is_direct and arrival.thread and accepted.is_new:
                phrases = await self._phrases(arrival.account)
                self._follow(self._assistant.accompany(arrival.place, accepted, phrases))
        elif event.get("type") == "app_home_opened":
            self._follow(self._home.show(self._known.team, text_of(event.get("user"))))
        elif event.get("type") == "assistant_thread_started":
            user = text_of(object_of(event.get("assistant_thread")).get("user_id"))
            self._follow(self._assistant.welcome(event, await self._phrases(f"{self._known.team}/{user}")))
        await next()

    async def _stopped(self, body: Body) -> Arrival | None:
        """The stop button of a stream means that of the run which it shows."""
        event, me = object_of(body.get("event")), self._known
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
        return None

    async def _shown_run(self, place: Place, external_id: str) -> str:
        async with self._store.begin() as records:
            posting = await records.postings.by_external(SURFACE, place.lane, external_id)
            message = await records.conversations.message(posting.message_id) if posting else None
        shown = [part for part in (message.parts if message else ()) if part.get("subject") == Shows.RUN]
        return text_of(shown[0].get("id")) if shown else ""

    async def _press(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        arrival = read_press(body, self._known)
        if arrival is None:
            await ack()
            return
        accepted = await self._intake.accept(arrival)
        await ack()
        self._follow(self._after_press(body, arrival, accepted))

    async def _after_press(self, body: Body, arrival: Arrival, accepted: Accepted) -> None:
        await self._open_answer(body, arrival, accepted)
        if object_of(body.get("container")).get("type") == "view":
            await self._home.show(arrival.team, arrival.user)

    async def _open_answer(self, body: Body, arrival: Arrival, accepted: Accepted) -> None:
        """Open the form that was answered, if it comes in time. The message that has it is posted anyway."""
        form = _form_of(await accepted.replies(within_s=_FORM_S))
        if form is not None:
            await self._open_form(body, form, arrival.account, arrival.channel, arrival.thread)

    async def _open(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """A form of a message is to be filled."""
        await ack()
        me = self._known
        actions = body.get("actions") or [{}]
        user, message_id = text_of(object_of(body.get("user")).get("id")), text_of(actions[0].get("value"))
        account = f"{me.team}/{user}"
        form = await self._shown.form(account, message_id)
        if form is None:
            phrases = await self._phrases(account)
            await self._whisper(body, phrases("slack.form_gone"))
            return
        await self._open_form(body, form, account, *place_of(body))

    async def _open_form(self, body: Body, form: FormPart, account: str, channel: str, thread: str) -> None:
        person = await self._shown.person(account)
        belongs = Belongs(
            action=form.action,
            channel=channel,
            thread=thread,
            team=self._known.team,
            zone=person.time_zone if person else "UTC",
        )
        view = modal(form, belongs, await self._phrases(account))
        await self._api.call("views.open", trigger_id=text_of(body.get("trigger_id")), view=view)

    async def _submit(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        view = object_of(body.get("view"))
        belongs = Belongs.model_validate_json(text_of(view.get("private_metadata")))
        values = object_of(view.get("state")).get("values")
        names = await self._surface.spelled(picked_ids(values))
        what = Submitted(action=belongs.action, fields=read_fields(values, belongs, names))
        arrival = interaction(body, self._known, belongs.channel, belongs.thread, what)
        accepted = await self._intake.accept(arrival)
        form = _form_of(await accepted.replies(within_s=_ERRORS_S))
        errors = errors_of(form) if form and form.action == belongs.action else {}
        if errors:
            await ack(response_action="errors", errors=errors)
        else:
            await ack()

    async def _wish(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """What a shortcut's modal was told."""
        view = object_of(body.get("view"))
        belongs = Belongs.model_validate_json(text_of(view.get("private_metadata")))
        fields = read_fields(object_of(view.get("state")).get("values"), belongs, {})
        said = Said(text=text_of(fields.get(_WISH_FIELD)))
        await self._intake.accept(interaction(body, self._known, belongs.channel, belongs.thread, said))
        await ack()

    async def _command(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """A slash command means a sentence; it is answered where its user is alone with Errand."""
        text = text_of(body.get("text")).strip()
        meant = COMMANDS.get(text_of(body.get("command")), "{text}").replace("{text}", plain_text(text, self._known))
        user, channel = text_of(body.get("user_id")), text_of(body.get("channel_id"))
        said = Said(text=meant.strip() or "help")
        arrival = interaction(body, self._known, f"@{user}", "", said)
        accepted = await self._intake.accept(arrival)
        phrases = await self._phrases(arrival.account)
        await ack("" if channel.startswith("D") else phrases.plain("slack.answered_alone"))
        self._follow(self._open_answer(body, arrival, accepted))

    async def _shortcut(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """From the menu: what may start automations is taken in, all others ask for a wish."""
        me, callback = self._known, text_of(body.get("callback_id"))
        message = object_of(body.get("message"))
        text = plain_text(text_of(message.get("text")), me)
        channel, user = (
            text_of(object_of(body.get("channel")).get("id")),
            text_of(object_of(body.get("user")).get("id")),
        )
        if callback == START_WITH_MESSAGE:
            place = channel if channel and not channel.startswith("D") else f"@{user}"
            thread = text_of(message.get("thread_ts")) or text_of(message.get("ts"))
            what = Picked(shortcut=SHORTCUTS[callback], text=text)
            await self._intake.accept(interaction(body, me, place, thread, what))
            await ack()
            return
        await ack()
        self._follow(self._ask_wish(body, text, user))

    async def _ask_wish(self, body: Body, text: str, user: str) -> None:
        phrases = await self._phrases(f"{self._known.team}/{user}")
        label, hint = phrases.plain("slack.wish"), phrases.plain("slack.wish_hint")
        field = FormField(name=_WISH_FIELD, label=label, input="textarea", value=text, hint=hint)
        title, submit = phrases.plain("slack.wish_title"), phrases.plain("slack.wish_submit")
        form = FormPart(action=WISH, title=title, fields=[field], submit=submit)
        view = modal(form, Belongs(action=WISH, channel=f"@{user}"), phrases, callback_id=WISH)
        await self._api.call("views.open", trigger_id=text_of(body.get("trigger_id")), view=view)

    async def _stale(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """A control that nobody knows any more."""
        await ack()
        user = text_of(object_of(body.get("user")).get("id"))
        phrases = await self._phrases(f"{self._known.team}/{user}")
        self._follow(self._whisper(body, phrases("slack.stale")))

    async def _whisper(self, body: Body, sentence: str) -> None:
        """Say something to whoever pressed, where they did."""
        channel, thread = place_of(body)
        user, team = text_of(object_of(body.get("user")).get("id")), self._known.team
        place = Place(surface=SURFACE, channel=channel or f"@{user}", thread=thread, team=team)
        content = Content(message_id=f"whisper {body.get('trigger_id')}", parts=[TextPart(text=sentence)])
        await self._surface.notify(place, user, content)

    async def _phrases(self, account: str) -> Phrases:
        person = await self._shown.person(account)
        return self._surface.phrases(person.locale if person else "en")

    def _follow(self, work: Coroutine[Any, Any, None]) -> None:
        """Do what is not worth an acknowledgement. It may fail, and is lost with the process."""
        task = asyncio.create_task(work, name="slack follow-up")
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            _log.warning("Slack: %s", error, exc_info=None if isinstance(error, ErrandError) else error)

    def _guarded(self, listen: Listen) -> Listen:
        """What goes wrong costs nobody their acknowledgement: they get a sentence and a reference."""

        async def guarded(ack: AsyncAck, body: dict[str, Any]) -> None:
            try:
                await listen(ack, body)
            except Exception:  # noqa: BLE001  # a surface's listener: whatever it was, the person gets an answer
                reference = secrets.token_hex(4)
                _log.exception("what came from Slack could not be taken in, reference %s", reference)
                await self._apologize(ack, body, self._surface.phrases("en").plain("slack.failed", reference=reference))

        return guarded

    async def _apologize(self, ack: AsyncAck, body: Body, sentence: str) -> None:
        view = object_of(body.get("view"))
        if "command" in body:
            await ack(sentence)
        elif body.get("type") == "view_submission":
            blocks = view.get("blocks")
            inputs = [text_of(object_of(one).get("block_id")) for one in blocks] if isinstance(blocks, list) else []
            await ack(response_action="errors", errors={next(filter(None, inputs), block_id(_WISH_FIELD)): sentence})
        else:
            await ack()
            self._follow(self._whisper(body, sentence))


Listen = Callable[[AsyncAck, dict[str, Any]], Awaitable[None]]


def _form_of(replies: list[Reply] | None) -> FormPart | None:
    forms = [part for reply in replies or () for part in reply.parts if isinstance(part, FormPart)]
    return forms[-1] if forms else None


async def _stick(context: AsyncBoltContext, next: Callable[[], Awaitable[None]]) -> None:  # noqa: A002  # Bolt's name
    context["ack"] = StickyAck()
    await next()


async def _nothing() -> None:
    """What there was to do was done before the acknowledgement."""


async def _acknowledge(ack: AsyncAck) -> None:
    await ack()


async def _no_options(ack: AsyncAck) -> None:
    await ack(options=[])
