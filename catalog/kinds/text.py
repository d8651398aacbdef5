"""Text on one line, and text of any shape. What people write stays as they wrote it."""

from __future__ import annotations

from datetime import tzinfo

from pydantic import JsonValue

from catalog.kinds.kind import Kind, as_written, check_range, storable
from catalog.workflow import Parameter
from core.errors import InvalidValueError

_LONGEST_LINE = 500
_LONGEST_TEXT = 20_000


def _text_of(value: JsonValue, parameter: Parameter, longest: int) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise InvalidValueError("That is not a text; write it in words.")
    text = storable(str(value))
    if not text.strip():
        raise InvalidValueError("It is empty; write at least a word.")
    if len(text) > longest:
        raise InvalidValueError(f"It is too long: {len(text):,} of at most {longest:,} characters.")
    check_range(len(text), parameter, lambda it: f"{it:g} characters")
    return text


def _check_line(value: JsonValue, parameter: Parameter, zone: tzinfo) -> str:  # noqa: ARG001
    if isinstance(value, str):
        value = " ".join(storable(value).split("\n")).strip()
    return _text_of(value, parameter, _LONGEST_LINE)


def _check_text(value: JsonValue, parameter: Parameter, zone: tzinfo) -> str:  # noqa: ARG001
    return _text_of(value, parameter, _LONGEST_TEXT)


KINDS = [
    Kind(name="text", title="Text", input="text", example="Standup notes", check=_check_line, show=as_written),
    Kind(
        name="long_text",
        title="Long text",
        input="textarea",
        example="Hello all,\nhere are the notes.",
        check=_check_text,
        show=as_written,
    ),
]
