"""Makes what arrives fit to be understood and stored: bounded, without control and invisible characters. Knows no words."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from pydantic import JsonValue

LONGEST_TEXT = 20_000
LONGEST_FORM = 200_000
_KEPT = "\n\t\u200c\u200d"
"""Line breaks, tabs, and the joiners that some scripts and emoji are written with."""


def clean(text: str) -> str:
    """Without control characters, lone surrogates, zero-width and direction marks; line ends are newlines."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(one for one in text if one in _KEPT or unicodedata.category(one) not in ("Cc", "Cf", "Cs", "Co"))
    return kept.strip()


def cut(text: str) -> tuple[str, bool]:
    """The text at its longest, and whether anything was cut off."""
    return text[:LONGEST_TEXT], len(text) > LONGEST_TEXT


def clean_fields(fields: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """A form's fields. Only what no database and no wire can carry is taken out: a password may hold odd characters."""
    return {_carry(name): _clean_value(value) for name, value in fields.items()}


def size_of(value: JsonValue, depth: int = 0) -> int:
    """About how many characters a value has; one nested too deep is endless."""
    if depth > 10:  # noqa: PLR2004  # no form has so many levels
        return LONGEST_FORM + 1
    if isinstance(value, dict):
        return sum(len(name) + size_of(inner, depth + 1) for name, inner in value.items())
    if isinstance(value, list):
        return len(value) + sum(size_of(inner, depth + 1) for inner in value)
    return len(value) if isinstance(value, str) else 1


def _clean_value(value: JsonValue) -> JsonValue:
    if isinstance(value, str):
        return _carry(value)
    if isinstance(value, list):
        return [_clean_value(inner) for inner in value]
    if isinstance(value, dict):
        return {_carry(name): _clean_value(inner) for name, inner in value.items()}
    return value


def _carry(text: str) -> str:
    return "".join(one for one in text if one != "\x00" and unicodedata.category(one) != "Cs")
