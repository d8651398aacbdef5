"""Action ids: how buttons and forms name what they mean, and how that is read back. Acts on nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from pydantic import JsonValue

from agent.command import (
    AnswerApproval,
    AnswerCheck,
    AnswerSuggestion,
    CannotHandle,
    Command,
    Confirm,
    Connect,
    ControlFailed,
    ControlHook,
    ControlRun,
    ControlTemplate,
    ControlWorkflow,
    Decline,
    Disconnect,
    Edit,
    EditApproval,
    FillForm,
    HandOver,
    Link,
    Rehearse,
    Replay,
    Rework,
    SetValue,
    ShowValues,
    Start,
    TakeFiles,
    Tell,
    Topic,
)
from catalog.check import is_blank
from store.record import Shows, Verdict

DIGEST_SHOWN = 12
NONE_OF_THESE = "none-of-these"
USE_FILE = "use-file"

_WORKFLOW_VERBS: dict[str, Literal["pause", "resume", "delete", "run", "show", "steps", "history"]] = {
    "pause": "pause",
    "resume": "resume",
    "delete": "delete",
    "run-now": "run",
    "show-workflow": "show",
    "show-steps": "steps",
    "show-history": "history",
}
_RUN_VERBS: dict[str, Literal["cancel", "retry", "show", "trace"]] = {
    "cancel-run": "cancel",
    "retry-run": "retry",
    "show-run": "show",
    "trace-run": "trace",
}
_VERBS: dict[str, Callable[[str, str], Command]] = {
    "approve": lambda subject, digest: Confirm(proposal_id=subject, digest=digest),
    "edit": lambda subject, _: Edit(proposal_id=subject),
    "rehearse": lambda subject, _: Rehearse(proposal_id=subject),
    "decline": lambda subject, _: Decline(proposal_id=subject),
    "pick": lambda subject, _: Start(template_id=subject),
    "connect": lambda subject, _: Connect(connector=subject),
    "disconnect": lambda subject, _: Disconnect(connector=subject),
    "sign-hook": lambda subject, _: ControlHook(verb="sign", workflow_id=subject),
    "renew-hook": lambda subject, _: ControlHook(verb="renew", workflow_id=subject),
    "check-done": lambda subject, place: AnswerCheck(answer="done", run_id=subject, place=place),
    "check-retry": lambda subject, place: AnswerCheck(answer="retry", run_id=subject, place=place),
    "check-stop": lambda subject, place: AnswerCheck(answer="stop", run_id=subject, place=place),
    "approval-yes": lambda subject, digest: AnswerApproval(verdict=Verdict.YES, request_id=subject, digest=digest),
    "approval-no": lambda subject, digest: AnswerApproval(verdict=Verdict.NO, request_id=subject, digest=digest),
    "approval-edit": lambda subject, digest: EditApproval(request_id=subject, digest=digest),
    "approval-values": lambda subject, _: ShowValues(subject=Shows.APPROVAL, subject_id=subject),
    "show-values": lambda subject, _: ShowValues(subject=Shows.PROPOSAL, subject_id=subject),
    "approval-hand": lambda subject, _: HandOver(request_id=subject),
    USE_FILE: lambda subject, path: TakeFiles(paths=(path,), template_id=subject),
    "answer": lambda subject, value: SetValue(name=subject, value=value),
    "replay": lambda subject, _: Replay(run_id=subject),
    "replay-sure": lambda subject, _: Replay(run_id=subject, is_sure=True),
    "replay-input": lambda subject, _: Replay(run_id=subject, is_editing=True),
    "show-approval": lambda subject, _: Tell(topic=Topic.APPROVALS, about=subject),
    "list-workflows": lambda subject, page: Tell(
        topic=Topic.WORKFLOWS, page=max(1, _number(page or subject)), list_id=subject if page else ""
    ),
    "suggest-yes": lambda subject, index: AnswerSuggestion(suggestion_id=subject, choice=_number(index)),
    "suggest-no": lambda subject, _: AnswerSuggestion(suggestion_id=subject),
    "template-replace": lambda subject, _: ControlTemplate(verb="replace", template_id=subject),
    "template-delete": lambda subject, _: ControlTemplate(verb="delete", template_id=subject),
    "rework": lambda subject, _: Rework(run_id=subject),
    "retry-group": lambda subject, _: ControlFailed(verb="retry", key=subject),
    "link": lambda subject, _: Link(token=subject),
    "link-account": lambda _subject, _: Link(),
    "dismiss-group": lambda subject, _: ControlFailed(verb="dismiss", key=subject),
}
_FORMS: dict[str, Callable[[str, str, dict[str, JsonValue]], Command]] = {
    "start": lambda subject, _, fields: Start(
        template_id=subject, values={name: value for name, value in fields.items() if not is_blank(value)}
    ),
    "fill": lambda subject, _, fields: FillForm(proposal_id=subject, fields=fields),
    "connect": lambda subject, _, fields: Connect(connector=subject, fields=fields),
    "replay-input": lambda subject, _, fields: Replay(run_id=subject, fields=fields),
    "sign-hook": lambda subject, _, fields: ControlHook(verb="sign", workflow_id=subject, fields=fields),
    "approval-fields": lambda subject, digest, fields: EditApproval(request_id=subject, digest=digest, fields=fields),
    "approval-heir": lambda subject, _, fields: HandOver(
        request_id=subject, to=str(fields.get("to") or "").strip() or None
    ),
}
_STALE = CannotHandle(reason="stale_action")


def _number(text: str) -> int:
    """A place in a list; -1 for what is none."""
    return int(text) if text.isdecimal() and len(text) < 4 else -1  # noqa: PLR2004  # no list is that long


def approve(proposal_id: str, digest: str) -> str:
    return f"approve:{proposal_id}:{digest[:DIGEST_SHOWN]}"


def approval(verb: Literal["yes", "no", "edit", "hand", "fields", "heir"], request_id: str, digest: str) -> str:
    return f"approval-{verb}:{request_id}:{digest[:DIGEST_SHOWN]}"


def subject_of_form(action: str) -> tuple[Shows, str, str] | None:
    """What a form belongs to, with the digest that it was made for; none for one that stands for itself."""
    verb, _, rest = action.partition(":")
    subject_id, _, digest = rest.partition(":")
    if verb == "fill":
        return Shows.PROPOSAL, subject_id, ""
    return (Shows.APPROVAL, subject_id, digest) if verb in ("approval-fields", "approval-heir") else None


def answer(name: str, value: str) -> str:
    return f"answer:{name}:{value}"


def asked_text(action: str) -> str | None:
    """The sentence of an `ask:…` button, which is taken as if it had been typed."""
    verb, _, text = action.partition(":")
    return text if verb == "ask" and text.strip() else None


def picked(action: str) -> str | None:
    """The template of a `pick:…` button."""
    verb, _, template_id = action.partition(":")
    return template_id if verb == "pick" and template_id else None


def read_press(action: str) -> Command:
    """What a button means. An unknown or broken action id is a stale one, never an error."""
    verb, _, rest = action.partition(":")
    subject, _, extra = rest.partition(":")
    if action == NONE_OF_THESE:
        return Decline()
    if not subject:
        return _STALE
    if verb in _WORKFLOW_VERBS:
        return ControlWorkflow(verb=_WORKFLOW_VERBS[verb], workflow_id=subject)
    if verb in _RUN_VERBS:
        return ControlRun(verb=_RUN_VERBS[verb], run_id=subject)
    return _VERBS[verb](subject, extra) if verb in _VERBS else _STALE


def read_submit(action: str, fields: dict[str, JsonValue]) -> Command:
    """What a filled form means."""
    verb, _, rest = action.partition(":")
    subject, _, digest = rest.partition(":")
    return _FORMS[verb](subject, digest, fields) if subject and verb in _FORMS else _STALE
