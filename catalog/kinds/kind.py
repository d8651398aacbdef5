"""What a kind is, and what every kind needs to read clumsy input. Knows no single kind."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo

from pydantic import JsonValue

from catalog.workflow import Parameter
from core.errors import InvalidValueError

_INVISIBLE = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_LONGEST_QUOTE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind. `input` is the form control: text, textarea, number, email, url, tel, date, time, datetime-local,
    checkbox, select or list; channel, person and file are typed where a surface has nothing to pick them from.
    """

    name: str
    title: str
    input: str
    example: str
    check: Callable[[JsonValue, Parameter, tzinfo], JsonValue]
    show: Callable[[JsonValue, tzinfo], str]


def quoted(value: JsonValue) -> str:
    """Return a value as it may stand in a message: short, on one line, nothing invisible."""
    text = " ".join(_CONTROL.sub(" ", _INVISIBLE.sub("", str(value))).split())
    return f"“{text if len(text) <= _LONGEST_QUOTE else text[: _LONGEST_QUOTE - 1] + '…'}”"


def storable(text: str) -> str:
    """Drop what no database, file or header takes: control characters and halves of surrogate pairs."""
    text = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return text.encode("utf-8", "replace").decode("utf-8") if not text.isprintable() else text


def token(value: JsonValue, wanted: str) -> str:
    """Return a short text that people do not style: full-width and invisible characters made plain, ends trimmed.

    Raises InvalidValueError with `wanted` when it is no text, or empty.
    """
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise InvalidValueError(f"That does not fit; {wanted}.")
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", storable(str(value)))).strip()
    if not text:
        raise InvalidValueError(f"It is empty; {wanted}.")
    if len(text) > 2000:  # noqa: PLR2004  # the longest address that the web agrees on
        raise InvalidValueError(f"It is far too long; {wanted}.")
    return text


def check_range(number: float, parameter: Parameter, say: Callable[[float], str] = lambda it: f"{it:g}") -> None:
    """Raises InvalidValueError when a number is outside the parameter's `minimum` and `maximum`."""
    least, most = parameter.minimum, parameter.maximum
    is_low, is_high = least is not None and number < least, most is not None and number > most
    if not (is_low or is_high):
        return
    if least is not None and most is not None:
        raise InvalidValueError(f"It must be between {say(least)} and {say(most)}.")
    raise InvalidValueError(
        f"It must be at least {say(least or 0)}." if is_low else f"It can be at most {say(most or 0)}."
    )


def check_count(items: int, parameter: Parameter, most: int, noun: str) -> None:
    """The same for how many entries there are; never more than `most`."""
    if items > most:
        raise InvalidValueError(f"That are {items} {noun}; at most {most} fit.")
    check_range(items, parameter, lambda it: f"{it:g} {noun}")


def as_written(value: JsonValue, zone: tzinfo) -> str:
    return str(value)
