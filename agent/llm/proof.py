"""Holds what a model said against what there is and what was written: templates, parameters, values of their kinds, and
addresses and runs that the person named. Corrects nothing and decides nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from agent.command import Clarify, Command, Connect, ControlRun, Disconnect, Replay, SetValue, Start, Tell
from agent.interpreter import View
from agent.llm.vocabulary import Compose
from catalog.kind import KINDS, check_value
from catalog.problem import did_you_mean
from catalog.workflow import Parameter, Template
from core.errors import InvalidValueError

_GIVEN = {"email", "emails", "url", "phone", "channel", "person", "file"}
"""Kinds whose values lead somewhere: only the person can say where, so they must have been written."""

_NOT_WORD = re.compile(r"[^\w]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What there is. `written` is all that the person wrote in the turns that the model saw."""

    templates: Mapping[str, Template]
    connectors: Collection[str]
    view: View
    written: str

    def problems(self, commands: Sequence[Command | Compose]) -> list[str]:
        """What is wrong, in words for the model; none: the commands can be applied."""
        return [problem for command in commands for problem in self._problems(command)]

    def _problems(self, command: Command | Compose) -> Iterator[str]:
        match command:
            case Start(template_id=template_id, left_out=left_out):
                yield from self._known([template_id])
                yield from (
                    f"left_out: the person did not write “{one}”" for one in left_out if one not in self.written
                )
                if template_id in self.templates:
                    yield from self._values(command.values, self.templates[template_id])
            case Clarify(candidates=candidates):
                yield from self._known([one.template_id for one in candidates])
            case Tell(template_ids=template_ids) if template_ids:
                yield from self._known(template_ids)
            case SetValue(name=name, value=value):
                yield from self._open_values({name: value})
            case Connect(connector=connector) | Disconnect(connector=connector):
                if connector not in self.connectors:
                    yield f"there is no connector “{connector}”{did_you_mean(connector, sorted(self.connectors))}"
            case ControlRun(run_id=str() as run_id) | Replay(run_id=str() as run_id):
                if not re.search(rf"(?<!\w){re.escape(run_id)}(?!\w)", self.written, re.IGNORECASE):
                    yield f"run_id: the person wrote no “{run_id}”; leave it out, or say what the run is called"
            case _:
                pass

    def _known(self, template_ids: Sequence[str]) -> Iterator[str]:
        for one in template_ids:
            if one not in self.templates:
                yield f"there is no template “{one}”{did_you_mean(one, list(self.templates))}"
        if not template_ids:
            yield "clarify: name the templates that may be meant"

    def _open_values(self, values: Mapping[str, JsonValue]) -> Iterator[str]:
        if self.view.template is None:
            yield "set_value: no task is open"
        elif all(name == self.view.asked and str(value) in self.written for name, value in values.items()):
            return  # the person's own answer to the question: should it not fit, the person hears why
        else:
            yield from self._values(values, self.view.template)

    def _values(self, values: Mapping[str, JsonValue], template: Template) -> Iterator[str]:
        for name, value in values.items():
            parameter = template.parameters.get(name)
            if parameter is None:
                hint = did_you_mean(name, list(template.parameters))
                yield f"“{template.id}” has no parameter “{name}”{hint or f'; it has {sorted(template.parameters)}'}"
            elif value is not None:
                yield from self._value(name, value, parameter)

    def _value(self, name: str, value: JsonValue, parameter: Parameter) -> Iterator[str]:
        try:
            checked = check_value(value, parameter, self.view.zone)
        except InvalidValueError as error:
            if (
                parameter.kind not in _GIVEN or str(value) not in self.written
            ):  # their own words: they hear what is wrong
                yield f"{name}: {error.message}"
            return
        if parameter.kind in _GIVEN and not self._was_written(value, checked, parameter.kind):
            yield f"{name}: the person did not write {value!r}; leave it out and it is asked for"

    def _was_written(self, value: JsonValue, checked: JsonValue, kind: str) -> bool:
        """Whether each part of it stands in what was written, or is held already; spelling and case do not matter."""
        said = _NOT_WORD.sub("", self.written).lower()
        held = _NOT_WORD.sub("", " ".join(str(one) for one in self.view.values.values())).lower()
        shown = KINDS[kind].show(checked, self.view.zone)
        raw = value if isinstance(value, list) else [value]
        return all(_core(str(one)) in said or _core(str(one)) in held for one in raw) or _core(shown) in said


def _core(text: str) -> str:
    """What of an address people write in any case: without its scheme, separators and case."""
    text = re.sub(r"^[a-z]+://(www\.)?|^[@#+]|/+$", "", text.strip().lower())
    return _NOT_WORD.sub("", text)
