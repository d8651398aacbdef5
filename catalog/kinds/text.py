"""Text on one line, and text of any shape, which stay as people wrote them; and emoji."""

from __future__ import annotations

from datetime import tzinfo

from pydantic import JsonValue

from catalog.kinds.kind import Kind, as_written, check_range, quoted, storable, token
from catalog.workflow import Parameter
from core.errors import InvalidValueError
from tools.emoji import emoji_of

_LONGEST_LINE = 500
_LONGEST_TEXT = 20_000
_LONGEST_EMOJI = 60


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


def _check_line(value: JsonValue, parameter: Parameter, zone: tzinfo) -> str:
    if isinstance(value, str):
        value = " ".join(storable(value).split("\n")).strip()
    return _text_of(value, parameter, _LONGEST_LINE)


def _check_text(value: JsonValue, parameter: Parameter, zone: tzinfo) -> str:
    return _text_of(value, parameter, _LONGEST_TEXT)


def _check_emoji(value: JsonValue, parameter: Parameter, zone: tzinfo) -> str:
    """Of a name that no character has, an emoji of a team's own, the name is kept."""
    wanted = "give one emoji, such as 👀 or :eyes:"
    text = emoji_of(token(value, wanted))
    if not text or len(text) > _LONGEST_EMOJI or len(text.split()) > 1:
        raise InvalidValueError(f"{quoted(text)} does not fit; {wanted}.")
    return text


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
    Kind(name="emoji", title="Emoji", input="text", example="👀", check=_check_emoji, show=as_written),
]
