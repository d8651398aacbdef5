"""The card of an approval request: what is asked, of whom, how many yeses there are, who decided. From its records only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import JsonValue

from agent import actions
from agent.card_words import card_words
from agent.moment import show_moment
from agent.phrases import shorten
from agent.private import Derived, as_seen, hidden_names
from agent.reply import Action, ApprovalCard, ShownApprover, ShownField
from agent.viewer import Viewer
from catalog.decision import yeses
from catalog.proposal import ProposalContent
from store.record import Approval, ApprovalRequest, Person, RequestState, Run, Verdict

_LONGEST_VALUE = 2000

State = Literal["open", "approved", "rejected", "expired", "cancelled"]

_STATES: dict[RequestState, State] = {
    RequestState.OPEN: "open",
    RequestState.APPROVED: "approved",
    RequestState.REJECTED: "rejected",
    RequestState.EXPIRED: "expired",
    RequestState.CANCELLED: "cancelled",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRecords:
    """A request with its answers, the people it speaks of, its run, and the name and frozen version of what runs."""

    request: ApprovalRequest
    approvals: Sequence[Approval]
    people: Mapping[str, Person]
    run: Run | None
    name: str
    content: ProposalContent | None = None

    def name_of(self, person_id: str | None) -> str:
        person = self.people.get(person_id or "")
        return person.name if person else "?"


def approval_card(viewer: Viewer, records: ApprovalRecords) -> ApprovalCard:
    """The card as this viewer sees it: with buttons only for who may answer."""
    request = records.request
    state = state_of(request, records.run, viewer.now)
    counting = yeses(request, records.approvals)
    asked = _asked(viewer, request, records.content)
    return ApprovalCard(
        approval_id=request.id,
        digest=request.digest,
        title=records.name,
        question=asked.prompt,
        state=state,
        state_text=_state_text(viewer, records, state, len(counting)),
        fields=[
            ShownField(
                name=name,
                label=label_of(name),
                value=viewer.phrases.plain("card.private") if name in asked.hidden else shown(value)[:_LONGEST_VALUE],
                is_editable=state == "open" and name in request.editable,
            )
            for name, value in request.fields.items()
        ],
        approvers=_approvers(viewer, records),
        yeses=len(counting),
        quorum=request.quorum,
        is_edited=request.edited_by is not None,
        notes=_notes(viewer, records, state),
        words=card_words(viewer.phrases, "approval"),
        actions=_actions(viewer, records, counting, asked) if state == "open" else [],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What is asked as this viewer sees it; `hidden` are the fields whose values they do not see."""

    prompt: str
    hidden: set[str]
    is_whole: bool


def hidden_fields(viewer: Viewer, request: ApprovalRequest, content: ProposalContent | None) -> set[str]:
    """Fields with a value that is made of what this viewer does not see."""
    step = next((one for one in content.workflow.steps if one.id == request.step_id), None) if content else None
    if content is None or step is None:
        return set()
    derived = Derived(viewer.knowledge.expressions, content.workflow, hidden_names(viewer, content.workflow))
    written = step.with_.get("fields")
    fields = written if isinstance(written, dict) else dict.fromkeys(request.fields, written)
    return {name for name, value in request.fields.items() if value and derived.of(fields.get(name), step)}


def prompt_as_seen(viewer: Viewer, request: ApprovalRequest, content: ProposalContent | None) -> str:
    """What is asked, without what this viewer does not see."""
    return _asked(viewer, request, content).prompt


def _asked(viewer: Viewer, request: ApprovalRequest, content: ProposalContent | None) -> _Asked:
    hidden = hidden_fields(viewer, request, content)
    step = next((one for one in content.workflow.steps if one.id == request.step_id), None) if content else None
    if content is None or step is None:
        return _Asked(prompt=request.prompt, hidden=hidden, is_whole=True)
    derived = Derived(viewer.knowledge.expressions, content.workflow, hidden_names(viewer, content.workflow))
    if not derived.of(step.with_.get("prompt"), step):
        return _Asked(prompt=request.prompt, hidden=hidden, is_whole=not hidden)
    outlined = viewer.knowledge.expressions.outline(step.with_.get("prompt"), {"params": as_seen(viewer, content)})
    return _Asked(prompt=shown(outlined), hidden=hidden, is_whole=False)


