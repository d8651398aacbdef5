"""The model of a building block: one thing that starts an automation, or one thing that it does. One YAML file each in
`catalog/blocks/`; what people say about it, what it needs, what it gives and what it takes from those before it.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints, model_validator

from catalog.workflow import Category, ForEach, Identifier, Parameter, Step, Template, TriggerSpec

Output = Literal["title", "text", "link", "sender", "number", "file", "record", "items"]
"""What blocks hand over: short and long text, an address, who sent it, an amount, a path of the files folder, an
object, a list of objects.
"""

IN_TEXT: tuple[Output, ...] = ("title", "text", "link", "sender", "number", "file")
"""Outputs that can stand in a text, as `{title}`."""

Wanted = Annotated[
    str,
    StringConstraints(
        pattern=r"^(title|text|link|sender|number|file|record|items)(\+(title|text|link|sender|number|file))*$"
    ),
]
"""Outputs that fill one value together, e.g. `title+link`: the first must be there, the others come along if they are."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class BlockStep(_Model):
    """The step of a block. `${{ takes.name }}` stands for what the block takes under that name."""

    uses: str
    with_: dict[str, JsonValue] = Field(default={}, alias="with")
    title: str = Field(default="", max_length=80)
    for_each: ForEach | None = None


class Block(_Model):
    """`starts` for what begins a run, `step` for what a run does.

    `takes` names what is handed over from before: a parameter, which then need not be asked for, or a name of its own,
    without which the block cannot be used. Its value lists what fits, the best first. `gives` holds an expression for
    each output; in it, `step` is the block's own step.
    """

    id: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*\.[a-z0-9-]+$")]
    title: str = Field(min_length=3, max_length=40)
    summary: str = Field(min_length=10, max_length=120)
    category: Category
    services: list[str] = []
    asks: list[str] = Field(min_length=4, description="How people say this part of a sentence.")
    parameters: dict[Identifier, Parameter] = {}
    starts: TriggerSpec | None = None
    step: BlockStep | None = None
    takes: dict[Identifier, list[Wanted]] = {}
    gives: dict[Output, str] = {}
    result: str = Field(
        default="", max_length=300, description="What chat says of it at the end; may hold expressions."
    )
    sample: dict[str, JsonValue] = {}
    heading: str = Field(default="", max_length=60, description="What it brings, where that needs a title.")
    headed: list[Identifier] = Field(default=[], description="Texts that any fitting title will do for; not asked.")

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        if (self.starts is None) == (self.step is None):
            raise ValueError("needs either starts or step")
        if self.starts is not None and self.takes:
            raise ValueError("nothing comes before what starts a run; it takes nothing")
        if wrong := [name for name in self.headed if name not in self.parameters]:
            raise ValueError(f"headed names no parameter of its own: {', '.join(wrong)}")
        return self

    @property
    def is_trigger(self) -> bool:
        return self.starts is not None

    @property
    def inputs(self) -> list[str]:
        """What must be handed over: no person could type it."""
        return [name for name in self.takes if name not in self.parameters]

    def as_template(self) -> Template:
        """The block alone, as what is read from a sentence and found by its words. It is not run."""
        step = self.step or BlockStep(uses="flow.branch")
        return Template(
            id=self.id,
            title=self.title,
            summary=self.summary,
            category=self.category,
            services=self.services,
            asks=self.asks,
            parameters=self.parameters,
            trigger=self.starts or TriggerSpec(allowed=["manual", "schedule", "webhook"]),
            steps=[Step(id="step", uses=step.uses)],
            sample=self.sample,
        )
