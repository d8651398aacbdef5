"""The model of a workflow: parameters, trigger, steps. Knows nothing of chat or of running.

Read from YAML (templates) and JSON (saved versions); unknown fields are errors.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints, field_validator

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Parameter(_Model):
    """One value that the workflow needs. Without a `default` it is asked for; `default: null` makes it optional."""

    kind: str = Field(description="A kind of `catalog.kind`.")
    ask: str = Field(default="", max_length=200, description="The question; required when there is no default.")
    label: str = Field(default="", max_length=60, description="Its name on cards; derived from the key when empty.")
    hint: str = Field(default="", max_length=200, description="Example or explanation below a form field.")
    default: JsonValue = None
    options: list[str] = Field(default=[], description="Allowed values of kind `choice`.")
    words: list[str] = Field(
        default=[], description="Words that introduce the value in a sentence, e.g. subject, titled."
    )
    minimum: float | None = None
    maximum: float | None = None

    @property
    def is_required(self) -> bool:
        return "default" not in self.model_fields_set


TriggerChoice = Literal["manual", "schedule", "webhook", "event"]


class TriggerSpec(_Model):
    """Which triggers fit. The first allowed one is meant when the person says nothing."""

    allowed: list[TriggerChoice] = Field(default=["manual"], min_length=1)
    ask: str = Field(default="", description="Question for the time, when a schedule is needed and none was said.")


class RetrySpec(_Model):
    """How often and how patiently a step is tried again after a retryable error. `attempts` counts the first one."""

    attempts: int = Field(default=3, ge=1, le=20)
    first_delay_s: float = Field(default=1.0, ge=0, le=3600)
    factor: float = Field(default=2.0, ge=1, le=10)
    longest_delay_s: float = Field(default=300.0, ge=0, le=86_400)


class ForEach(_Model):
    """Repeat a step for each item of a list; `item` and `index` are known to its expressions."""

    items: JsonValue = Field(description="An expression that gives a list, or a list.")
    concurrency: int = Field(default=5, ge=1, le=50)
    on_error: Literal["stop", "continue"] = "stop"


class Step(_Model):
    """One entry of a workflow. Without `needs` it follows the step above it; `needs: []` starts at once."""

    id: Identifier
    uses: str = Field(description="A step type's name.")
    with_: dict[str, JsonValue] = Field(default={}, alias="with")
    title: str = Field(default="", max_length=80)
    needs: list[Identifier] | None = None
    if_: str | None = Field(
        default=None, alias="if", description="An expression; the step is skipped when it is false."
    )
    for_each: ForEach | None = None
    retry: RetrySpec = RetrySpec()
    timeout_s: float | None = Field(default=None, gt=0, le=3600)
    on_error: Literal["stop", "continue"] = "stop"

    @field_validator("for_each", mode="before")
    @classmethod
    def _short_form(cls, value: object) -> object:
        return value if value is None or isinstance(value, dict) else {"items": value}


class Workflow(_Model):
    """A definition that can be run once its parameters have values."""

    title: str = Field(min_length=3, max_length=80)
    parameters: dict[Identifier, Parameter] = {}
    trigger: TriggerSpec = TriggerSpec()
    steps: list[Step] = Field(min_length=1, max_length=60)
    result: str = Field(default="", max_length=2000, description="What chat says at the end; may hold expressions.")

    def step(self, step_id: str) -> Step:
        return next(step for step in self.steps if step.id == step_id)


Category = Literal["email", "task", "social", "meeting", "data", "webhook", "chat", "files", "web", "time"]


class Template(Workflow):
    """A reusable workflow with the words people use to ask for it. One YAML file in `catalog/templates/`."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*\.[a-z0-9-]+$")]
    summary: str = Field(min_length=10, max_length=200)
    category: Category
    services: list[str] = []
    asks: list[str] = Field(min_length=4, description="Sentences that people say; retrieval learns from them.")
    sample: dict[str, JsonValue] = Field(default={}, description="Values for tests and rehearsals.")

    def workflow(self) -> Workflow:
        """The definition alone, as it is saved and run."""
        return Workflow.model_validate(
            self.model_dump(include=set(Workflow.model_fields), exclude_unset=True, by_alias=True)
        )
