"""What Errand answers, free of any surface's own types: the parts of a reply, as JSON models.

Every surface renders every part. `words` are a card's fixed words in the language of the conversation (`agent.card_words`). `ProposalCard`, `RunCard`, `TracePart`, `WorkflowCard` and `ApprovalCard` are views of
records: the log keeps their ids (`reference`), and they are made anew each time they are shown, so that no stale button is
ever on screen.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


Style = Literal["primary", "secondary", "danger"]
StepState = Literal["pending", "running", "waiting", "succeeded", "failed", "skipped", "cancelled"]
RunWord = Literal["queued", "running", "waiting", "succeeded", "failed", "cancelled"]


class Action(_Part):
    """A button. `id` comes back in `agent.inbound.Press`. `confirm` asks once more before it is sent."""

    id: str
    label: str
    style: Style = "secondary"
    confirm: str = ""


class SentFile(_Part):
    """A file that came with what a person said. `path` is where it is in the files folder; empty: it was not kept."""

    name: str
    path: str = ""


class TextPart(_Part):
    """Markdown. `html` is filled by the web surface only (rendered and sanitized on the server). What a person says is as
    they wrote it, and `files` came with it.
    """

    kind: Literal["text"] = "text"
    text: str
    tone: Literal["plain", "error", "success"] = "plain"
    html: str = ""
    files: list[SentFile] = []


class Choice(_Part):
    action: str
    label: str
    detail: str = ""


class ChoicesPart(_Part):
    """A question (Markdown) with buttons. `html` as in `TextPart`."""

    kind: Literal["choices"] = "choices"
    text: str
    choices: list[Choice]
    html: str = ""


class FormField(_Part):
    """One form field. `input` is a control of `catalog.kind.Kind.input` or `password`. `error` stands at the field."""

    name: str
    label: str
    input: str
    value: JsonValue = None
    hint: str = ""
    is_required: bool = True
    options: list[str] = []
    error: str = ""


class FormPart(_Part):
    """A form; `text` is Markdown, `html` as in `TextPart`. `action` comes back in `agent.inbound.Submit`."""

    kind: Literal["form"] = "form"
    action: str
    title: str
    text: str = ""
    fields: list[FormField]
    submit: str
    cancel: Action | None = None
    html: str = ""


class ShownValue(_Part):
    """One resolved value on a card and where it came from. `is_changed` marks a value edited since the last card."""

    name: str
    label: str
    value: str
    source: Literal["message", "default", "answer", "edit", "suggestion"]
    is_changed: bool = False


class ShownStep(_Part):
    """One step on a proposal card: what it will do and its effect on the world."""

    id: str
    title: str
    summary: str
    effect: Literal["read", "idempotent", "once"]
    risk: Literal["none", "low", "high"]


class ShownSchedule(_Part):
    """When: in words, and the next fire times (ISO 8601 with offset, and as people read them)."""

    words: str
    timezone: str
    next: list[str]
    next_shown: list[str]


class ProposalCard(_Part):
    """What will happen, waiting for a yes. `digest` is what the yes will be bound to."""

    kind: Literal["proposal"] = "proposal"
    proposal_id: str
    digest: str
    title: str
    summary: str
    state: Literal["open", "approved", "declined", "superseded"]
    state_text: str = ""
    values: list[ShownValue]
    schedule: ShownSchedule | None = None
    trigger_text: str = ""
    limits: list[str] = []
    steps: list[ShownStep]
    connections: list[str] = []
    warnings: list[str] = []
    words: dict[str, str] = {}
    actions: list[Action] = []


class StepProgress(_Part):
    """One step of a run. Times are ISO 8601; `took_ms` counts to now while it runs."""

    id: str
    title: str
    state: StepState
    attempts: int = 0
    started_at: str | None = None
    took_ms: int | None = None
    items_done: int | None = None
    items: int | None = None
    detail: str = ""


class RunCard(_Part):
    """A run as its records show it."""

    kind: Literal["run"] = "run"
    run_id: str
    title: str
    state: RunWord
    state_text: str
    steps: list[StepProgress]
    started_at: str | None = None
    ended_at: str | None = None
    result: str = ""
    result_html: str = ""
    error: str = ""
    advice: str = ""
    is_rehearsal: bool = False
    words: dict[str, str] = {}
    actions: list[Action] = []


class TraceAttempt(_Part):
    """One try of a step, or of one item of it. Values are redacted and trimmed; times are ISO 8601, `started` is for people."""

    number: int
    item: int | None = None
    state: StepState
    started_at: str
    started: str
    ended_at: str | None = None
    took_ms: int | None = None
    input: JsonValue = None
    output: JsonValue = None
    error: str = ""
    cause: str = ""
    advice: str = ""
    note: str = ""
    idempotency_key: str
    requests: list[dict[str, JsonValue]] = []


class TraceStep(_Part):
    """One step and its tries in order of start; `left_out` counts those that are too many to show."""

    id: str
    title: str
    uses: str
    attempts: list[TraceAttempt] = []
    left_out: int = 0


class TracePart(_Part):
    """Everything that was recorded of a run. `input` is what its trigger brought; `note` says when details were removed."""

    kind: Literal["trace"] = "trace"
    run_id: str
    title: str
    state: RunWord
    state_text: str
    input: JsonValue = None
    steps: list[TraceStep]
    note: str = ""
    words: dict[str, str] = {}
    actions: list[Action] = []


class WorkflowCard(_Part):
    """A saved automation: when it runs, how its last run went, what can be done with it. `problem`: why it does not."""

    kind: Literal["workflow"] = "workflow"
    workflow_id: str
    title: str
    state: Literal["active", "paused", "ended", "deleted"]
    state_text: str
    schedule: ShownSchedule | None = None
    trigger_text: str = ""
    problem: str = ""
    last_run: str = ""
    runs: int = 0
    words: dict[str, str] = {}
    actions: list[Action] = []


class ShownField(_Part):
    """One value that is approved. `is_editable`: whoever answers may change it."""

    name: str
    label: str
    value: str
    is_editable: bool = False


class ShownApprover(_Part):
    """Somebody who is asked, and what they answered to what is asked now."""

    name: str
    is_you: bool = False
    answer: Literal["", "yes", "no"] = ""
    detail: str = ""


class ApprovalCard(_Part):
    """What an approval step asks: of whom, how many yeses there are of how many needed, who decided. `digest` is what a
    yes will be bound to; buttons are there for whoever may answer.
    """

    kind: Literal["approval"] = "approval"
    approval_id: str
    digest: str
    title: str
    question: str
    state: Literal["open", "approved", "rejected", "expired", "cancelled"]
    state_text: str
    fields: list[ShownField] = []
    approvers: list[ShownApprover]
    yeses: int
    quorum: int
    is_edited: bool = False
    notes: list[str] = []
    words: dict[str, str] = {}
    actions: list[Action] = []


class ListItem(_Part):
    title: str
    detail: str = ""
    actions: list[Action] = []


class ListPart(_Part):
    kind: Literal["list"] = "list"
    title: str
    items: list[ListItem]
    empty: str = ""
    actions: list[Action] = []


Part = Annotated[
    TextPart | ChoicesPart | FormPart | ProposalCard | RunCard | TracePart | WorkflowCard | ApprovalCard | ListPart,
    Field(discriminator="kind"),
]
PARTS: TypeAdapter[list[Part]] = TypeAdapter(list[Part])


class Reply(_Part):
    """One message of Errand's. `message_id` and `seq` are those of the conversation's log."""

    message_id: str
    seq: int
    parts: list[Part]


def actions_of(part: Part) -> list[Action]:
    """The buttons of a part, in the order in which they stand there; the one that opens a form is none."""
    match part:
        case TextPart():
            return []
        case ChoicesPart():
            return [Action(id=one.action, label=one.label) for one in part.choices]
        case FormPart():
            return [part.cancel] if part.cancel else []
        case ListPart():
            return [action for item in part.items for action in item.actions] + part.actions
        case _:
            return part.actions
