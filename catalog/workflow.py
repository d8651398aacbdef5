"""The model of a workflow: parameters, trigger, steps. Knows nothing of chat or of running.

Read from YAML (templates) and JSON (saved versions); unknown fields are errors.
"""

from __future__ import annotations

import math
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints, field_validator, model_validator

from catalog.schedule import Schedule

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
    private: bool = Field(
        default=False,
        exclude_if=lambda private: not private,  # what was approved before there was this keeps its digest
        description="Where others read along, its value is shown only to whom it concerns.",
    )
    people: bool = Field(
        default=False,
        exclude_if=lambda people: not people,
        description="The entries of a list name people: “me” is whoever says it, by their name.",
    )

    @property
    def is_required(self) -> bool:
        return "default" not in self.model_fields_set


TriggerChoice = Literal["manual", "schedule", "webhook", "event"]


class SourceSpec(_Model):
    """Where the items come from that start runs, one for each: `${{ trigger.item }}`. `with` may read `params`.

    `every` says how often somebody looks, as a schedule or a cron line; it is left out where items are handed over.
    """

    uses: str = Field(description="A source's name.")
    with_: dict[str, JsonValue] = Field(default={}, alias="with")
    every: Schedule | None = None
    existing: Literal["skip", "take"] = Field(default="skip", description="Whether what is there already is new.")

    @field_validator("every", mode="before")
    @classmethod
    def _cron_line(cls, value: object) -> object:
        return {"cron": value} if isinstance(value, str) else value


class TriggerSpec(_Model):
    """Which triggers fit. The first allowed one is meant when the person says nothing. `event` needs a `source`."""

    allowed: list[TriggerChoice] = Field(default=["manual"], min_length=1)
    ask: str = Field(default="", description="Question for the time, when a schedule is needed and none was said.")
    source: SourceSpec | None = None
    usual: Schedule | None = Field(
        default=None, description="When it runs if nothing else is said; of saved templates."
    )

    @property
    def is_polled(self) -> bool:
        """Whether somebody looks for new items, at times that people may set."""
        return self.source is not None and self.source.every is not None

    @property
    def takes_schedule(self) -> bool:
        """Whether a time that was said has a meaning: when it runs, or how often somebody looks."""
        return "schedule" in self.allowed or self.is_polled


RetryableCause = Literal["timeout", "unavailable", "rate_limited", "temporary", "rejected"]
"""Errors of `core.errors` after which a step may be tried again: no answer in time, not reachable, asked to slow down, any
other temporary one, and (only when it is named) a refusal.
"""


class RetrySpec(_Model):
    """How often and how patiently a step is tried again. `attempts` counts the first one."""

    attempts: int = Field(default=3, ge=1, le=20)
    first_delay_s: float = Field(default=1.0, ge=0, le=3600)
    factor: float = Field(default=2.0, ge=1, le=10)
    longest_delay_s: float = Field(default=300.0, ge=0, le=86_400)
    jitter: Literal["full", "none"] = Field(default="full", description="Whether delays are random up to their bound.")
    on: list[RetryableCause] = Field(
        default=["timeout", "unavailable", "rate_limited", "temporary"], description="After which errors."
    )


Share = Annotated[str, StringConstraints(pattern=r"^(\d|[1-9]\d|100)(\.\d+)?%$")]


class ForEach(_Model):
    """Repeat a step for each item of a list; `item` and `index` are known to its expressions.

    `tolerate` is how many items may fail, as a number or a share ("10%"), before the step fails and no more items begin.
    Without it: none (`on_error: stop`), or any number but all (`continue`).
    """

    items: JsonValue = Field(description="An expression that gives a list, or a list.")
    concurrency: int = Field(default=5, ge=1, le=50)
    on_error: Literal["stop", "continue"] = "stop"
    tolerate: Annotated[int, Field(ge=0)] | Share | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if self.tolerate is not None and self.on_error == "continue":
            raise ValueError("give either on_error: continue or tolerate")
        return self

    def tolerated(self, count: int) -> int:
        """How many of so many items may fail."""
        if isinstance(self.tolerate, str):
            return math.floor(count * float(self.tolerate.removesuffix("%")) / 100)
        if self.tolerate is not None:
            return self.tolerate
        return count if self.on_error == "continue" else 0


