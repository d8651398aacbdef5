"""One message made ready for matching, with the way back to what was literally written.

Rules match `plain` and `low`; values are always taken from the original by `literal`. Finds nothing itself.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

LONGEST_ANALYSED = 2_000
"""Characters that are looked at. A value that reaches this end goes on to the end of the original."""

_SAME_LENGTH = str.maketrans({"‘": "'", "’": "'", "‛": "'", "`": "`", "\r": " ", "\t": " ", "\u00a0": " "})
_HIDDEN = {"Cf", "Cc", "Cs", "Co"}


@dataclass(frozen=True, slots=True)
class Text:
    """`plain`: NFKC, no invisible or control characters. `low`: the same in lower case, position by position.

    `places[i]` are the start and the end in `original` of what `plain[i]` came from; None: one character at the same
    place. `language` is what it is written in, whatever language `plain` is read in (`agent.offline.gloss`).
    """

    original: str
    plain: str
    low: str
    places: tuple[tuple[int, int], ...] | None
    is_cut: bool
    language: str = "en"

    def literal(self, start: int, end: int) -> str:
        """What was written between two positions of `plain`, without white space around it."""
        if end <= start:
            return ""
        places = self.places[start:end] if self.places is not None else ((start, end),)
        reaches_end = self.is_cut and end >= len(self.plain)
        first = min(place[0] for place in places)
        stop = len(self.original) if reaches_end else max(place[1] for place in places)
        return self.original[first:stop].strip().strip("\u200b\ufeff")

    def find(self, low: str, value: str) -> tuple[int, int] | None:
        """Where something that was written stands in `low`, a text of the same length as `plain`."""
        if self.language == "en" or self.places is None:
            start = low.find(value.lower())
            if start >= 0 or self.places is None:
                return (start, start + len(value)) if start >= 0 else None
        first = lower(self.original).find(value.lower())
        last = first + len(value)
        inside = [i for i, (a, b) in enumerate(self.places) if first <= a < b <= last]
        return (inside[0], inside[-1] + 1) if first >= 0 and inside else None


def read_text(original: str) -> Text:
    """Normalise a message. Never raises; takes time in the length of what is analysed only."""
    head = original[:LONGEST_ANALYSED]
    is_cut = len(original) > len(head)
    if head.isascii() and head.replace("\n", "").isprintable():
        return Text(original, head, head.lower(), None, is_cut)
    plain, places = _normalised(head)
    return Text(original, plain, lower(plain), places, is_cut)


def _normalised(head: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    pieces: list[str] = []
    places: list[tuple[int, int]] = []
    for start, cluster in _clusters(head):
        changed = unicodedata.normalize("NFKC", cluster).translate(_SAME_LENGTH)
        kept = "".join(c for c in changed if c == "\n" or unicodedata.category(c) not in _HIDDEN)
        pieces.append(kept)
        places.extend([(start, start + len(cluster))] * len(kept))
    return "".join(pieces), tuple(places)


def _clusters(head: str) -> list[tuple[int, str]]:
    """Characters with the combining marks that belong to them, so that e + ´ becomes one é."""
    clusters: list[tuple[int, str]] = []
    for index, character in enumerate(head):
        if clusters and unicodedata.combining(character):
            start, cluster = clusters[-1]
            clusters[-1] = (start, cluster + character)
        else:
            clusters.append((index, character))
    return clusters


def lower(plain: str) -> str:
    """Lower case, position by position."""
    low = plain.lower()
    return low if len(low) == len(plain) else "".join(c.lower() if len(c.lower()) == 1 else c for c in plain)


def exchanged(text: Text, changes: Sequence[tuple[int, int, str]]) -> Text:
    """The text with parts of it read as other words, in order; each keeps the place of what was written."""
    own = text.places or tuple((at, at + 1) for at in range(len(text.plain)))
    plain, places, at = "", [], 0
    for start, end, meant in changes:
        plain += text.plain[at:start] + meant
        places += [*own[at:start], *([(own[start][0], own[end - 1][1])] * len(meant))]
        at = end
    plain += text.plain[at:]
    return replace(text, plain=plain, low=lower(plain), places=(*places, *own[at:]))