def state_of(request: ApprovalRequest, run: Run | None, now: datetime) -> State:
    """Where it stands. One whose run is over, or whose time has passed, waits for nobody, whatever was written down."""
    if request.state is not RequestState.OPEN:
        return _STATES[request.state]
    if run is None or run.state.is_final or run.is_cancelling:
        return "cancelled"
    return "expired" if request.expires_at is not None and request.expires_at <= now else "open"


def decided_text(viewer: Viewer, records: ApprovalRecords) -> str:
    """Who decided, and when."""
    request, plain = records.request, viewer.phrases.plain
    state = state_of(request, records.run, viewer.now)
    at = _moment(viewer, request.decided_at or viewer.now)
    if state == "approved":
        names = [records.name_of(one.person_id) for one in yeses(request, records.approvals)]
        return plain("approval.state_approved", names=", ".join(names), at=at)
    if state == "rejected":
        return plain("approval.state_rejected", names=records.name_of(request.decided_by), at=at)
    return plain(f"approval.state_{state}")


def label_of(name: str) -> str:
    return name.replace("_", " ").capitalize()


def shown(value: JsonValue) -> str:
    """A field's value as people read it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(shown, value))
    if isinstance(value, dict):
        return ", ".join(f"{name}: {shown(one)}" for name, one in value.items())
    return "" if value is None else str(value)


def _state_text(viewer: Viewer, records: ApprovalRecords, state: State, count: int) -> str:
    if state != "open":
        return decided_text(viewer, records)
    if records.request.quorum == 1:
        return viewer.phrases.plain("approval.state_open")
    return viewer.phrases.plain("approval.state_open_of", yeses=count, quorum=records.request.quorum)


def _approvers(viewer: Viewer, records: ApprovalRecords) -> list[ShownApprover]:
    request = records.request
    said = {one.person_id: one for one in records.approvals if one.digest == request.digest}
    return [_approver(viewer, records, person_id, said.get(person_id)) for person_id in request.approvers]


def _approver(viewer: Viewer, records: ApprovalRecords, person_id: str, said: Approval | None) -> ShownApprover:
    details = []
    giver = records.request.handed_over.get(person_id)
    if giver:
        details.append(viewer.phrases.plain("approval.instead_of", name=records.name_of(giver)))
    if said and said.comment:
        details.append(f"“{shorten(said.comment, 300)}”")
    return ShownApprover(
        name=records.name_of(person_id),
        is_you=person_id == viewer.person_id,
        answer=said.verdict.value if said else "",
        detail=" · ".join(details),
    )


def _notes(viewer: Viewer, records: ApprovalRecords, state: State) -> list[str]:
    request, plain = records.request, viewer.phrases.plain
    notes = []
    if request.kept_of:
        notes.append(plain("approval.kept"))
    if request.edited_by:
        notes.append(plain("approval.edited", name=records.name_of(request.edited_by)))
    if request.escalated_at:
        notes.append(plain("approval.escalated", at=_moment(viewer, request.escalated_at)))
    if state == "open" and request.reminded_at:
        notes.append(plain("approval.reminded", at=_moment(viewer, request.reminded_at)))
    if state == "open" and request.expires_at:
        notes.append(plain("approval.until", at=_moment(viewer, request.expires_at)))
    return notes


def _actions(viewer: Viewer, records: ApprovalRecords, counting: Sequence[Approval], asked: _Asked) -> list[Action]:
    request = records.request
    if viewer.person_id not in request.approvers and not viewer.is_for_all:
        return []
    has_said_yes = any(one.person_id == viewer.person_id and one.verdict is Verdict.YES for one in counting)
    found = []
    if not has_said_yes:
        found.append(viewer.action(actions.approval("yes", request.id, request.digest), "button.yes", style="primary"))
    found.append(viewer.action(actions.approval("no", request.id, request.digest), "button.no"))
    if request.editable:
        found.append(viewer.action(actions.approval("edit", request.id, request.digest), "button.edit"))
    if not has_said_yes:
        found.append(viewer.action(actions.approval("hand", request.id, request.digest), "button.hand_over"))
    if not asked.is_whole:
        found.append(viewer.action(f"approval-values:{request.id}", "button.show_values"))
    return found


def _moment(viewer: Viewer, at: datetime) -> str:
    return show_moment(at, viewer.zone, viewer.now, viewer.phrases)
