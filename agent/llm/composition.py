"""Whether a workflow that a model wrote may be shown: all that `catalog.check` asks of a template, and what is asked only of
one that nobody has read before. Corrects nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydantic import JsonValue

from catalog.check import check_workflow
from catalog.expression import Expressions
from catalog.workflow import Step, Template
from tools.registry import StepRegistry
from tools.step import Effect

_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_TAKES_VALUE = re.compile(r"\s*[a-z_]\w*(?:\.\w+|\[\d+\])*\s*")
_CONDITION = re.compile(r"""(?:[\w\s.<>=!]|\[\d+\]|'[^'{}|]*'|"[^"{}|]*")*""")
_PARAMETER = re.compile(r"\bparams\.(\w+)")
_ADDRESS = re.compile(r"https?://[^\s\"'<>{}$]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


def composition_problems(template: Template, steps: StepRegistry, expressions: Expressions, said: str) -> list[str]:
    """What is wrong, in words for whoever wrote it; none: it can be shown. `said` is what the person wrote."""
    found = [str(problem) for problem in check_workflow(template, steps, expressions)]
    return [
        *found,
        *_unwired(template),
        *_without_effect(template, steps),
        *_too_clever(template),
        *_invented(template, said),
    ]


def _unwired(template: Template) -> Iterator[str]:
    """A value that nothing reads would be asked for in vain."""
    read = {name for text in _working_texts(template) for name in _PARAMETER.findall(text)}
    for name in template.parameters:
        if name not in read:
            yield f"parameters.{name}: no step reads it; use ${{{{ params.{name} }}}} or leave it out"
    if template.trigger.source is not None and not any("trigger." in text for text in _texts(template)):
        yield "trigger.source: no step reads ${{ trigger.item }}"


def _without_effect(template: Template, steps: StepRegistry) -> Iterator[str]:
    """An automation does something to the world, or says what it found."""
    is_silent = all(_effect(step, steps) is Effect.READ for step in template.steps)
    if is_silent and "steps." not in template.result:
        yield "steps: nothing is done with what they read; add the step that does what was asked, or a result that says it"


def _effect(step: Step, steps: StepRegistry) -> Effect | None:
    """What a step does to the world, as far as it shows before its values are known."""
    found = steps.find(step.uses)
    if found is None:
        return None
    try:
        return found.effect_of(found.params.model_construct(**step.with_))
    except (TypeError, ValueError, AttributeError, LookupError):
        return None  # it hangs on values that are not known yet


def _too_clever(template: Template) -> Iterator[str]:
    """What a model wrote takes values and compares them; it is no program."""
    for text in _texts(template):
        for expression in _EXPRESSION.findall(text):
            if not _TAKES_VALUE.fullmatch(expression):
                yield f"${{{{{expression}}}}}: write only the value's place, e.g. ${{{{ params.name }}}}"
    for step in template.steps:
        if step.if_ is not None and not _CONDITION.fullmatch(step.if_.removeprefix("${{").removesuffix("}}")):
            yield f"steps.{step.id}.if: compare values, and call nothing"


def _invented(template: Template, said: str) -> Iterator[str]:
    """Where something goes is the person's to say."""
    low = said.lower()
    for text in _texts(template):
        for address in _ADDRESS.findall(text):
            if address.lower().rstrip("/.") not in low:
                yield f"“{address}” was not said by the person; make it a parameter that is asked for"


def _texts(template: Template) -> Iterator[str]:
    """Every text that a model wrote into it."""
    yield from _working_texts(template)
    for parameter in template.parameters.values():
        yield from _leaves(parameter.default)
    yield template.result


def _working_texts(template: Template) -> Iterator[str]:
    """Those that make it do what it does; not what is only said at the end."""
    for step in template.steps:
        yield from _texts_of(step)
    if template.trigger.source is not None:
        yield from _leaves(dict(template.trigger.source.with_))


def _texts_of(step: Step) -> Iterator[str]:
    yield from _leaves(dict(step.with_))
    if step.for_each is not None:
        yield from _leaves(step.for_each.items)
    if step.if_ is not None:
        yield step.if_


def _leaves(value: JsonValue) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _leaves(one)
