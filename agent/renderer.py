"""Renders messages from the log: what was said stays as it was said, references become cards made from the records as
they are now. Reads only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import assert_never

from pydantic import ValidationError

from agent.knowledge import Knowledge
from agent.proposal_card import proposal_card
from agent.reply import PARTS, FormPart, Part, Reply, TextPart
from agent.run_card import RunRecords, run_card
from agent.scene import zone_of
from agent.viewer import Viewer
from agent.workflow_card import WorkflowRecords, workflow_card
from catalog.proposal import ProposalContent
from store.port import Records
from store.record import JsonObject, Message, Person, Proposal, ProposalState, Shows, WorkflowRecord

_RUNS_COUNTED = 100


@dataclass(slots=True, kw_only=True)
class _Seen:
    """What one rendering has read already, so that nothing is read or made twice."""

    cards: dict[tuple[Shows, str], Part | None] = field(default_factory=dict)
    proposals: dict[str, Proposal | None] = field(default_factory=dict)
    workflows: dict[str, WorkflowRecord | None] = field(default_factory=dict)
    contents: dict[tuple[str, int], ProposalContent | None] = field(default_factory=dict)


class Renderer:
    """Makes replies of messages."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge

    async def render(self, records: Records, messages: Sequence[Message], person: Person, now: datetime) -> list[Reply]:
        """One reply for each message, in order, as `person` sees it at `now`."""
        viewer = Viewer(
            knowledge=self._knowledge,
            phrases=self._knowledge.phrases(person.locale),
            zone=zone_of(person),
            now=now,
        )
        rendering = _Rendering(viewer, records)
        return [
            Reply(message_id=message.id, seq=message.seq, parts=await rendering.parts(message.parts))
            for message in messages
        ]


class _Rendering:
    def __init__(self, viewer: Viewer, records: Records) -> None:
        self._viewer = viewer
        self._records = records
        self._seen = _Seen()

    async def parts(self, stored: list[JsonObject]) -> list[Part]:
        return [await self._part(one) for one in stored]

    async def _part(self, stored: JsonObject) -> Part:
        if stored.get("kind") == "reference":
            return await self._card(Shows(str(stored["subject"])), str(stored["id"]))
        try:
            part = PARTS.validate_python([stored])[0]
        except ValidationError:
            return self._gone("card.unreadable")
        if isinstance(part, FormPart) and part.action.startswith("fill:"):
            return await self._form(part)
        return part

    async def _form(self, form: FormPart) -> Part:
        """An edit form is there as long as its card waits for a yes."""
        proposal = await self._proposal(form.action.partition(":")[2])
        is_open = proposal is not None and proposal.state is ProposalState.OPEN
        return form if is_open else self._gone("form.closed")

    async def _card(self, subject: Shows, subject_id: str) -> Part:
        key = (subject, subject_id)
        if key not in self._seen.cards:
            self._seen.cards[key] = await self._make(subject, subject_id)
        return self._seen.cards[key] or self._gone("card.unreadable")

    async def _make(self, subject: Shows, subject_id: str) -> Part | None:
        match subject:
            case Shows.PROPOSAL:
                proposal = await self._proposal(subject_id)
                return proposal_card(self._viewer, proposal) if proposal else None
            case Shows.RUN:
                return await self._run(subject_id)
            case Shows.WORKFLOW:
                return await self._workflow_card(subject_id)
            case _:
                assert_never(subject)

    async def _run(self, run_id: str) -> Part | None:
        run = await self._records.runs.get(run_id)
        workflow = await self._workflow(run.workflow_id) if run else None
        content = await self._content(run.workflow_id, run.version) if run else None
        if run is None or content is None:
            return None
        name = workflow.name if workflow else content.workflow.title
        attempts = await self._records.runs.attempts(run_id)
        return run_card(self._viewer, RunRecords(run=run, name=name, content=content, attempts=attempts))

    async def _workflow_card(self, workflow_id: str) -> Part | None:
        workflow = await self._workflow(workflow_id)
        content = await self._content(workflow.id, workflow.version) if workflow else None
        if workflow is None or content is None:
            return None
        records = WorkflowRecords(
            workflow=workflow,
            content=content,
            triggers=await self._records.triggers.of_workflow(workflow.id),
            runs=await self._records.runs.of_workflow(workflow.id, limit=_RUNS_COUNTED),
        )
        return workflow_card(self._viewer, records)

    async def _proposal(self, proposal_id: str) -> Proposal | None:
        seen = self._seen.proposals
        if proposal_id not in seen:
            seen[proposal_id] = await self._records.proposals.get(proposal_id)
        return seen[proposal_id]

    async def _workflow(self, workflow_id: str) -> WorkflowRecord | None:
        seen = self._seen.workflows
        if workflow_id not in seen:
            seen[workflow_id] = await self._records.workflows.get(workflow_id)
        return seen[workflow_id]

    async def _content(self, workflow_id: str, version: int) -> ProposalContent | None:
        seen, key = self._seen.contents, (workflow_id, version)
        if key not in seen:
            found = await self._records.workflows.version(workflow_id, version)
            seen[key] = ProposalContent.model_validate(found.content) if found else None
        return seen[key]

    def _gone(self, key: str) -> TextPart:
        return TextPart(text=self._viewer.phrases(key))
