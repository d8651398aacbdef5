"""The values that expressions work on: how they read as text, what is in them, and how large they may become.

Knows no filter and nothing of Jinja2's syntax.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, datetime

from jinja2 import Undefined
from pydantic import JsonValue

from core import canonical

LONGEST_TEXT = 5_000_000
LONGEST_LIST = 500_000
LARGEST_INTEGER = 2**63 - 1
DEEPEST = 60
_EXACT_BELOW = 2**53  # whole numbers of a float are told apart up to here


class UnfitError(ValueError):
    """An expression cannot be worked out. The message names no value."""


def measured(value: object) -> object:
    """Return what an operation made. Raises UnfitError when it is larger than anybody means."""
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        raise UnfitError("the text becomes too long")
    if isinstance(value, list) and len(value) > LONGEST_LIST:
        raise UnfitError("the list becomes too long")
    return value


def as_text(value: object) -> str:
    """Return a value as it reads inside a text: nothing for null, 120 for 120.0, commas between the entries of a plain
    list.
    """
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return {None: "", True: "true", False: "false"}[value]
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT_BELOW:
        return str(int(value))
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, Undefined):
        raise UnfitError(missing(value))
    if isinstance(value, (list, tuple)) and not any(isinstance(item, (list, tuple, Mapping)) for item in value):
        return ", ".join(map(as_text, value))
    return to_json(value) if isinstance(value, (list, tuple, Mapping)) else str(value)


def missing(value: Undefined) -> str:
    name, hint = value._undefined_name, value._undefined_hint  # noqa: SLF001  # the library's own messages show values
    return hint or f"there is no “{name}”"


def field(value: object, path: str) -> object:
    """Read `a.b.c` from nested objects; null where something is missing."""
    for key in path.split("."):
        if isinstance(value, Mapping):
            value = value.get(key)
        elif isinstance(value, list) and key.isdigit() and int(key) < len(value):
            value = value[int(key)]
        else:
            return None
    return value


def to_json(value: object) -> str:
    try:
        return canonical.encode(value).decode()  # type: ignore[arg-type]  # whatever is no JSON raises here
    except TypeError as error:
        raise UnfitError("this cannot be written as JSON") from error


def items_of(value: object) -> list[object]:
    if isinstance(value, (list, tuple)):
        return list(value)
    if isinstance(value, Undefined):
        raise UnfitError(missing(value))
    raise UnfitError(f"a list is needed, not {word_for(value)}")


def word_for(value: object) -> str:
    words = {bool: "yes or no", str: "a text", int: "a number", float: "a number", dict: "an object", list: "a list"}
    return "nothing" if value is None else words.get(type(value), "such a value")


def number_of(value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise UnfitError(f"a number is needed, not {word_for(value)}")
    return value


def plain(value: object) -> JsonValue:
    """Return a result as JSON. Raises UnfitError for what has no such form, or is too much."""
    left = [LONGEST_LIST, LONGEST_TEXT]

    def part(item: object, depth: int) -> JsonValue:
        left[0] -= 1
        if isinstance(item, str):
            left[1] -= len(item)
        if min(left) < 0 or depth > DEEPEST:
            raise UnfitError("the result is too large")
        if isinstance(item, Undefined):
            raise UnfitError(missing(item))
        if isinstance(item, Mapping):
            return {str(key): part(each, depth + 1) for key, each in item.items()}
        if isinstance(item, (list, tuple)):
            return [part(each, depth + 1) for each in item]
        return _scalar(item)

    return part(value, 0)


def _scalar(value: object) -> JsonValue:
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, int) and abs(value) <= LARGEST_INTEGER:
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    raise UnfitError("the result is not something that can be kept")