class GoTo(_Model):
    """Which steps run instead when a step fails."""

    go_to: list[Identifier] = Field(min_length=1, max_length=10)


class Step(_Model):
    """One entry of a workflow. Without `needs` it follows the step above it; `needs: []` starts at once.

    `on_error` says what follows when it failed for good: the run fails (`stop`), goes on as if it had not (`continue`), or
    the named steps run in place of those that need it (`go_to`). A step that a `go_to` names runs in that case only.
    """

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
    on_error: Literal["stop", "continue"] | GoTo = "stop"

    @field_validator("for_each", mode="before")
    @classmethod
    def _short_form(cls, value: object) -> object:
        return value if value is None or isinstance(value, dict) else {"items": value}

    @property
    def go_to(self) -> list[str]:
        """The steps that run when this one fails."""
        return self.on_error.go_to if isinstance(self.on_error, GoTo) else []


class Concurrency(_Model):
    """How many runs of a workflow may go at the same time, all together or for each value of `key`."""

    limit: int = Field(default=1, ge=1, le=100)
    key: str = Field(default="", max_length=500, description="May hold expressions over params, trigger and run.")
    when_full: Literal["queue", "skip", "cancel_older"] = Field(
        default="queue", description="A further run waits for a slot, is left out, or older ones are cancelled."
    )


class Workflow(_Model):
    """A definition that can be run once its parameters have values."""

    title: str = Field(min_length=3, max_length=80)
    parameters: dict[Identifier, Parameter] = {}
    trigger: TriggerSpec = TriggerSpec()
    steps: list[Step] = Field(min_length=1, max_length=60)
    result: str = Field(default="", max_length=2000, description="What chat says at the end; may hold expressions.")
    deadline_s: float | None = Field(
        default=None,
        gt=0,
        le=31_622_400,
        description="How long a run may take. Waiting for people or for a slot does not count.",
    )
    concurrency: Concurrency | None = None
    parallel: int = Field(default=10, ge=1, le=50, description="Steps and items of one run that work at the same time.")

    def step(self, step_id: str) -> Step:
        return next(step for step in self.steps if step.id == step_id)


Category = Literal["email", "task", "social", "meeting", "data", "webhook", "chat", "files", "web", "time"]


class Template(Workflow):
    """A reusable workflow with the words people use to ask for it. One YAML file in `catalog/templates/`."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*\.[a-z0-9-]+$")]
    summary: str = Field(min_length=10, max_length=200)
    category: Category
    services: list[str] = []
    asks: list[str] = Field(min_length=1, description="Sentences that people say; retrieval learns from them.")
    sample: dict[str, JsonValue] = Field(default={}, description="Values for tests and rehearsals.")

    def workflow(self) -> Workflow:
        """The definition alone, as it is saved and run."""
        return Workflow.model_validate(
            self.model_dump(include=set(Workflow.model_fields), exclude_unset=True, by_alias=True)
        )


def frozen_template(template_id: str | None, workflow: Workflow, summary: str = "") -> Template:
    """A template made of a saved workflow, for one that the catalog does not have. In what is saved each parameter has a
    default; one with a question and an empty default is required.
    """
    fields = workflow.model_dump(exclude_unset=True, by_alias=True)
    for parameter in fields.get("parameters", {}).values():
        if parameter.get("ask") and parameter.get("default") is None:
            parameter.pop("default", None)
    return Template.model_validate(
        {
            **fields,
            "id": template_id or "composed.workflow",
            "summary": summary or f"A saved automation: {workflow.title}",
            "category": "task",
            "asks": [workflow.title],
        }
    )
