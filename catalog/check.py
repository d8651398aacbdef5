"""Whether a workflow makes sense beyond its shape: known steps and kinds, fitting values, expressions that find what they
read. Used when templates are loaded and when a workflow was composed. Runs nothing and changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC

from pydantic import JsonValue, ValidationError

from catalog.expression import Expressions, Reference
from catalog.flow import Flow
from catalog.kind import KINDS, check_value
from catalog.problem import Path, Problem, did_you_mean, explain, unknown_field
from catalog.workflow import Parameter, Step, Template, Workflow
from core.errors import InvalidValueError, RejectedError
from tools.registry import StepRegistry, literal_fields
from tools.source import AnySourceType
from tools.step import AnyStepType

_ROOTS = {"params", "steps", "trigger", "run", "now"}
_ITEM_ROOTS = {"item", "index"}
_RUN_FIELDS = {"id", "title", "started_at"}
_WHOLE_PARAMETER = re.compile(r"\$\{\{\s*params\.\w+\s*\}\}")


def check_workflow(workflow: Workflow, steps: StepRegistry, expressions: Expressions | None = None) -> list[Problem]:
    """Return every problem, in the order of the definition; none: it can be run once its parameters have values."""
    check = _Check(workflow, steps, expressions or Expressions())
    return [*check.parameters(), *check.trigger(), *check.steps(), *check.result(), *check.concurrency()]


def check_sample(template: Template) -> list[Problem]:
    """Whether the sample has a fitting value for every parameter that must have one."""
    problems = []
    for name, parameter in template.parameters.items():
        if name in template.sample:
            problems += _check_literal(template.sample[name], parameter, ("sample", name))
        elif parameter.is_required:
            problems.append(Problem(path=("sample",), message=f"has no value for “{name}”"))
    for name in template.sample.keys() - template.parameters.keys():
        hint = did_you_mean(name, list(template.parameters))
        problems.append(Problem(path=("sample", name), message=f"there is no such parameter{hint}"))
    return problems


def is_blank(value: JsonValue) -> bool:
    """Whether a default says "nothing", which fits every kind."""
    return value is None or value in ("", [], {})


def _is_whole(value: JsonValue) -> bool:
    return isinstance(value, str) and _WHOLE_PARAMETER.fullmatch(value) is not None


def _check_literal(value: JsonValue, parameter: Parameter, path: Path) -> list[Problem]:
    if parameter.kind not in KINDS or (parameter.kind == "choice" and not parameter.options):
        return []  # that is a problem of the parameter
    try:
        check_value(value, parameter, UTC)
    except InvalidValueError as error:
        return [Problem(path=path, message=error.message)]
    return []


class _Check:
    """One check of one workflow."""

    def __init__(self, workflow: Workflow, steps: StepRegistry, expressions: Expressions) -> None:
        self._workflow = workflow
        self._types = steps
        self._expressions = expressions
        self._by_id = {step.id: step for step in reversed(workflow.steps)}
        self._flow = Flow(workflow)
        self._before = self._flow.before()
        waits = any(step.uses == "flow.wait_event" for step in workflow.steps)
        self._run_fields = _RUN_FIELDS | ({"resume_url"} if waits else set())
        source = workflow.trigger.source
        self._source = steps.source(source.uses) if source is not None else None

    def parameters(self) -> Iterator[Problem]:
        for name, parameter in self._workflow.parameters.items():
            path: Path = ("parameters", name)
            if parameter.kind not in KINDS:
                hint = did_you_mean(parameter.kind, list(KINDS)) or f"; there are {', '.join(KINDS)}"
                yield Problem(path=(*path, "kind"), message=f"there is no kind “{parameter.kind}”{hint}")
            if parameter.kind == "choice" and not parameter.options:
                yield Problem(path=path, message="a choice needs options")
            if parameter.people and parameter.kind != "list":
                yield Problem(path=(*path, "people"), message="only a list names people")
            if parameter.is_required and not parameter.ask:
                yield Problem(path=path, message="needs a question (ask) or a default")
            least, most = parameter.minimum, parameter.maximum
            if least is not None and most is not None and least > most:
                yield Problem(path=(*path, "minimum"), message="is larger than the maximum")
            if not parameter.is_required and not is_blank(parameter.default):
                yield from _check_literal(parameter.default, parameter, (*path, "default"))

    def trigger(self) -> Iterator[Problem]:
        """An event has a source, which is known, is looked at when somebody has to look, and gets fitting values."""
        source, path = self._workflow.trigger.source, ("trigger", "source")
        if (source is None) == ("event" in self._workflow.trigger.allowed):
            has = "has no source" if source is None else "has a source, and “event” is not allowed"
            yield Problem(path=("trigger",), message=f"{has}; they belong together")
        if source is None:
            return
        found = self._source
        if found is None:
            hint = did_you_mean(source.uses, [one.name for one in self._types.sources()])
            yield Problem(path=(*path, "uses"), message=f"there is no source “{source.uses}”{hint}")
            return
        if (found.look is None) != (source.every is None):
            needs = "has to be looked at: say how often" if source.every is None else "tells by itself; leave it out"
            yield Problem(path=(*path, "every"), message=f"“{source.uses}” {needs}")
        if source.every is not None and not source.every.is_recurring:
            yield Problem(path=(*path, "every"), message="must come again and again")
        yield from self._values(source.with_, found, (*path, "with"))
        literal = literal_fields(found)
        values = {name: value for name, value in source.with_.items() if name not in literal or _is_whole(value)}
        yield from self._texts(values, (*path, "with"), set(), {"params"})

    def steps(self) -> Iterator[Problem]:
        seen: set[str] = set()
        for place, step in enumerate(self._workflow.steps):
            path: Path = ("steps", place)
            if step.id in seen:
                yield Problem(path=(*path, "id"), message=f"“{step.id}” is the id of a step above")
            yield from self._needs(step, seen, (*path, "needs"))
            seen.add(step.id)
            yield from self._go_to(step, seen, (*path, "on_error", "go_to"))
            if found := self._types.find(step.uses):
                yield from self._values(step.with_, found, (*path, "with"))
            else:
                hint = did_you_mean(step.uses, self._types.names())
                yield Problem(path=(*path, "uses"), message=f"there is no step type “{step.uses}”{hint}")
            yield from self._expressions_of(step, found, path)

    def result(self) -> Iterator[Problem]:
        everything = set(self._by_id)
        yield from self._texts(self._workflow.result, ("result",), everything, _ROOTS)

    def concurrency(self) -> Iterator[Problem]:
        """The key is worked out before any step begins."""
        if self._workflow.concurrency is not None:
            yield from self._texts(self._workflow.concurrency.key, ("concurrency", "key"), set(), _ROOTS - {"steps"})

    def _needs(self, step: Step, above: set[str], path: Path) -> Iterator[Problem]:
        for place, need in enumerate(step.needs or []):
            if need == step.id:
                yield Problem(path=(*path, place), message="a step cannot need itself")
            elif need not in self._by_id:
                hint = did_you_mean(need, list(self._by_id))
                yield Problem(path=(*path, place), message=f"there is no step “{need}”{hint}")
            elif need not in above:
                yield Problem(path=(*path, place), message=f"“{need}” comes later; a step needs only steps above it")

        handled = self._flow.handles.get(step.id, [])
        if handled and step.needs is not None:
            yield Problem(path=path, message=f"it begins only when “{handled[0]}” fails; leave needs out")
        yield from self._never(step, path)

    def _never(self, step: Step, path: Path) -> Iterator[Problem]:
        """A step that waits for another and for what stands in for it has always one of the two skipped."""
        needs = self._flow.needs[step.id] if step.if_ is None else []
        for handler in needs:
            failing = set(self._flow.handles.get(handler, ()))
            other = next((need for need in needs if failing and failing <= {need} | self._before[need]), None)
            if other is not None and other != handler:
                reason = f"“{handler}” runs only when “{min(failing)}” fails, and then “{other}” does not count as done"
                yield Problem(path=path, message=f"this step would never run: {reason}; give it an `if` to join both")

    def _go_to(self, step: Step, above: set[str], path: Path) -> Iterator[Problem]:
        for place, handler in enumerate(step.go_to):
            here = (*path, place)
            if handler == step.id:
                yield Problem(path=here, message="a step cannot stand in for itself")
            elif handler not in self._by_id:
                yield Problem(
                    path=here, message=f"there is no step “{handler}”{did_you_mean(handler, list(self._by_id))}"
                )
            elif handler in above:
                yield Problem(path=here, message=f"“{handler}” comes earlier; only steps below can stand in")
            elif handler in step.go_to[:place]:
                yield Problem(path=here, message=f"“{handler}” is named twice")

    def _values(
        self, values: dict[str, JsonValue], declared: AnyStepType | AnySourceType, path: Path
    ) -> Iterator[Problem]:
        """What stands under `with`: known, complete, and of the right type where it is written out."""
        open_fields = {name for name, value in values.items() if self._expressions.has_any(value)}
        written = {name: value for name, value in values.items() if name not in open_fields}
        fields = [field.alias or name for name, field in declared.params.model_fields.items()]
        for name in open_fields - set(fields):
            yield Problem(path=(*path, name), message=unknown_field(name, fields))
        for name in open_fields & literal_fields(declared):
            if _is_whole(values[name]):
                continue  # the whole of it is what a person wrote, saw on the card and said yes to
            yield Problem(
                path=(*path, name), message="holds code and takes no ${{ }}; hand values over by another field"
            )
        try:
            declared.params.model_validate(written)
        except ValidationError as error:
            for item in error.errors(include_url=False, include_input=False):
                place = item["loc"]
                is_known_later = item["type"] == "missing" and bool(place) and place[0] in open_fields
                if not is_known_later and (place or not open_fields):
                    yield Problem(path=(*path, *place), message=explain(item["type"], item["msg"], place, fields))

    def _expressions_of(self, step: Step, step_type: AnyStepType | None, path: Path) -> Iterator[Problem]:
        before = self._before[step.id]
        if step.if_ is not None:
            yield from self._condition(step.if_, (*path, "if"), before)
        if step.for_each is not None:
            items = step.for_each.items
            if not isinstance(items, list) and not (isinstance(items, str) and self._expressions.has_any(items)):
                yield Problem(path=(*path, "for_each"), message="needs a list, or an expression that gives one")
            yield from self._texts(items, (*path, "for_each"), before, _ROOTS)
        roots = _ROOTS | _ITEM_ROOTS if step.for_each else _ROOTS
        literal = literal_fields(step_type) if step_type else set()
        values = {name: value for name, value in step.with_.items() if name not in literal or _is_whole(value)}
        yield from self._texts(values, (*path, "with"), before, roots)

    def _condition(self, text: str, path: Path, before: set[str]) -> Iterator[Problem]:
        try:
            references = self._expressions.condition_references(text)
        except RejectedError as error:
            yield Problem(path=path, message=error.message)
            return
        for reference in references:
            yield from self._reference(reference, path, before, _ROOTS)

    def _texts(self, value: JsonValue, path: Path, before: set[str], roots: set[str]) -> Iterator[Problem]:
        """Every text inside a value."""
        if isinstance(value, (dict, list)):
            for key, item in value.items() if isinstance(value, dict) else enumerate(value):
                yield from self._texts(item, (*path, key), before, roots)
        if not isinstance(value, str):
            return
        if "{%" in value:
            yield Problem(path=path, message="{% %} is not understood here; use ${{ }}, for_each or if")
            return
        try:
            references = self._expressions.references(value)
        except RejectedError as error:
            yield Problem(path=path, message=error.message)
            return
        for reference in references:
            yield from self._reference(reference, path, before, roots)

    def _reference(self, reference: Reference, path: Path, before: set[str], roots: set[str]) -> Iterator[Problem]:
        root, name = reference[0], reference[1] if len(reference) > 1 else ""
        if root not in roots:
            reason = "is known only to the values of a step with for_each" if root in _ITEM_ROOTS else "is unknown"
            yield Problem(path=path, message=f"“{root}” {reason}{did_you_mean(root, sorted(roots))}")
        elif root == "params" and name and name not in self._workflow.parameters:
            hint = did_you_mean(name, list(self._workflow.parameters))
            yield Problem(path=path, message=f"there is no parameter “{name}”{hint}")
        elif root == "run" and name and name not in self._run_fields:
            yield Problem(path=path, message=f"a run has no “{name}”; it has {', '.join(sorted(self._run_fields))}")
        elif root == "trigger" and name == "item":
            yield from self._item_reference(reference[2] if len(reference) > 2 else "", path)  # noqa: PLR2004  # has a third word
        elif root == "steps" and name:
            yield from self._step_reference(name, reference[2] if len(reference) > 2 else "", path, before)  # noqa: PLR2004  # as above

    def _item_reference(self, field: str | int, path: Path) -> Iterator[Problem]:
        if self._workflow.trigger.source is None:
            yield Problem(path=path, message="only a trigger with a source has an item")
        elif self._source is not None and self._source.item is not None and field:
            fields = [known.alias or name for name, known in self._source.item.model_fields.items()]
            if field not in fields:
                hint = did_you_mean(str(field), fields) or f"; it has {', '.join(fields)}"
                yield Problem(path=path, message=f"an item of “{self._source.name}” has no “{field}”{hint}")

    def _step_reference(self, name: str, field: str, path: Path, before: set[str]) -> Iterator[Problem]:
        step = self._by_id.get(name)
        if step is None:
            yield Problem(path=path, message=f"there is no step “{name}”{did_you_mean(name, list(self._by_id))}")
        elif name not in before:
            yield Problem(path=path, message=f"step “{name}” is not finished before this one")
        elif field and (found := self._types.find(step.uses)):
            fields = _result_fields(step, found, may_skip=name in self._flow.may_skip)
            if fields is not None and field not in fields:
                hint = did_you_mean(field, fields) or f"; it has {', '.join(fields)}"
                yield Problem(path=path, message=f"step “{name}” gives no “{field}”{hint}")


def _result_fields(step: Step, step_type: AnyStepType, *, may_skip: bool) -> list[str] | None:
    """What later steps see of a step; none: anything. `worker.scope` adds what became of it."""
    told = ["skipped"] * may_skip + ["failed", "error"] * (step.on_error != "stop")
    if step.for_each is not None:
        return ["items", "failed", *told]
    model = step_type.result
    if model.model_config.get("extra") == "allow":
        return None
    return [*(field.alias or name for name, field in model.model_fields.items()), *model.model_computed_fields, *told]
