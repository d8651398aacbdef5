"""A text on its way from one language to another: each character with the part of the first text that it stands for. Knows no words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Draft:
    """A text on its way: folded characters and, for each, the part of the first text that it stands for."""

    chars: str
    places: tuple[Place, ...]


def rewritten(draft: Draft, find: re.Pattern[str], say: str, tables: dict[str, dict[str, str]]) -> Draft:
    """Every place that fits, said otherwise; groups that are kept keep their places."""
    chars: list[str] = []
    places: list[Place] = []
    at = 0
    for match in find.finditer(draft.chars):
        start, end = match.span()
        chars.append(draft.chars[at:start])
        places += draft.places[at:start]
        for said, place in _said(match, say, tables):
            kept = draft.places[place[0] : place[1]]
            chars.append(said if said is not None else draft.chars[place[0] : place[1]])
            places += kept if said is None else (around(draft, *place),) * len(said)
        at = end
    if not chars:
        return draft
    return Draft("".join(chars) + draft.chars[at:], (*places, *draft.places[at:]))


def _said(match: re.Match[str], say: str, tables: dict[str, dict[str, str]]) -> list[tuple[str | None, Place]]:
    """The parts of what is said instead, each with the place it stands for; None: the characters that stand there."""
    parts: list[tuple[str | None, Place]] = []
    at = match.start()
    for index, piece in enumerate(_parts(say)):
        if index % 2 == 0:
            following = [match.start(name) for name in _parts(say)[index + 1 :: 2] if match.start(name) >= at]
            until = min(following, default=match.end())
            parts.append((piece, (at, max(at, until))))
        elif match[piece] is not None:
            parts.append((tables.get(piece.rstrip("0123456789"), {}).get(match[piece]), match.span(piece)))
            at = max(at, match.end(piece))
    return [part for part in parts if part[0] != ""]


@lru_cache(maxsize=2_000)
def _parts(say: str) -> list[str]:
    """Words and names of groups in turn."""
    return re.split(r"\{(\w+)\}", say)


def around(draft: Draft, start: int, end: int) -> Place:
    """The part of the first text that a stretch stands for."""
    if end > start:
        return min(p[0] for p in draft.places[start:end]), max(p[1] for p in draft.places[start:end])
    at = draft.places[start][0] if start < len(draft.places) else draft.places[-1][1] if draft.places else 0
    return at, at
