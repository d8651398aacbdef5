"""What a model may say, derived from the commands: their words and fields, without what only a button or a form carries.

A command that needs such a field (the form of a card, the address of a webhook) cannot be said at all. Judges nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import MISSING, Field, dataclass, fields
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_type_hints

from pydantic import BaseModel, ConfigDict, Discriminator, JsonValue, ValidationError, create_model

from agent import command
from agent.command import Candidate, Clarify, Command, ControlRun, Replay

_CARRIED = {
    "proposal_id", "digest", "workflow_id", "run_id", "place", "request_id", "fields", "is_sure", "is_editing", "key", "template",
    "text",
}  # fmt: skip
"""Fields that buttons and forms fill, and the message itself."""

_SAID = {(ControlRun, "run_id"), (Replay, "run_id")}
"""Carried ones that people say as well, for want of another name: “is run 12 done”."""

COMPOSE = "compose"
MOST = 8
"""So many commands are taken from one answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compose:
    """No template covers the wish, and steps of the step types would: a workflow is to be written for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a model answered, as commands. `problems` are its mistakes of form, in words for it to read."""

    commands: list[Command | Compose]
    problems: list[str]


@cache
def words() -> dict[str, type[Any]]:
    """All commands that can be said, by their word: `set_value` is `SetValue`."""
    kinds = [*get_args(command.Command), Compose]
    return {_word(kind): kind for kind in kinds if _model(kind) is not None}


@cache
def answer_schema() -> dict[str, JsonValue]:
    """The JSON schema of an answer."""
    return dict(_answer().model_json_schema())


def read_answer(value: object, text: str) -> Said:
    """Read an answer to `text`; what has not the form of a command is a problem."""
    try:
        answer = _answer().model_validate(value)
    except ValidationError as error:
        return Said(commands=[], problems=list(_problems(error)))
    said: Sequence[BaseModel] = getattr(answer, "commands")  # noqa: B009  a made field
    problems = [] if said else ["commands: say at least one"]
    return Said(commands=[_command(one, text) for one in said[:MOST]], problems=problems)


def _problems(error: ValidationError) -> Iterator[str]:
    for item in error.errors(include_url=False, include_input=False)[:MOST]:
        yield f"{'.'.join(str(key) for key in item['loc'])}: {item['msg'].removeprefix('Value error, ')}"


def _command(said: BaseModel, text: str) -> Command | Compose:
    values = {name: getattr(said, name) for name in type(said).model_fields if name != "command"}
    kind = words()[getattr(said, "command")]  # noqa: B009  a made field
    if kind is Clarify:
        values = {"candidates": [Candidate(template_id=one, score=1.0) for one in values["candidates"]]}
    if "text" in {one.name for one in fields(kind)}:
        values["text"] = text
    made: Command | Compose = kind(**values)
    return made


@cache
def _answer() -> type[BaseModel]:
    models = [model for kind in words().values() if (model := _model(kind)) is not None]
    one: Any = Annotated[Union[tuple(models)], Discriminator("command")]  # noqa: UP007  made of a list
    return create_model(
        "answer",
        __config__=ConfigDict(extra="forbid"),
        __doc__="What the person's last message means, as commands in order.",
        commands=(list[one], ...),
    )


def _model(kind: type[Any]) -> type[BaseModel] | None:
    """The form of a command as it is said; none when it needs what only a button carries."""
    hints = get_type_hints(kind)
    form: dict[str, Any] = {"command": (Literal[_word(kind)], ...)}
    for field in fields(kind):
        if field.name not in _CARRIED or (kind, field.name) in _SAID:
            hint = list[str] if hints[field.name] == list[Candidate] else hints[field.name]
            form[field.name] = (hint, _default(field))
        elif field.name != "text" and _default(field) is ...:
            return None
    return create_model(kind.__name__, __config__=ConfigDict(extra="forbid"), __doc__=kind.__doc__, **form)


def _default(field: Field[Any]) -> Any:
    if field.default_factory is not MISSING:
        return field.default_factory()
    return ... if field.default is MISSING else field.default


def _word(kind: type[Any]) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()
