"""Finds what could be a value in what people said to each other, by how it looks. Understands no sentence, fills nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_MOST_TEXTS = 20
_LONGEST_TEXT = 600
_ADDRESS = r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
_LOOKS: Mapping[str, str] = {
    "email": _ADDRESS,
    "emails": _ADDRESS,
    "url": r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]]",
    "phone": r"\+\d[\d ()/-]{5,}\d",
    "channel": r"(?<!\w)#[\w-]+",
    "person": r"(?<!\w)@[\w.-]*\w",
    "date": r"\b\d{4}-\d\d-\d\d\b",
    "time": r"\b\d{1,2}:\d\d\b",
    "money": r"(?:[€$£]\s?\d[\d.,]*\d|\b\d[\d.,]*\s?(?:[€$£]|[A-Z]{3}\b))",
    "number": r"(?<![\w.:-])\d+(?:[.,]\d+)?(?![\w:-])",
    "integer": r"(?<![\w.,:-])\d+(?![\w.,:-])",
    "file": r"(?<![\w/@.])[\w/-]+\.[a-z]{2,4}\b(?!\.)",
}
_WHOLE = {"text", "long_text"}
"""Kinds of which a message as a whole may be one."""


def find_values(kind: str, texts: Sequence[str]) -> list[str]:
    """What looks like this kind in some messages, what was said last first, each once."""
    found: list[str] = []
    for text in reversed(texts[-_MOST_TEXTS:]):
        if kind in _WHOLE:
            found += [text.strip()] if 0 < len(text.strip()) <= _LONGEST_TEXT else []
        elif kind in _LOOKS:
            found += [match[0] for match in re.finditer(_LOOKS[kind], text)]
    return list(dict.fromkeys(found))
