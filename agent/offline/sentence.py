"""One message read as far as it can be without knowing a template: text, spans, what was taken back, times.

Made once for each message and shared by everything that interprets it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from agent.offline.lexicon.words import alternation, sentence_words
from agent.offline.recurrence import SILENT_SPANS, Spoken, read_spoken
from agent.offline.span import Span, find_spans, mask
from agent.offline.text import Text, read_text


@dataclass(frozen=True, slots=True)
class Sentence:
    """`spans` without those that were taken back ("to bob@…, no, alice@…"); `dropped` are the places that say so.

    `masked` is the text in lower case with all spans but numbers blanked out.
    """

    text: Text
    spans: tuple[Span, ...]
    dropped: tuple[tuple[int, int], ...]
    masked: str
    spoken: Spoken | None
    now: datetime
    zone: ZoneInfo

    @property
    def low(self) -> str:
        return self.text.low


def read_sentence(original: str, now: datetime, zone: ZoneInfo) -> Sentence:
    """Read a message. Never raises."""
    text = read_text(original)
    spans, dropped = _without_corrected(text, find_spans(text))
    if (
        spans
        and spans[0].kind == "mention"
        and not text.plain[: spans[0].start].strip()
        and text.plain[spans[0].end :].strip()
    ):
        dropped.insert(0, (0, spans.pop(0).end))  # "@errand please …"
    return Sentence(
        text=text,
        spans=tuple(spans),
        dropped=tuple(dropped),
        masked=_blanked(mask(text, spans, SILENT_SPANS), dropped),
        spoken=read_spoken(text, spans, now, zone),
        now=now,
        zone=zone,
    )


def _blanked(masked: str, places: list[tuple[int, int]]) -> str:
    for start, end in places:
        masked = masked[:start] + " " * (end - start) + masked[end:]
    return masked


@cache
def _correction() -> re.Pattern[str]:
    words = sentence_words()
    fillers = alternation([*words.prepositions, *words.articles])
    return re.compile(
        rf"[\s,.;!–—-]+(?:{alternation(words.corrections)})\b[\s,.;:!–—-]*(?:(?:{alternation(words.corrections)}|{fillers})\b[\s,.;:!–—-]*)*"
    )


_NOT_BUT = re.compile(r"[\s,]+(?:but|rather)\b\s*(?:\w+\s+)?")
_NOT_BEFORE = re.compile(r"\bnot\s+(?:\w+\s+)?$")


def _without_corrected(text: Text, spans: list[Span]) -> tuple[list[Span], list[tuple[int, int]]]:
    """Drop what the next span of its kind replaces."""
    kept = list(spans)
    dropped: list[tuple[int, int]] = []
    for before, after in pairwise(spans):
        if before.kind != after.kind or before.kind == "number":
            continue
        is_taken_back = _correction().fullmatch(text.low, before.end, after.start)
        is_denied = _NOT_BUT.fullmatch(text.low, before.end, after.start) and _NOT_BEFORE.search(
            text.low[max(0, before.start - 20) : before.start]
        )
        if is_taken_back or is_denied:
            kept.remove(before)
            start = before.start - len(is_denied[0]) if is_denied and not is_taken_back else before.start
            dropped.append((start, after.start))
    return kept, dropped
