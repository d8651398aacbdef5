"""Renders messages from the log: what was said stays as it was said, references become cards made from the records as
they are now. Reads only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from pydantic import ValidationError

from agent.actions import subject_of_form
from agent.approval_card import ApprovalRecords, approval_card, hidden_fields, prompt_as_seen
from agent.dead_letter import failed_list
from agent.gallery import Gallery, read_gallery
from agent.knowledge import Knowledge
from agent.private import hidden_names, said_as_seen
from agent.proposal_card import proposal_card
from agent.reply import PARTS, FormField, FormPart, Part, Reply, TextPart, TracePart
from agent.run_card import run_card
from agent.scene import zone_of
from agent.state import load_state
from agent.trace import trace_part
from agent.veil import contents_of, read_veil
from agent.viewer import Viewer
from agent.workflow_card import WorkflowRecords, workflow_card
from agent.workflow_list import owner_of, workflow_list
from catalog.decision import is_shown
from catalog.proposal import ProposalContent
from store.port import Records
from store.record import (
    Conversation,
    JsonObject,
    Message,
    Person,
    ProposalState,
    RequestState,
    Role,
    Run,
    Said,
    Shows,
    reference,
    said_by,
    without_source,
)


class Renderer:
    """Makes replies of messages."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge

    async def render(
        self, records: Records, messages: Sequence[Message], person: Person, now: datetime, *, is_for_all: bool = False
    ) -> list[Reply]:
        """One reply for each message of one conversation, in order, as `person` sees it at `now`, or as all see it who read
        along in their conversation. A few queries, however many messages.
        """
        conversation = await records.conversations.get(messages[0].conversation_id) if messages else None
        viewer = self._viewer(conversation, person, now)
        parts = [part for message in messages for part in message.parts]
        if not is_for_all or conversation is None:
            return _replies(messages, _Rendering(viewer, await read_gallery(records, parts)).part)
        viewer = replace(viewer, person_id="", is_for_all=True)
        said = [reference(Shows.RUN, one.run_id) for one in map(said_by, parts) if one is not None]
        gallery = await read_gallery(records, [*parts, *said])
        rendering = _Rendering(viewer, gallery)
        contents = contents_of(gallery)
        veil = await read_veil(
            records, self._knowledge, conversation, contents, phrases=viewer.phrases, zone=viewer.zone
        )
        return _replies(messages, lambda stored: veil.part(rendering.part(stored)))

    async def trace(self, records: Records, run_id: str, person: Person, now: datetime) -> TracePart | None:
        """The trace of a run; none when there is no such run, or it is not for this person to see."""
        run = await records.runs.get(run_id)
        if run is None or not may_see(person, run):
            return None
        shown = reference(Shows.TRACE, run_id)
        viewer = self._viewer(await records.conversations.get(run.conversation_id), person, now)
        part = _Rendering(viewer, await read_gallery(records, [shown])).part(shown)
        return part if isinstance(part, TracePart) else None

    def _viewer(self, conversation: Conversation | None, person: Person, now: datetime) -> Viewer:
        """Whoever looks reads the conversation's language, as what was said in it is in that."""
        state = load_state(conversation.state if conversation else {})
        return Viewer(
            knowledge=self._knowledge,
            phrases=self._knowledge.phrases(state.language or person.locale),
            zone=zone_of(person),
            now=now,
            person_id=person.id,
            pages=state.pages,
        )


def _replies(messages: Sequence[Message], part: Callable[[JsonObject], Part]) -> list[Reply]:
    return [Reply(message_id=one.id, seq=one.seq, parts=[part(stored) for stored in one.parts]) for one in messages]


def may_see(person: Person, run: Run) -> bool:
    """A run is for the person whose it is, and for the owner of this Errand."""
    return person.id == run.person_id or person.role is Role.OWNER


