"""Reads “me” among the people whom a value names, in any language: as whoever says it is called here, so that a card, and the
digest that it is approved by, name a person. Asks nobody, and knows nothing of approvals.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

import yaml
from pydantic import BaseModel, ConfigDict, JsonValue

from agent.scene import Scene
from agent.state import Task
from catalog.approver import find_people
from catalog.workflow import Template

_AROUND = " \t.!?;:*_“”\"'"
_ENGLISH = "en"


class _Joins(BaseModel):
    """`spaced` words have spaces around them, `tight` ones need none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    spaced: list[str]
    tight: list[str]


class _Words(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    words: dict[str, frozenset[str]]
    joins: _Joins


@cache
def _words() -> _Words:
    return _Words.model_validate(yaml.safe_load(resources.files("agent").joinpath("oneself.yaml").read_text("utf-8")))


@cache
def _join() -> re.Pattern[str]:
    spaced, tight = ("|".join(map(re.escape, words)) for words in (_words().joins.spaced, _words().joins.tight))
    return re.compile(rf"\s+(?:{spaced})\s+|\s*(?:{tight})\s*", re.IGNORECASE)


def is_oneself(said: str, language: str) -> bool:
    """Whether a name is none, and means whoever says it."""
    words = _words().words
    word = " ".join(said.strip(_AROUND).split()).casefold()
    return word in words[_ENGLISH] or word in words.get(language, ())


async def put_names(scene: Scene, task: Task, template: Template) -> None:
    """Where a value names people, put the speaker's name for “me”."""
    for name, parameter in template.parameters.items():
        held = task.values.get(name)
        if held is None or not parameter.people or not isinstance(held.value, list):
            continue
        people = [one for entry in held.value for one in await _named(scene, str(entry))]
        value: JsonValue = list(dict.fromkeys(people))
        if value != held.value:
            task.values[name] = held.model_copy(update={"value": value})


async def _named(scene: Scene, entry: str) -> list[str]:
    """The names in one entry: “Ana und ich” are two, unless somebody is called so."""
    language = scene.phrases.language
    if is_oneself(entry, language):
        return [await _own_name(scene)]
    parts = [part for part in _join().split(entry) if part]
    if len(parts) < 2 or await find_people(scene.records, entry):  # noqa: PLR2004  # two names
        return [entry]
    return [await _own_name(scene) if is_oneself(part, language) else part for part in parts]


async def _own_name(scene: Scene) -> str:
    """As they are called here; their id where others are called the same."""
    person = scene.person
    called_so = await find_people(scene.records, person.name)
    return person.name if [one.id for one in called_so] == [person.id] else person.id
