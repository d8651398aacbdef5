"""One message made ready for matching, with the way back to what was literally written.

Rules match `plain` and `low`; values are always taken from the original by `literal`. Finds nothing itself.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

LONGEST_ANALYSED = 2_000
"""Characters that are looked at. A value that reaches this end goes on to the end of the original."""

_SAME_LENGTH = str.maketrans({"‘": "'", "’": "'", "‛": "'", "`": "`", "\r": " ", "\t": " ", "\u00a0": " "})
_HIDDEN = {"Cf", "Cc", "Cs", "Co"}


@dataclass(frozen=True, slots=True)
class Text:
    """`plain`: NFKC, no invisible or control characters. `low`: the same in lower case, position by position.

    `offsets[i]` is the index in `original` of the character that `plain[i]` came from; None: the same index.
    """

    original: str
    plain: str
    low: str
    offsets: tuple[int, ...] | None
    is_cut: bool

    def literal(self, start: int, end: int) -> str:
        """What was written between two positions of `plain`, without white space around it."""
        if end <= start:
            return ""
        if self.is_cut and end >= len(self.plain):
            stop = len(self.original)
        elif self.offsets is None:
            stop = end
        else:
            last = self.offsets[end - 1]
            following = self.offsets[end] if end < len(self.offsets) else len(self.original)
            stop = following if following > last else last + 1
        first = start if self.offsets is None else self.offsets[start]
        return self.original[first:stop].strip().strip("\u200b\ufeff")


def read_text(original: str) -> Text:
    """Normalise a message. Never raises; takes time in the length of what is analysed only."""
    head = original[:LONGEST_ANALYSED]
    is_cut = len(original) > len(head)
    if head.isascii() and head.replace("\n", "").isprintable():
        return Text(original, head, head.lower(), None, is_cut)
    plain, offsets = _normalised(head)
    return Text(original, plain, _lower(plain), offsets, is_cut)


def _normalised(head: str) -> tuple[str, tuple[int, ...]]:
    pieces: list[str] = []
    offsets: list[int] = []
    for start, cluster in _clusters(head):
        changed = unicodedata.normalize("NFKC", cluster).translate(_SAME_LENGTH)
        kept = "".join(c for c in changed if c == "\n" or unicodedata.category(c) not in _HIDDEN)
        pieces.append(kept)
        offsets.extend([start] * len(kept))
    return "".join(pieces), tuple(offsets)


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


def _lower(plain: str) -> str:
    low = plain.lower()
    return low if len(low) == len(plain) else "".join(c.lower() if len(c.lower()) == 1 else c for c in plain)
