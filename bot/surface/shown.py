"""What an adapter may read of the records, as the user who asks sees it. Changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from agent.actions import subject_of_form
from agent.home import home_parts
from agent.knowledge import Knowledge
from agent.renderer import Renderer
from agent.reply import FormPart, Part
from agent.scene import zone_of
from agent.starting import Startable, start_form, startables
from agent.viewer import Viewer
from core.clock import Clock
from store.port import Records, Store
from store.record import Message, Person, Shows


class RecordShown:
    """Implements `bot.surface.services.Shown` for one surface."""

    def __init__(self, *, store: Store, knowledge: Knowledge, renderer: Renderer, clock: Clock, surface: str) -> None:
        self._knowledge = knowledge
        self._store = store
        self._renderer = renderer
        self._clock = clock
        self._surface = surface

    async def person(self, account: str) -> Person | None:
        async with self._store.begin() as records:
            return await records.people.by_identity(self._surface, account)

    async def form(self, account: str, message_id: str) -> FormPart | None:
        async with self._store.begin() as records:
            person = await records.people.by_identity(self._surface, account)
            message = await records.conversations.message(message_id)
            if person is None or message is None or not await _may_fill(records, message, person):
                return None
            replies = await self._renderer.render(records, [message], person, self._clock.now())
        forms = [part for reply in replies for part in reply.parts if isinstance(part, FormPart)]
        return forms[-1] if forms else None

    async def startables(self, account: str) -> Sequence[Startable]:
        async with self._store.begin() as records:
            await self._knowledge.templates.refresh(records)
            person = await records.people.by_identity(self._surface, account)
            workflows = await records.workflows.of_person(person.id) if person else []
        return startables(workflows, self._knowledge.templates.values())

    async def start_form(
        self, account: str, template_id: str, fields: Mapping[str, JsonValue] | None = None
    ) -> FormPart | None:
        person = await self.person(account)
        template = self._knowledge.templates.get(template_id)
        return start_form(self._viewer(person), template, fields) if template else None

    async def home(self, account: str, *, page: int, turn: Callable[[int], str]) -> Sequence[Part]:
        async with self._store.begin() as records:
            person = await records.people.by_identity(self._surface, account)
            return await home_parts(records, self._viewer(person), page, turn) if person else []

    def _viewer(self, person: Person | None) -> Viewer:
        return Viewer(
            knowledge=self._knowledge,
            phrases=self._knowledge.phrases(person.locale if person else "en"),
            zone=zone_of(person) if person else ZoneInfo("UTC"),
            now=self._clock.now(),
            person_id=_id(person),
        )

    async def parts(self, account: str, message_id: str) -> Sequence[Part]:
        async with self._store.begin() as records:
            message = await records.conversations.message(message_id)
            conversation = await records.conversations.get(message.conversation_id) if message else None
            asking = await records.people.by_identity(self._surface, account)
            if message is None or conversation is None or (message.audience and message.audience != _id(asking)):
                return []
            owner = await records.people.get(message.audience or conversation.person_id)
            if owner is None or not (conversation.is_shared or owner.id == _id(asking)):
                return []
            is_for_all = conversation.is_shared and not message.audience
            now = self._clock.now()
            replies = await self._renderer.render(records, [message], owner, now, is_for_all=is_for_all)
        return [part for reply in replies for part in reply.parts]


async def _may_fill(records: Records, message: Message, person: Person) -> bool:
    """Where several read along, a form with values is for whoever may change them."""
    conversation = await records.conversations.get(message.conversation_id)
    if conversation is None or not conversation.is_shared:
        return True
    subjects = [subject_of_form(str(one.get("action"))) for one in message.parts if one.get("kind") == "form"]
    for subject, subject_id, _ in filter(None, subjects):
        if subject is Shows.PROPOSAL:
            proposal = await records.proposals.get(subject_id)
            may = proposal is not None and person.id in (proposal.person_id, conversation.person_id)
        else:
            request = await records.approval_requests.get(subject_id)
            may = request is not None and person.id in request.approvers
        if not may:
            return False
    return True


def _id(person: Person | None) -> str:
    return person.id if person else ""
