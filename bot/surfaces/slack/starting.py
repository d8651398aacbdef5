"""`/run`: what is called so opens as a form at once, without a name there is a list to pick from, and what neither can show is an
ordinary sentence. Starts nothing itself.
"""

from __future__ import annotations

import logging
from typing import Any

from pydantic import JsonValue
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from agent.starting import PICK, RUN, START, Startable, fitting, named
from bot.surface.arrival import Arrival, Pressed
from bot.surfaces.slack import block
from bot.surfaces.slack.answering import Answering, Body
from bot.surfaces.slack.form import LONGEST_OPTION, LONGEST_TITLE, MOST_OPTIONS, Belongs, block_id, errors_of
from bot.surfaces.slack.reading import interaction, object_of, text_of
from core.errors import ErrandError
from store.record import JsonObject

_log = logging.getLogger(__name__)
WHICH = "which"
"""The `callback_id` of the modal that offers what there is, and the `action_id` of the list in it."""


class Starts:
    """Listens to what is picked, and tells `/run` what a name means."""

    def __init__(self, answering: Answering) -> None:
        self._answering = answering

    def listen(self, app: AsyncApp) -> None:
        guarded = self._answering.guarded
        app.options(WHICH)(guarded(self._offer))
        app.view(WHICH)(guarded(self._picked))

    async def meant(self, arrival: Arrival, name: str) -> JsonObject | Pressed | None:
        """A modal that is to be opened, or a deed; none: it is a sentence."""
        if not name:
            return await self._list(arrival)
        found = named(await self._answering.shown.startables(arrival.account), name)
        if found is None:
            return None
        return await self._form(arrival.account, found.action, arrival.channel) or Pressed(action=found.action)

    async def open(self, body: Body, arrival: Arrival, view: JsonObject) -> None:
        """Where the modal comes too late or cannot be shown, what was typed is answered like every sentence."""
        try:
            await self._answering.api.call("views.open", trigger_id=text_of(body.get("trigger_id")), view=view)
        except ErrandError as error:
            _log.warning("Slack: %s", error)
            await self._answering.intake.accept(arrival)

    async def errors(self, account: str, action: str, fields: dict[str, JsonValue]) -> dict[str, str]:
        """What is wrong with what was filled into the form of a template, by block."""
        if not action.startswith(START):
            return {}
        form = await self._answering.shown.start_form(account, action.removeprefix(START), fields)
        return errors_of(form) if form else {}

    async def _offer(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """What fits while a name is typed."""
        account = f"{self._answering.me.team}/{text_of(object_of(body.get('user')).get('id'))}"
        offered = await self._answering.shown.startables(account)
        found = fitting(offered, text_of(body.get("value")))[:MOST_OPTIONS]
        await ack(options=[_option(one) for one in found])

    async def _picked(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        view = object_of(body.get("view"))
        belongs = Belongs.model_validate_json(text_of(view.get("private_metadata")))
        values = object_of(object_of(view.get("state")).get("values"))
        picked = object_of(object_of(values.get(block_id(WHICH))).get(WHICH)).get("selected_option")
        action = text_of(object_of(picked).get("value"))
        what = Pressed(action=action if action.startswith((PICK, RUN)) else "gone:option")
        arrival = interaction(body, self._answering.me, belongs.channel, belongs.thread, what)
        if (form := await self._form(arrival.account, action, belongs.channel)) is not None:
            await ack(response_action="update", view=form)
            return
        await self._answering.intake.accept(arrival)
        await ack()

    async def _form(self, account: str, action: str, channel: str) -> JsonObject | None:
        """The modal of a template that asks for something."""
        if not action.startswith(PICK):
            return None
        form = await self._answering.shown.start_form(account, action.removeprefix(PICK))
        return await self._answering.view_of(form, account, channel, "") if form and form.fields else None

    async def _list(self, arrival: Arrival) -> JsonObject:
        phrases = await self._answering.phrases(arrival.account)
        return {
            "type": "modal",
            "callback_id": WHICH,
            "private_metadata": Belongs(action=WHICH, channel=arrival.channel).model_dump_json(exclude_defaults=True),
            "title": block.plain(phrases.plain("slack.run_title"), LONGEST_TITLE),
            "submit": block.plain(phrases.plain("slack.run_submit"), LONGEST_TITLE),
            "close": block.plain(phrases.plain("button.cancel"), LONGEST_TITLE),
            "blocks": [
                {
                    "type": "input",
                    "block_id": block_id(WHICH),
                    "label": block.plain(phrases.plain("slack.run_which"), block.LONGEST_LABEL),
                    "element": {"type": "external_select", "action_id": WHICH, "min_query_length": 0},
                }
            ],
        }


def _option(startable: Startable) -> JsonObject:
    return {"text": block.plain(startable.label, LONGEST_OPTION), "value": startable.action}
