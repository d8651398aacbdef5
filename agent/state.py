"""What a conversation is in the middle of, as JSON in `Conversation.state`. Decides nothing and holds no secret."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, field_serializer

from catalog.schedule import Schedule
from catalog.workflow import Template, TriggerChoice
from core.canonical import encode
from store.record import JsonObject

Source = Literal["message", "default", "answer", "edit", "suggestion"]

TASKS = 5
"""So many tasks are kept open in one conversation; the oldest is let go."""

DEEDS = 10
"""So many changes can be taken back, one after the other."""

STATE_BYTES = 400_000
"""A state larger than this lets its oldest tasks go."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


def _written(template: Template | None) -> JsonValue:
    """Whether a parameter is required shows in whether its default was written, so nothing is added to it."""
    return template.model_dump(mode="json", by_alias=True, exclude_unset=True) if template else None


class HeldValue(_Model):
    """One checked value in its canonical form, and where it came from."""

    value: JsonValue
    source: Source


class Task(_Model):
    """One wish on its way to a card.

    `asked` is the parameter just asked for, `schedule` for the time, `connection` for an account; `failures` counts
    answers to it that did not fit; `doubtful` are parameters whose value did not fit, so that no default may stand in.
    `suggested` are values that were found in what was said before: they are offered, and taken when somebody picks them.
    `proposal_id` and `digest` are those of the card shown last. `replaces` is a saved
    workflow that a yes to this card puts out of use. `template` is the one of a workflow that the catalog does not know.
    `left_out` are parts of the wish that it does not do. `is_next`: it was wished for beside another and has not come up yet. `words` is what a yes teaches of how one asks.
    """

    template_id: str
    template: Template | None = None
    values: dict[str, HeldValue] = {}
    schedule: Schedule | None = None
    schedule_source: Source = "message"
    needs_time: bool = False
    trigger: TriggerChoice | None = None
    asked: str | None = None
    failures: int = 0
    doubtful: list[str] = []
    suggested: dict[str, list[str]] = {}
    workflow_id: str | None = None
    version: int = 0
    proposal_id: str | None = None
    digest: str | None = None
    replaces: str | None = None
    words: str = ""
    left_out: list[str] = []
    is_next: bool = False

    @field_serializer("template")
    def _as_written(self, template: Template | None) -> JsonValue:
        return _written(template)

    @property
    def has_card(self) -> bool:
        return self.proposal_id is not None and self.asked is None


class Clarification(_Model):
    """A question between templates and the sentence that led to it, with the `files` that came with that. `template` is one that
    the catalog does not know.
    """

    template_ids: list[str]
    text: str
    template: Template | None = None
    files: list[str] = []

    @field_serializer("template")
    def _as_written(self, template: Template | None) -> JsonValue:
        return _written(template)


class Question(_Model):
    """A question with buttons that is about no card. A typed yes or no presses one of them: these are their actions."""

    yes: str
    no: str


class Deed(_Model):
    """One change that was made here, and what is needed to take it back.

    `before` is the state or name that the workflow had, `replaced` the one that it took the place of.
    """

    verb: Literal["pause", "resume", "delete", "rename", "begin", "run"]
    workflow_id: str
    before: str = ""
    replaced: str | None = None
    run_id: str | None = None


class DialogueState(_Model):
    """The whole of it. The last of `tasks` is the current one; `question` is open besides it;
    `deeds` are the newest changes, the last one last.

    `language` is that of the person's messages; empty until one tells.
    """

    tasks: list[Task] = []
    clarification: Clarification | None = None
    question: Question | None = None
    last_workflow_id: str | None = None
    last_run_id: str | None = None
    last_schedule: Schedule | None = None
    language: str = ""
    deeds: list[Deed] = []
    pages: dict[str, int] = Field(default={}, description="By list the page that is looked at.")
    misses: int = Field(default=0, description="Messages in a row that nothing fitted.")

    @property
    def task(self) -> Task | None:
        return self.tasks[-1] if self.tasks else None

    @property
    def awaits_yes(self) -> bool:
        """Whether a plain yes would be to something: a card, a question, or “do you mean this?”."""
        if self.clarification is not None and len(self.clarification.template_ids) == 1:
            return True
        return self.question is not None or (self.task is not None and self.task.has_card)

    def note(self, deed: Deed) -> None:
        """Remember a change that may be taken back."""
        self.deeds = [*self.deeds, deed][-DEEDS:]

    def task_of(self, proposal_id: str | None) -> Task | None:
        """The task whose card this is, wherever it is in the stack."""
        return next((task for task in self.tasks if proposal_id and task.proposal_id == proposal_id), None)

    def remove(self, task: Task) -> None:
        self.tasks = [other for other in self.tasks if other is not task]

    def to_json(self) -> JsonObject:
        """As stored: the oldest tasks are left out when there are too many or they are too large."""
        self.tasks = self.tasks[-TASKS:]
        while (data := self.model_dump(mode="json", exclude_defaults=True)) and len(encode(data)) > STATE_BYTES:
            if not self.tasks:
                return {}
            self.tasks = self.tasks[1:]
        return data


def load_state(data: JsonObject) -> DialogueState:
    """Read a stored state. One that an older or newer version of Errand wrote differently starts afresh: the
    records hold everything that matters.
    """
    try:
        return DialogueState.model_validate(data)
    except ValidationError:
        return DialogueState()
