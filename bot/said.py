"""All that a message was found to say, as `errand interpret` prints it: what the template takes, and what was read beyond.
Reads nothing itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from agent.command import Start
from agent.interpreter import Interpretation
from catalog.kind import check_value
from catalog.kinds.address import SURFACES
from catalog.workflow import Template
from core.errors import InvalidValueError

_ON_SURFACE = re.compile(rf"({'|'.join(SURFACES)}):(#\S+)")


def all_said(understood: Interpretation, template: Template | None, zone: ZoneInfo) -> dict[str, JsonValue]:
    """The template's values in canonical form, apart from the surfaces of channels, and the values that it has no place for."""
    start = next((command for command in understood.commands if isinstance(command, Start)), None)
    said = dict(_apart(checked(start, template, zone))) if start and template else {}
    taken = {_plain(leaf) for value in said.values() for leaf in _leaves(value)}
    for name, value in _apart(understood.values):
        if name not in said and not all(_plain(leaf) in taken for leaf in _leaves(value)):
            said[name] = value
    return said


def checked(start: Start, template: Template, zone: ZoneInfo) -> dict[str, JsonValue]:
    """The values in canonical form; those that do not fit are missing."""
    params: dict[str, JsonValue] = {}
    for name, value in start.values.items():
        try:
            params[name] = check_value(value, template.parameters[name], zone)
        except (InvalidValueError, KeyError):
            continue
    return params


def _apart(values: Mapping[str, JsonValue]) -> Iterator[tuple[str, JsonValue]]:
    """“discord:#news” is the channel “#news” and the surface “discord”; that of `from_channel` is `from_surface`."""
    for name, value in values.items():
        match = _ON_SURFACE.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            yield name, value
        else:
            yield name, match[2]
            yield name.removesuffix("channel") + "surface" if name.endswith("channel") else f"{name}_surface", match[1]


def _leaves(value: JsonValue) -> Iterator[JsonValue]:
    if isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    else:
        yield value


def _plain(value: JsonValue) -> str:
    return re.sub(r"[\s\"'“”.]+", " ", str(value)).strip().casefold()