class _Rendering:
    """Makes each card once, however often it is shown."""

    def __init__(self, viewer: Viewer, gallery: Gallery) -> None:
        self._viewer = viewer
        self._gallery = gallery
        self._cards: dict[tuple[Shows, str], Part] = {}

    def part(self, stored: JsonObject) -> Part:
        if stored.get("kind") == "reference":
            key = (Shows(str(stored["subject"])), str(stored["id"]))
            if key not in self._cards:
                self._cards[key] = self._card(*key) or self._gone("card.unreadable")
            return self._cards[key]
        try:
            part = PARTS.validate_python([without_source(stored)])[0]
        except ValidationError:
            return self._gone("card.unreadable")
        if isinstance(part, TextPart) and (said := said_by(stored)) is not None:
            return self._said(part, said)
        return self._form(part) if isinstance(part, FormPart) else part

    def _said(self, part: TextPart, said: Said) -> TextPart:
        """What a step of a run said. Only for who does not see all of it the run was read."""
        found = self._gallery.run(said.run_id)
        step = next((one for one in found.content.workflow.steps if one.id == said.step_id), None) if found else None
        if found is None or step is None:
            return part
        text = said_as_seen(self._viewer, found, step.with_.get("text"), step, part.text)
        return part.model_copy(update={"text": text})

    def _form(self, form: FormPart) -> Part:
        """A form that belongs to a card is there as long as that card waits for a yes to the same."""
        subject = subject_of_form(form.action)
        if subject is None:
            return form
        if subject[0] is Shows.PROPOSAL:
            proposal = self._gallery.proposals.get(subject[1])
            is_open = proposal is not None and proposal.state is ProposalState.OPEN
        else:
            request = self._gallery.approval_requests.get(subject[1])
            is_open = request is not None and request.state is RequestState.OPEN and is_shown(request, subject[2])
        return self._as_seen(form, *subject[:2]) if is_open else self._gone("form.closed")

    def _as_seen(self, form: FormPart, subject: Shows, subject_id: str) -> FormPart:
        """The form without values that are not for all who read along, and what is wrong with them."""
        hidden: set[str] = set()
        title = form.title
        if subject is Shows.PROPOSAL:
            content = ProposalContent.model_validate(self._gallery.proposals[subject_id].content)
            hidden = hidden_names(self._viewer, content.workflow)
        else:
            request = self._gallery.approval_requests[subject_id]
            frozen = self._gallery.frozen(request)
            hidden = hidden_fields(self._viewer, request, frozen)
            title = prompt_as_seen(self._viewer, request, frozen).partition("\n")[0]
        if not self._viewer.is_for_all:
            return form
        fields = [self._without_value(one) if one.name in hidden else one for one in form.fields]
        return form.model_copy(update={"title": title, "fields": fields})

    def _without_value(self, field: FormField) -> FormField:
        error = self._viewer.phrases.plain("fill.private_misfit") if field.error else ""
        return field.model_copy(update={"value": None, "error": error})

    def _card(self, subject: Shows, subject_id: str) -> Part | None:  # noqa: PLR0911  # one for each subject
        match subject:
            case Shows.PROPOSAL:
                proposal = self._gallery.proposals.get(subject_id)
                return proposal_card(self._viewer, proposal) if proposal else None
            case Shows.RUN:
                found = self._gallery.run(subject_id)
                return run_card(self._viewer, found) if found else None
            case Shows.TRACE:
                found = self._gallery.run(subject_id)
                return trace_part(self._viewer, found) if found else None
            case Shows.FAILED:
                return self._failed(subject_id)
            case Shows.WORKFLOW:
                return self._workflow_card(subject_id)
            case Shows.WORKFLOWS:
                mine = self._gallery.lists.get(owner_of(subject_id), [])
                return workflow_list(self._viewer, subject_id, mine, self._gallery.triggers, self._gallery.last_runs)
            case Shows.APPROVAL:
                return self._approval_card(subject_id)
            case _:
                assert_never(subject)

    def _failed(self, person_id: str) -> Part:
        shown = []
        for group in self._gallery.dead_letters.get(person_id, ()):
            newest = self._gallery.runs.get(group.newest_run_id)
            content = self._gallery.content(newest.workflow_id, newest.version) if newest else None
            shown.append((group, self._gallery.workflows.get(group.workflow_id), content))
        return failed_list(self._viewer, shown)

    def _workflow_card(self, workflow_id: str) -> Part | None:
        workflow = self._gallery.workflows.get(workflow_id)
        content = self._gallery.content(workflow.id, workflow.version) if workflow else None
        if workflow is None or content is None:
            return None
        last_run, runs = self._gallery.last_runs.get(workflow_id, (None, 0))
        records = WorkflowRecords(
            workflow=workflow,
            content=content,
            triggers=self._gallery.triggers.get(workflow_id, []),
            last_run=last_run,
            runs=runs,
        )
        return workflow_card(self._viewer, records)

    def _approval_card(self, request_id: str) -> Part | None:
        request = self._gallery.approval_requests.get(request_id)
        run = self._gallery.runs.get(request.run_id) if request else None
        workflow = self._gallery.workflows.get(run.workflow_id) if run else None
        if request is None or workflow is None:
            return None
        records = ApprovalRecords(
            request=request,
            approvals=self._gallery.approvals.get(request.answered_id, []),
            people=self._gallery.people,
            run=run,
            name=workflow.name,
            content=self._gallery.frozen(request),
        )
        return approval_card(self._viewer, records)

    def _gone(self, key: str) -> TextPart:
        return TextPart(text=self._viewer.phrases(key))
