"""Whether the values of a task fit the source that is to start its runs. Asks nothing and looks at nothing."""

from __future__ import annotations

import re

from pydantic import JsonValue, ValidationError

from agent.knowledge import Knowledge
from agent.state import Task
from catalog.problem import explain
from catalog.workflow import Template
from core.errors import ErrandError

_PARAMETER = re.compile(r"\bparams\.(\w+)")


def misfit(knowledge: Knowledge, task: Task, template: Template) -> tuple[str, str] | None:
    """The parameter whose value the source refuses, and why; none when all fit, or no parameter is to blame."""
    spec = template.trigger.source
    source = knowledge.step_types.source(spec.uses) if spec is not None else None
    if spec is None or source is None:
        return None
    params = {name: held.value for name, held in task.values.items()}
    try:
        values: JsonValue = knowledge.expressions.render(dict(spec.with_), {"params": params})
        source.params.model_validate(values)
    except ErrandError as error:
        return _blamed(list(spec.with_.values()), template, error.message)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = str(first["loc"][0]) if first["loc"] else ""
        texts = [spec.with_[field]] if field in spec.with_ else list(spec.with_.values())
        return _blamed(texts, template, explain(first["type"], first["msg"], first["loc"], list(spec.with_)))
    return None


def _blamed(texts: list[JsonValue], template: Template, problem: str) -> tuple[str, str] | None:
    """The first parameter that these texts read."""
    named = [name for text in texts for name in _PARAMETER.findall(str(text)) if name in template.parameters]
    return (named[0], problem) if named else None
