"""Puts blocks together to a workflow: one trigger, its actions in order, and values handed from one to the next by type.

Reads no sentence and asks nothing; what nobody hands over stays a parameter like any other.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import JsonValue

from catalog.block import IN_TEXT, Block, BlockStep, Output
from catalog.workflow import Parameter, Step, Template

_LONGEST_TITLE = 80
_LONGEST_SUMMARY = 200
_PARAMETER = re.compile(r"\bparams\.(\w+)")
_TAKEN = re.compile(r"\btakes\.(\w+)")
_STEP = re.compile(r"\bstep(?=\.[a-z_])")
_TEXTS = ("text", "long_text")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A block and what is known of its use: `given` parameters were said by the person, `asked` ones must be."""

    block: Block
    given: Collection[str] = ()
    asked: Collection[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """`names` says for each part, in order, what its parameters are called in the template."""

    template: Template
    names: Sequence[Mapping[str, str]]


def compose(trigger: Part, actions: Sequence[Part]) -> Composed | None:
    """The workflow of these parts; none when one of them needs what none before it gives."""
    draft = _Draft()
    draft.start(trigger)
    for action in actions:
        if not draft.add(action):
            return None
    return Composed(template=draft.template(trigger.block, [action.block for action in actions]), names=draft.names)


@dataclass(slots=True)
class _Draft:
    """A workflow being put together. `layers` are the expressions for what the parts so far give."""

    parameters: dict[str, Parameter] = field(default_factory=dict)
    sample: dict[str, JsonValue] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    results: list[str] = field(default_factory=list)
    names: list[dict[str, str]] = field(default_factory=list)
    layers: list[Mapping[Output, str]] = field(default_factory=list)
    trigger: dict[str, JsonValue] = field(default_factory=dict)
    heading: str = ""

    def start(self, part: Part) -> None:
        assert part.block.starts is not None
        names = self._named(part.block, part.block.parameters)
        starts = part.block.starts.model_dump(mode="json", by_alias=True, exclude_unset=True)
        self.trigger = {key: _renamed(value, names) for key, value in starts.items()}
        self.layers = [{output: str(_renamed(text, names)) for output, text in part.block.gives.items()}]
        self.heading = part.block.heading

    def add(self, part: Part) -> bool:
        """Add an action behind those there are; false when something that it must be handed is missing."""
        block = part.block
        assert block.step is not None
        wired = {name: fitting for name, wants in block.takes.items() if (fitting := self._fitting(wants))}
        if any(name not in wired for name in block.inputs):
            return False
        kept = {
            name: self._filled(
                parameter, wired.get(name, ()), is_headed=name in block.headed, is_asked=name in part.asked
            )
            for name, parameter in block.parameters.items()
            if name not in wired or parameter.kind in _TEXTS or name in part.given
        }
        names = self._named(block, kept)
        step_id = self._step_id(block)
        taken = {name: self._expression(name, names, wired.get(name, ())) for name in block.takes}
        self.steps.append(_step(block.step, step_id, names, taken))
        if block.result:
            self.results.append(str(put(_renamed(block.result, names), taken, step_id)))
        self.layers.append(
            {output: str(put(_renamed(text, names), taken, step_id)) for output, text in block.gives.items()}
        )
        self.heading = block.heading or self.heading
        return True

    @property
    def outputs(self) -> dict[Output, str]:
        """All that is given, by the latest that gives it."""
        return {output: text for layer in self.layers for output, text in layer.items()}

    def _fitting(self, wants: Sequence[str]) -> tuple[Output, ...]:
        """The outputs that fill a value: the first kind wanted of what came last, or of what came before that."""
        for layer in reversed(self.layers):
            for want in wants:
                first, *others = want.split("+")
                if first in layer:
                    return tuple(output for output in self.outputs if output == first or output in others)
        return ()

    def _filled(self, parameter: Parameter, fitting: Sequence[Output], *, is_headed: bool, is_asked: bool) -> Parameter:
        """A text shows on the card what is put into it, and can be changed there; a title is made where there is one."""
        fields = parameter.model_dump(exclude_unset=True)
        if fitting and parameter.kind in _TEXTS:
            between = " · " if parameter.kind == "text" else "\n\n"
            known = " ".join(f"{{{output}}}" for output in IN_TEXT if output in self.outputs)
            ordered = [output for output in IN_TEXT if output in fitting]
            fields |= {"default": between.join(f"{{{output}}}" for output in ordered), "hint": known}
        elif is_asked:
            fields.pop("default", None)
        elif is_headed and self.heading:
            fields["default"] = self.heading
        return Parameter.model_validate(fields)

    def _named(self, block: Block, parameters: Mapping[str, Parameter]) -> dict[str, str]:
        """Take parameters over, each under a name that is free; what a label does not tell apart gets the block's title."""
        names: dict[str, str] = {}
        for name, parameter in parameters.items():
            number = 1
            while (free := name if number == 1 else f"{name}_{number}") in self.parameters:
                number += 1
            names[name] = free
            label = f"{parameter.label or name.capitalize()} ({block.title})"[:60]
            told_apart = {"label": label} if number > 1 else {}
            self.parameters[free] = parameter.model_copy(update=told_apart)
            if name in block.sample and parameter.is_required:
                self.sample[free] = block.sample[name]
        self.names.append(names)
        return names

    def _step_id(self, block: Block) -> str:
        base = block.id.partition(".")[0].replace("-", "_")
        taken = {step.id for step in self.steps}
        return next(name for n in range(1, 100) if (name := base if n == 1 else f"{base}_{n}") not in taken)

    def _expression(self, name: str, names: Mapping[str, str], fitting: Sequence[Output]) -> str:
        """What stands for `takes.name`: the parameter, filled where something is handed over, or that itself."""
        if name not in names:
            return f"({self.outputs[fitting[0]]})"
        if not fitting:
            return f"params.{names[name]}"
        values = ", ".join(f"'{output}': {text}" for output, text in self.outputs.items() if output in IN_TEXT)
        return f"(params.{names[name]} | fill({{{values}}}) | trim)"

    def template(self, trigger: Block, actions: Sequence[Block]) -> Template:
        title = f"{trigger.title}: {', '.join(action.title for action in actions)}"
        summary = " ".join(block.summary for block in (trigger, *actions))
        slug = "-".join(block.id.replace(".", "-") for block in (trigger, *actions))
        return Template.model_validate(
            {
                "id": f"composed.{slug}",
                "title": _cut(title, _LONGEST_TITLE),
                "summary": _cut(summary, _LONGEST_SUMMARY),
                "category": actions[-1].category,
                "services": list(dict.fromkeys(service for block in (trigger, *actions) for service in block.services)),
                "asks": [title],
                "parameters": {name: one.model_dump(exclude_unset=True) for name, one in self.parameters.items()},
                "trigger": self.trigger,
                "steps": self.steps,
                "result": " ".join(self.results),
                "sample": {name: self.sample[name] for name in self.parameters if name in self.sample},
            }
        )


def _step(step: BlockStep, step_id: str, names: Mapping[str, str], taken: Mapping[str, str]) -> Step:
    fields = step.model_dump(mode="json", by_alias=True, exclude_unset=True)
    filled = {key: put(_renamed(value, names), taken, step_id) for key, value in fields.items()}
    return Step.model_validate(filled | {"id": step_id})


def _renamed(value: JsonValue, names: Mapping[str, str]) -> JsonValue:
    """A value whose expressions read parameters by their new names; those of other blocks are done already."""
    if isinstance(value, dict):
        return {key: _renamed(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item, names) for item in value]
    return _PARAMETER.sub(lambda m: f"params.{names.get(m[1], m[1])}", value) if isinstance(value, str) else value


def put(value: JsonValue, taken: Mapping[str, str], step_id: str) -> JsonValue:
    """A value with what is handed over in place of `takes.name` and the step's own id in place of `step`."""
    if isinstance(value, dict):
        return {key: put(item, taken, step_id) for key, item in value.items()}
    if isinstance(value, list):
        return [put(item, taken, step_id) for item in value]
    if not isinstance(value, str):
        return value
    return _TAKEN.sub(lambda m: taken.get(m[1], m[0]), _STEP.sub(f"steps.{step_id}", value))


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
