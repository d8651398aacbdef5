"""Starts the automations that wait for what happens in a channel: one run for one happening. Takes no turns.

Whoever listens must be able to read there themselves: the surface is asked each time.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from bot.surface.arrival import Arrival, Joined, Picked, Pressed, Reacted, Said, Submitted
from bot.surface.port import Surface
from catalog.expression import Expressions
from catalog.proposal import ProposalContent
from core.clock import Clock
from core.errors import ErrandError
from store.port import Event, EventBus, RunQueue, Store
from store.record import JsonObject, Run, TriggerRecord
from tools.channel import ANY, ChannelParams
from tools.registry import StepRegistry
from worker.start import approved_version, new_run

_log = logging.getLogger(__name__)
_LONGEST = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """Starts runs for arrivals."""

    store: Store
    queue: RunQueue
    events: EventBus
    clock: Clock
    registry: StepRegistry
    expressions: Expressions
    surfaces: Mapping[str, Surface]

    async def fire(self, arrival: Arrival) -> list[Run]:
        """Start what waits for it; a second time it starts nothing. Raises StoreError."""
        found = _item(arrival)
        if found is None or arrival.surface not in self.surfaces:
            return []
        source, item = found
        async with self.store.begin() as records:
            waiting = await records.triggers.listening()
        if waiting and isinstance(arrival.what, Reacted) and not arrival.what.text:
            item |= {"text": await self._said(arrival, arrival.what.message)}
        return [run for trigger in waiting if (run := await self._fire(trigger, arrival, source, item)) is not None]

    async def _said(self, arrival: Arrival, message: str) -> str:
        """The text of a message that somebody reacted to. Best effort."""
        try:
            return (await self.surfaces[arrival.surface].said(arrival.place, message))[:_LONGEST]
        except ErrandError as error:
            _log.warning("A message on %s could not be read: %s", arrival.surface, error)
            return ""

    async def _channel_name(self, params: ChannelParams, arrival: Arrival) -> str:
        """What people call where it was; best effort, unless it hangs on that whether it is meant."""
        try:
            return await self.surfaces[arrival.surface].channel_name(arrival.place)
        except ErrandError as error:
            if (params.channel or "").startswith("#"):
                raise
            _log.warning("The name of a channel on %s could not be read: %s", arrival.surface, error)
            return ""

    async def _fire(self, trigger: TriggerRecord, arrival: Arrival, source: str, item: JsonObject) -> Run | None:
        async with self.store.begin() as records:
            workflow = await records.workflows.get(trigger.workflow_id)
            version = await approved_version(records, workflow) if workflow else None
            if workflow is None or version is None:
                return None
            params = self._params(ProposalContent.model_validate(version.content), source, item)
            accounts = await records.people.accounts(workflow.person_id)
            user = await records.people.by_identity(arrival.surface, arrival.account)
        there = [one.external_id for one in accounts if one.surface == arrival.surface]
        if params is None:
            return None
        name = await self._channel_name(params, arrival)
        if not await self._is_there(params, arrival, name, there):
            return None
        now = self.clock.now()
        run = new_run(
            workflow,
            version,
            now=now,
            fire_key=f"{trigger.id}:{arrival.surface}:{arrival.delivery_id}",
            input_={
                "fired_at": now.isoformat(),
                "item": item | {"by": user.name if user else arrival.user, "channel_name": name},
            },
            trigger_id=trigger.id,
        )
        return run if await self._start(run) else None

    async def _start(self, run: Run) -> bool:
        async with self.store.begin() as records:
            if not await records.runs.add(run):
                return False
        event = Event(conversation_id=run.conversation_id, run_id=run.id, workflow_id=run.workflow_id)
        await self.events.publish(event)
        await self.queue.wake(run)
        return True

    def _params(self, content: ProposalContent, source: str, item: JsonObject) -> ChannelParams | None:
        """The values of its source, if it waits for such an item."""
        spec = content.workflow.trigger.source
        found = self.registry.source(spec.uses) if spec is not None else None
        if spec is None or found is None or found.fits is None or found.name != source:
            return None
        try:
            values = self.expressions.render(dict(spec.with_), {"params": content.params})
            params = found.params.model_validate(values)
            return params if isinstance(params, ChannelParams) and found.fits(params, item) else None
        except (ErrandError, ValidationError):
            return None

    async def _is_there(self, params: ChannelParams, arrival: Arrival, name: str, accounts: list[str]) -> bool:
        """Whether that is a channel that is meant, and one in which who listens, known there as `accounts`, can read. Of
        several that are called so each is meant in which they can.
        """
        if params.surface not in (None, arrival.surface):
            return False
        surface, place = self.surfaces[arrival.surface], arrival.place
        if params.channel not in (None, ANY, arrival.channel, name):
            return False
        for account in accounts:
            if await surface.has_member(place, account):
                return True
        return False


def _item(arrival: Arrival) -> tuple[str, JsonObject] | None:
    """The source whose item this is, and the item."""
    there: JsonObject = {"by": arrival.user, "surface": arrival.surface, "channel": arrival.channel}
    match arrival.what:
        case Said(text=text):
            return "chat.message", there | {"text": text[:_LONGEST]}
        case Reacted(emoji=emoji, text=text):
            return "chat.reaction", there | {"emoji": emoji, "text": text[:_LONGEST]}
        case Joined():
            return "chat.member_joined", there
        case Picked(shortcut=name, text=text):
            return "chat.shortcut", there | {"name": name, "text": text[:_LONGEST]}
        case Pressed() | Submitted():
            return None
