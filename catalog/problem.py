"""What is wrong with a definition and where, in words for whoever wrote it. Checks nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import process

_ALIKE = 70  # of 100


Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong and where, e.g. path ("steps", 1, "with", "url")."""

    path: Path
    message: str

    @property
    def place(self) -> str:
        """The path as people write it: `steps[1].with.url`."""
        text = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in self.path)
        return text.removeprefix(".")

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" if self.path else self.message


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """Return “; did you mean x?”, or nothing when none is alike."""
    found = process.extractOne(word, known, score_cutoff=_ALIKE)
    return f"; did you mean “{found[0]}”?" if found else ""


def explain(kind: str, message: str, place: Path, fields: Sequence[str]) -> str:
    """Return a validation error's message in our words. `kind` and `message` are those of pydantic."""
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        return unknown_field(str(place[-1]) if place else "", fields)
    if kind == "string_type":
        return "must be a text; put it in quotes"
    return message.removeprefix("Value error, ")


def unknown_field(name: str, fields: Sequence[str]) -> str:
    """Of a field that there is none of: which was meant, or which there are."""
    known = ", ".join(fields)
    return f"unknown field{did_you_mean(name, fields) or f'; known are {known}'}"
