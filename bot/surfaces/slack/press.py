"""Buttons and modals: a press or a filled form is in the inbox before it is acknowledged; only then a form is opened. A control
that nobody knows any more says so.
"""

from __future__ import annotations

import re
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.surface.arrival import Arrival, Pressed, Submitted
from bot.surface.services import Accepted
from bot.surfaces.slack import block
from bot.surfaces.slack.answering import Answering, Body, form_of
from bot.surfaces.slack.form import FORM, Belongs, errors_of, picked_ids, read_fields, read_files
from bot.surfaces.slack.home import Home, page_of, turned_to
from bot.surfaces.slack.reading import interaction, object_of, place_of, read_press, text_of
from bot.surfaces.slack.starting import Starts

_ANY = re.compile(".*", re.DOTALL)
_ERRORS_S = 0.8
"""So long a filled form stays open to show what is wrong in it."""
_TURN_S = 3.0
"""So long the home waits to show what a press in it has changed."""


class Presses:
    """Listens last: what no other listener has taken is a control from another time."""

    def __init__(self, answering: Answering, starts: Starts, home: Home) -> None:
        self._answering = answering
        self._starts = starts
        self._home = home

    def listen(self, app: AsyncApp) -> None:
        guarded = self._answering.guarded
        app.action(re.compile(rf"{block.PRESS}:"))(guarded(self._press))
        app.action(re.compile(rf"{block.FORM}:"))(guarded(self._open))
        app.action(_ANY)(guarded(self._stale))
        app.view(FORM)(guarded(self._submit))
        app.view({"type": "view_closed", "callback_id": _ANY})(_acknowledge)
        app.view(_ANY)(guarded(self._stale))
        app.options(_ANY)(_no_options)

    async def _press(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        arrival = read_press(body, self._answering.me)
        if arrival is None:
            await ack()
            return
        if isinstance(arrival.what, Pressed) and (page := turned_to(arrival.what.action)):
            await ack()
            self._answering.follow(self._home.show(arrival.team, arrival.user, page))
            return
        accepted = await self._answering.intake.accept(arrival)
        await ack()
        self._answering.follow(self._after_press(body, arrival, accepted))

    async def _after_press(self, body: Body, arrival: Arrival, accepted: Accepted) -> None:
        await self._answering.open_answer(body, arrival, accepted)
        if page := page_of(body):
            await accepted.replies(within_s=_TURN_S)
            await self._home.show(arrival.team, arrival.user, page)

    async def _open(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """A form of a message is to be filled."""
        await ack()
        answering = self._answering
        actions = body.get("actions") or [{}]
        user, message_id = text_of(object_of(body.get("user")).get("id")), text_of(actions[0].get("value"))
        account = f"{answering.me.team}/{user}"
        form = await answering.shown.form(account, message_id)
        if form is None:
            phrases = await answering.phrases(account)
            await answering.whisper(body, phrases("slack.form_gone"))
            return
        await answering.open_form(body, form, account, *place_of(body))

    async def _submit(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        view = object_of(body.get("view"))
        belongs = Belongs.model_validate_json(text_of(view.get("private_metadata")))
        values = object_of(view.get("state")).get("values")
        names = await self._answering.spelled(picked_ids(values))
        what = Submitted(action=belongs.action, fields=read_fields(values, belongs, names), files=read_files(values))
        arrival = interaction(body, self._answering.me, belongs.channel, belongs.thread, what)
        if errors := await self._starts.errors(arrival.account, belongs.action, what.fields):
            await ack(response_action="errors", errors=errors)
            return
        accepted = await self._answering.intake.accept(arrival)
        form = form_of(await accepted.replies(within_s=_ERRORS_S))
        if form and form.action == belongs.action and (errors := errors_of(form)):
            await ack(response_action="errors", errors=errors)
        else:
            await ack()

    async def _stale(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """A control that nobody knows any more."""
        await ack()
        user = text_of(object_of(body.get("user")).get("id"))
        phrases = await self._answering.phrases(f"{self._answering.me.team}/{user}")
        self._answering.follow(self._answering.whisper(body, phrases("slack.stale")))


async def _acknowledge(ack: AsyncAck) -> None:
    await ack()


async def _no_options(ack: AsyncAck) -> None:
    await ack(options=[])
