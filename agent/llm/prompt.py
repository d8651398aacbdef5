"""What the model is shown of a message: the turns before it, the task that is open, the templates that may be meant, and the
commands. No secret, no account and no id of a record is part of it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache
from importlib import resources

import yaml
from pydantic import JsonValue

from agent.interpreter import View
from agent.llm.quoting import Quoting
from catalog.workflow import Parameter, Template
from tools.outbound import PromptLine

_LONGEST_TURN = 1500


@cache
def instructions() -> dict[str, str]:
    """The texts of `prompt.yaml`."""
    return dict(yaml.safe_load(resources.files(__package__).joinpath("prompt.yaml").read_text("utf-8")))


def understand_prompt(
    text: str, view: View, templates: Sequence[Template], connectors: Collection[str]
) -> list[PromptLine]:
    """The prompt for one message; what was written is quoted."""
    quoting, local = Quoting(), view.now.astimezone(view.zone)
    blocks = [
        quoting.quote("templates", [shown_template(one) for one in templates], 30_000),
        quoting.quote("conversation", [{"who": one.who, "text": one.text[:_LONGEST_TURN]} for one in view.turns]),
        quoting.quote("state", _state(view, connectors)),
        quoting.quote("message", text),
        f"It is {local:%A} {local.isoformat(timespec='minutes')}; the person's time zone is {view.zone.key}.",
        "Call the function for the block “message”.",
    ]
    return [
        PromptLine(role="system", text=f"{instructions()['understand']}\n{quoting.rule}"),
        PromptLine(role="user", text="\n\n".join(blocks)),
    ]


def repair_lines(lines: Sequence[PromptLine], said: JsonValue, problems: Sequence[str]) -> list[PromptLine]:
    """The prompt once more, with what was wrong about the answer."""
    quoting = Quoting()
    listed = "\n".join(f"- {one}" for one in problems[:12])
    return [
        *lines,
        PromptLine(role="assistant", text=quoting.quote("answer", said)),
        PromptLine(role="user", text=f"{instructions()['repair']}\n{quoting.quote('problems', listed)}"),
    ]


def answer_prompt(text: str, view: View, records: dict[str, JsonValue]) -> list[PromptLine]:
    """The prompt for an answer in words, out of these records."""
    quoting = Quoting()
    blocks = [
        *(quoting.quote(name, value, 16_000) for name, value in records.items()),
        quoting.quote("conversation", [{"who": one.who, "text": one.text[:_LONGEST_TURN]} for one in view.turns[-4:]]),
        quoting.quote("question", text),
        f"It is {view.now.astimezone(view.zone).isoformat(timespec='minutes')}. Answer the block “question”.",
    ]
    return [
        PromptLine(role="system", text=f"{instructions()['answer']}\n{quoting.rule}"),
        PromptLine(role="user", text="\n\n".join(blocks)),
    ]


def shown_template(template: Template) -> dict[str, JsonValue]:
    """A template as a model reads it."""
    return {
        "template_id": template.id,
        "title": template.title,
        "summary": template.summary,
        "asks": list(template.asks[:3]),
        "starts": list(template.trigger.allowed),
        "parameters": {name: _parameter(one) for name, one in template.parameters.items()},
    }


def _parameter(parameter: Parameter) -> JsonValue:
    shown: dict[str, JsonValue] = {"kind": parameter.kind}
    if parameter.ask:
        shown["question"] = parameter.ask
    if parameter.options:
        shown["options"] = list(parameter.options)
    if not parameter.is_required:
        shown["optional"] = True
    return shown


def _state(view: View, connectors: Collection[str]) -> dict[str, JsonValue]:
    """The task, what is asked, and what there is to speak of. Long values are cut: the model need not repeat them."""
    state: dict[str, JsonValue] = {
        "language": view.locale,
        "has_open_card": view.has_open_card,
        "is_asked_for_approval": view.is_asked,
        "workflows": [*view.workflow_names[:50]],
        "connectors": [*sorted(connectors)],
    }
    if view.template is not None:
        state["task"] = shown_template(view.template)
        state["values"] = dict(view.values)
        state["asked"] = view.asked
    if view.schedule is not None:
        state["schedule"] = view.schedule.model_dump(mode="json", exclude_none=True)
        state["needs_time"] = view.needs_time
    if view.choices:
        state["offered"] = list(view.choices)
    return state
