"""What an interpreter may say, and nothing else. The dialogue is the only one that acts on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from pydantic import JsonValue

from catalog.schedule import Schedule
from catalog.workflow import Template, TriggerChoice
from store.record import Shows, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A retrieved template with its score (0 to 1)."""

    template_id: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Begin with a template: one of the catalog, or `template`, a workflow that was composed for this wish. `values` are
    raw candidates by parameter name, not yet checked. Several in one message are several wishes, taken up one after another.

    `needs_time`: the schedule names days but no time of day was said; the dialogue asks for it. `trigger` is set when
    the person said what starts it; none: it follows from the schedule and the template. `left_out` are parts of the wish, as
    they were written, that it does not do.
    """

    template_id: str
    template: Template | None = None
    values: dict[str, JsonValue] = field(default_factory=dict)
    schedule: Schedule | None = None
    trigger: TriggerChoice | None = None
    needs_time: bool = False
    text: str = ""
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SetValue:
    """Give or correct one value of the current task. None: leave it out (take the default)."""

    name: str
    value: JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeFiles:
    """Files came with the message, and are in the files folder under these paths. A button carries the template that they
    are for.
    """

    paths: tuple[str, ...]
    template_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSchedule:
    """Give or correct when the current task runs; none: at once, by hand. Already merged with `View.schedule`.

    `needs_time`: the days are known, the time of day is not; the dialogue asks for it.
    """

    schedule: Schedule | None
    needs_time: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm:
    """A yes. From a button it carries the proposal's id and digest; from text it means the card shown last."""

    proposal_id: str | None = None
    digest: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decline:
    """A no to the card shown, or to the question asked."""

    proposal_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """Drop the current task."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clarify:
    """Several templates may be meant, or one that is better asked about: also one that was composed for this wish."""

    candidates: list[Candidate]
    text: str
    template: Template | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """Open the form with all values of the current proposal."""

    proposal_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FillForm:
    """All values of an edit form, raw."""

    proposal_id: str
    fields: dict[str, JsonValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearse:
    """Show what the current proposal would send, sending nothing."""

    proposal_id: str | None = None


class Topic(StrEnum):
    """What can be listed or asked about, by the names that `agent.vocabulary` gives to the world."""

    HELP = "help"
    ABILITIES = "list_templates"
    WORKFLOWS = "list_workflows"
    RUNS = "list_runs"
    STATUS = "status"
    CONNECTIONS = "list_connections"
    EXPLAIN_FAILURE = "explain_failure"
    WHO_APPROVES = "who_approves"
    APPROVALS = "approvals"
    QUESTION = "explain_question"
    WHAT_NOW = "what_now"
    GREETING = "greeting"
    THANKS = "thanks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell:
    """Answer a question from the records; changes nothing.

    `state` keeps a list of automations to those in that state, of which `page` is shown, in the list `list_id` if that is there; `about` is what was asked about, in the person's words,
    and `template_ids` are the templates that do it (none: nothing does).
    """

    topic: Topic
    state: Literal["active", "paused", "failed"] | None = None
    page: int = 1
    list_id: str = ""
    about: str = ""
    template_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlWorkflow:
    """Do something to a saved workflow or tell of it; `name` is what the person called it, none: the last.

    `to` is the new name of a renamed one; none: it is asked for.
    """

    verb: Literal["pause", "resume", "delete", "run", "show", "steps", "history", "rename"]
    workflow_id: str | None = None
    name: str | None = None
    to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EditWorkflow:
    """Open a saved workflow for a change: its card, with what is said in `change` put into it (empty: the form).

    `name` is what the person called it; none: the last one spoken of.
    """

    name: str | None = None
    change: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """Take back the last change that was made in this conversation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlHook:
    """Require a signature at a webhook automation's address, or give it a new one. `fields` come from the form; none: show it."""

    verb: Literal["sign", "renew"]
    workflow_id: str
    fields: dict[str, JsonValue] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlRun:
    """Cancel or retry a run, tell how it stands or why it failed, show it or its trace.

    It is meant by its id (a part of it is enough), by what its workflow is called, or is the newest that fits. `is_all`
    means everything of this person's that is going on.
    """

    verb: Literal["cancel", "retry", "show", "trace", "status", "explain"]
    run_id: str | None = None
    name: str | None = None
    is_all: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCheck:
    """Whether a step happened of which no record says it: it did, do it again, or stop the run.

    A button carries run and `place` (`step:item:number`); typed words mean the only thing in doubt.
    """

    answer: Literal["done", "retry", "stop"]
    run_id: str | None = None
    place: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerApproval:
    """A yes or no to what an approval step asks. A button carries id and digest; typed words mean the one shown here."""

    verdict: Verdict
    request_id: str | None = None
    digest: str | None = None
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditApproval:
    """Change fields of what an approval step asks; `fields` come from its form, none: show the form."""

    request_id: str | None = None
    digest: str | None = None
    fields: dict[str, JsonValue] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """Run a run again as a whole; without an id the newest that is over. `is_sure`: what it sends again was shown.
    `is_editing` wants the form with its input, `fields` come from that form.
    """

    run_id: str | None = None
    is_sure: bool = False
    is_editing: bool = False
    fields: dict[str, JsonValue] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """Let somebody else answer what an approval step asks; `to` is what they are called, none: ask for it."""

    request_id: str | None = None
    to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowValues:
    """Show a card's private values to whoever asks, alone: of a proposal, or of what an approval step asks."""

    subject: Literal[Shows.PROPOSAL, Shows.APPROVAL]
    subject_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeGroup:
    """Add a person to a named group, or take them out of it."""

    verb: Literal["add", "remove"]
    group: str
    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowGroup:
    """Who is in a group; none: which groups there are."""

    group: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rework:
    """Open the values of a run for a change: a new card, with a yes of its own."""

    run_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlFailed:
    """List the failed runs, try some again or take them out of the list: one group by its key, those that failed because
    of what `words` say, or all.
    """

    verb: Literal["list", "retry", "dismiss"]
    key: str | None = None
    words: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Connect:
    """Connect an account. `fields` come from its form; none: show the form."""

    connector: str
    fields: dict[str, JsonValue] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Disconnect:
    connector: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlTemplate:
    """Save what is on the card, or the automation spoken of last, as a template called `name`; replace, rename (`to`) or
    delete a saved one. A button carries its id.
    """

    verb: Literal["save", "replace", "rename", "delete"]
    name: str | None = None
    to: str | None = None
    template_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerSuggestion:
    """Take one of the times that were suggested, or (none) leave it."""

    suggestion_id: str
    choice: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Forget:
    """Forget the words that were learned from use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Make this account and one elsewhere the same person's: a code that was given there was typed, or the question after it
    was answered with yes (`token`); neither: give a code.
    """

    code: str = ""
    token: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CannotHandle:
    """Nothing fits, or it was not a wish at all. `reason` is a key of `agent.phrases`; `about` are names for its sentence."""

    reason: Literal["none", "service", "small_talk", "unclear", "unsafe", "address", "placeholder", "stale_action"]
    about: str = ""


Command = (
    Start
    | SetValue
    | TakeFiles
    | SetSchedule
    | Confirm
    | Decline
    | Cancel
    | Clarify
    | Edit
    | FillForm
    | Rehearse
    | Tell
    | ControlWorkflow
    | EditWorkflow
    | Undo
    | ControlHook
    | ControlRun
    | AnswerCheck
    | AnswerApproval
    | EditApproval
    | HandOver
    | ShowValues
    | ChangeGroup
    | ShowGroup
    | Replay
    | Rework
    | ControlFailed
    | Connect
    | Disconnect
    | ControlTemplate
    | AnswerSuggestion
    | Forget
    | Link
    | CannotHandle
)
