"""What people do with commands, buttons and forms on Discord, as arrivals: each is in the inbox before it is acknowledged, and
acknowledged within a second.

Decides nothing, and waits for nothing but the inbox; only a form may be opened at once, when the answer is there in time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from agent.reply import Action, FormPart, actions_of
from bot.surface.arrival import Arrival, Pressed, Submitted, What
from bot.surface.mention import told_apart
from bot.surface.services import Accepted, SurfaceServices
from bot.surfaces.discord.answering import Answering, Interaction, phrases_for
from bot.surfaces.discord.component import button as button_of
from bot.surfaces.discord.component import rows, text
from bot.surfaces.discord.form import modal, names_of, read_fields, read_files
from bot.surfaces.discord.markup import literal
from bot.surfaces.discord.payload import PayloadModal, PayloadView
from bot.surfaces.discord.place import NAME, Places, at, begun_by, direct
from bot.surfaces.discord.press_id import PressId, PressIds, Verb, digest_of
from bot.surfaces.discord.surface import DiscordSurface
from store.record import JsonObject, Place

_DURABLE_S = 1.0
"""So long an acknowledgement waits for the inbox; a database that is slower than that does not cost it."""
_HELD_S = 5.0
"""So long a command waits for the thread that its answer begins, then it is answered alone with whoever gave it."""
_FORM_S = 1.2
_GONE = "gone:button"
_LEADS_TO_FORM = ("edit:", "connect:", "approval-edit:", "approval-hand:", "replay-input:", "sign-hook:")


class Receiver:
    def __init__(
        self,
        *,
        services: SurfaceServices,
        surface: DiscordSurface,
        places: Places,
        ids: PressIds,
        answering: Answering,
    ) -> None:
        self._services = services
        self._surface = surface
        self._places = places
        self._ids = ids
        self.answering = answering

    async def asked(self, interaction: Interaction, shown: str, what: What) -> None:
        """A slash command, in the inbox before it is acknowledged. The answer to it shows what was asked, and in a channel
        begins the thread: until that is known the arrival is held, and means the user alone.
        """
        place = await self._place(interaction)
        begins = not place.is_direct and not place.thread
        first = direct(interaction.user.id) if begins else place
        self._surface.remember(first, interaction)
        arrival = _arrival(interaction, first, what)
        accepting = await self._accepted_soon(arrival, hold_s=_HELD_S if begins else 0.0)
        if (
            not begins
            and accepting.done()
            and _leads_to_form(what)
            and await self._opened(interaction, await accepting)
        ):
            return
        view = PayloadView([text(f"> {literal(shown[:1500])}".replace("\n", "\n> "))])
        answer = await self.answering.quietly(interaction, interaction.response.send_message(view=view))
        await accepting
        if begins and answer is not None and answer.message_id:
            thread = at(place.channel, answer.message_id)
            self._surface.remember(thread, interaction)
            await self._services.intake.move(_arrival(interaction, thread, what))

    async def picked(self, interaction: Interaction, template_id: str) -> None:
        """A slash command for a template: what it asks for is a form at once; it is asked when that is filled in."""
        form = await self._services.shown.start_form(str(interaction.user.id), template_id)
        if form is None or not form.fields:
            what = Pressed(action=f"pick:{template_id}")
            await self.asked(interaction, f"/run {form.title if form else template_id}", what)
            return
        custom_id = self._ids.write(PressId(Verb.START, template_id))
        await self.answering.quietly(
            interaction,
            interaction.response.send_modal(PayloadModal(modal(form, 0, custom_id, phrases_for(interaction)))),
        )

    async def pressed(self, interaction: Interaction, custom_id: str, values: Sequence[str]) -> None:
        press = self._ids.read(custom_id)
        if press is None:
            await self.answering.say(interaction, "error.old_button")
            return
        match press.verb:
            case Verb.DO:
                await self._take(interaction, Pressed(action=press.subject))
            case Verb.OPEN:
                await self._open(interaction, press)
            case Verb.PICK:
                await self._found(interaction, press.subject, values[0] if values else "", is_sure=True)
            case Verb.FIND | Verb.SURE:
                await self._found(interaction, press.subject, press.detail, is_sure=press.verb is Verb.SURE)
            case Verb.FILL | Verb.START:
                await self.answering.say(interaction, "error.old_button")

    async def submitted(self, interaction: Interaction) -> None:
        """A form, read from what Discord sent: the process that opened it may be long gone."""
        data: JsonObject = dict(interaction.data or {})  # type: ignore[arg-type]  # JSON
        press = self._ids.read(str(data.get("custom_id")))
        if press is None or press.verb not in (Verb.FILL, Verb.START):
            await self.answering.say(interaction, "error.old_button")
            return
        account, components = str(interaction.user.id), data.get("components")
        given = [one for one in components if isinstance(one, dict)] if isinstance(components, list) else []
        is_start = press.verb is Verb.START
        look = self._services.shown.start_form if is_start else self._services.shown.form
        form = await look(account, press.subject)
        names = await told_apart(self._services.store, NAME, "", names_of(data.get("resolved")))
        what = Submitted(
            action=form.action if form else _GONE,
            fields=read_fields(form, given, names),
            files=read_files(given, data.get("resolved")),
        )
        if is_start:
            await self.asked(interaction, f"/run {form.title if form else press.subject}", what)
        else:
            await self._take(interaction, what)

    async def other(self, interaction: Interaction) -> None:
        """A button of ours from another time: nobody is left without an answer."""
        await self.answering.say(interaction, "error.old_button")

    async def _take(
        self, interaction: Interaction, what: What, acknowledge: Callable[[], Awaitable[object]] | None = None
    ) -> None:
        place = await self._place(interaction)
        self._surface.remember(place, interaction)
        accepting = await self._accepted_soon(_arrival(interaction, place, what))
        if accepting.done() and _leads_to_form(what) and await self._opened(interaction, await accepting):
            return
        await self.answering.quietly(interaction, acknowledge() if acknowledge else interaction.response.defer())
        await accepting

    async def _accepted_soon(self, arrival: Arrival, *, hold_s: float = 0.0) -> asyncio.Task[Accepted]:
        """In the inbox, or still on its way there when an acknowledgement can wait no longer. Raises StoreError."""
        accepting = asyncio.create_task(self._services.intake.accept(arrival, hold_s=hold_s))
        await asyncio.wait({accepting}, timeout=_DURABLE_S)
        if accepting.done() and (error := accepting.exception()) is not None:
            raise error
        return accepting

    async def _opened(self, interaction: Interaction, accepted: Accepted) -> bool:
        """Open the form that was answered, if it is there in time; the message with its button stays."""
        for reply in await accepted.replies(within_s=_FORM_S) or []:
            form = next((part for part in reply.parts if isinstance(part, FormPart)), None)
            if form is not None:
                await self._show(interaction, form, reply.message_id, 0)
                return True
        return False

    async def _open(self, interaction: Interaction, press: PressId) -> None:
        form = await self._services.shown.form(str(interaction.user.id), press.subject)
        if form is None:
            await self._take(interaction, Pressed(action=_GONE))
        else:
            await self._show(interaction, form, press.subject, press.number)

    async def _show(self, interaction: Interaction, form: FormPart, message_id: str, page: int) -> None:
        custom_id = self._ids.write(PressId(Verb.FILL, message_id, str(page)))
        await self.answering.quietly(
            interaction,
            interaction.response.send_modal(PayloadModal(modal(form, page, custom_id, phrases_for(interaction)))),
        )

    async def _found(self, interaction: Interaction, message_id: str, digest: str, *, is_sure: bool) -> None:
        """A button whose action stands in the message as it is now; one that wants to be asked again asks the user alone."""
        parts = await self._services.shown.parts(str(interaction.user.id), message_id)
        action = next((one for part in parts for one in actions_of(part) if digest_of(one.id) == digest), None)
        if action is None:
            await self._take(interaction, Pressed(action=_GONE))
        elif action.confirm and not is_sure:
            await self._confirm(interaction, action, message_id)
        else:
            closing = PayloadView([text(literal(action.confirm or action.label))])
            is_asked = action.confirm and is_sure
            done = (lambda: interaction.response.edit_message(view=closing)) if is_asked else None
            await self._take(interaction, Pressed(action=action.id), done)

    async def _confirm(self, interaction: Interaction, action: Action, message_id: str) -> None:
        sure = self._ids.write(PressId(Verb.SURE, message_id, digest_of(action.id)))
        asked = [text(literal(action.confirm)), *rows([button_of(action.label, sure, action.style)])]
        await self.answering.quietly(
            interaction, interaction.response.send_message(view=PayloadView(asked), ephemeral=True)
        )

    async def _place(self, interaction: Interaction) -> Place:
        channel_id = interaction.channel_id or 0
        is_guild = interaction.guild_id is not None
        place = await self._places.of(interaction.channel, channel_id, interaction.user.id, is_guild=is_guild)
        if place.is_direct or place.thread:
            return place
        return at(place.channel, begun_by(interaction.message, interaction.application_id) or "")


def _arrival(interaction: Interaction, place: Place, what: What) -> Arrival:
    return Arrival(
        surface=NAME,
        delivery_id=str(interaction.id),
        user=str(interaction.user.id),
        channel=place.channel,
        thread=place.thread,
        locale=interaction.locale.value,
        what=what,
    )


def _leads_to_form(what: What) -> bool:
    return isinstance(what, Pressed) and what.action.startswith(_LEADS_TO_FORM)
