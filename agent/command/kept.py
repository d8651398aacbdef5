"""Commands for what is there already: automations, runs, saved templates, and what was learned; and questions about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from pydantic import JsonValue


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
class Replay:
    """Run a run again as a whole; without an id the newest that is over. `is_sure`: what it sends again was shown.
    `is_editing` wants the form with its input, `fields` come from that form.
    """

    run_id: str | None = None
    is_sure: bool = False
    is_editing: bool = False
    fields: dict[str, JsonValue] | None = None


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
