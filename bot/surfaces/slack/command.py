"""Slash commands and shortcuts: each means a sentence, or asks for one in a modal. Understands nothing of it."""

from __future__ import annotations

import re
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from agent.reply import FormField, FormPart
from bot.surface.arrival import Picked, Said
from bot.surfaces.slack.answering import Answering, Body
from bot.surfaces.slack.declared import COMMANDS, RUN, SHORTCUTS, START_WITH_MESSAGE
from bot.surfaces.slack.form import Belongs, modal, read_fields
from bot.surfaces.slack.reading import interaction, object_of, plain_text, text_of, written_in
from bot.surfaces.slack.starting import Starts

WISH = "wish"
"""The `callback_id` of a modal that asks for a wish."""
_WISH_FIELD = "wish"
_ANY = re.compile(".*", re.DOTALL)


class Commands:
    """Listens to what people call from Slack's own menus."""

    def __init__(self, answering: Answering, starts: Starts) -> None:
        self._answering = answering
        self._starts = starts

    def listen(self, app: AsyncApp) -> None:
        guarded = self._answering.guarded
        app.view(WISH)(guarded(self._wish))
        app.command(_ANY)(guarded(self._command))
        app.shortcut(_ANY)(guarded(self._shortcut))

    async def _command(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """A slash command means a sentence; it is answered where its user is alone with Errand."""
        answering, command = self._answering, text_of(body.get("command"))
        text = plain_text(text_of(body.get("text")).strip(), answering.me)
        user, channel = text_of(body.get("user_id")), text_of(body.get("channel_id"))
        said = Said(text=COMMANDS.get(command, "{text}").replace("{text}", text).strip() or "help")
        arrival = interaction(body, answering.me, f"@{user}", "", said)
        phrases = await answering.phrases(arrival.account)
        note = "" if channel.startswith("D") else phrases.plain("slack.answered_alone")
        meant = await self._starts.meant(arrival, text) if command == RUN else None
        if isinstance(meant, dict):
            await ack(note)
            answering.follow(self._starts.open(body, arrival, meant))
            return
        if meant is not None:
            arrival = arrival.model_copy(update={"what": meant})
        accepted = await answering.intake.accept(arrival)
        await ack(note)
        answering.follow(answering.open_answer(body, arrival, accepted))

    async def _shortcut(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """From the menu: what may start automations is taken in, all others ask for a wish."""
        me, callback = self._answering.me, text_of(body.get("callback_id"))
        message = object_of(body.get("message"))
        written = written_in(message)
        text = plain_text(written, me, await self._answering.names_in(written))
        channel, user = (text_of(object_of(body.get(name)).get("id")) for name in ("channel", "user"))
        if callback == START_WITH_MESSAGE:
            place = channel if channel and not channel.startswith("D") else f"@{user}"
            thread = text_of(message.get("thread_ts")) or text_of(message.get("ts"))
            what = Picked(shortcut=SHORTCUTS[callback], text=text)
            await self._answering.intake.accept(interaction(body, me, place, thread, what))
            await ack()
            return
        await ack()
        await self._ask_wish(body, text, user)

    async def _ask_wish(self, body: Body, text: str, user: str) -> None:
        phrases = await self._answering.phrases(f"{self._answering.me.team}/{user}")
        label, hint = phrases.plain("slack.wish"), phrases.plain("slack.wish_hint")
        field = FormField(name=_WISH_FIELD, label=label, input="textarea", value=text, hint=hint)
        title, submit = phrases.plain("slack.wish_title"), phrases.plain("slack.wish_submit")
        form = FormPart(action=WISH, title=title, fields=[field], submit=submit)
        view = modal(form, Belongs(action=WISH, channel=f"@{user}"), phrases, callback_id=WISH)
        await self._answering.api.call("views.open", trigger_id=text_of(body.get("trigger_id")), view=view)

    async def _wish(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """What a shortcut's modal was told."""
        view = object_of(body.get("view"))
        belongs = Belongs.model_validate_json(text_of(view.get("private_metadata")))
        fields = read_fields(object_of(view.get("state")).get("values"), belongs, {})
        said = Said(text=text_of(fields.get(_WISH_FIELD)))
        await self._answering.intake.accept(
            interaction(body, self._answering.me, belongs.channel, belongs.thread, said)
        )
        await ack()
