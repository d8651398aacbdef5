"""One message read as far as it can be without knowing a template: text, spans, what was taken back, times.

Made once for each message and shared by everything that interprets it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from agent.offline.correction import NOT_BEFORE, NOT_BUT, correction
from agent.offline.gloss import into_english
from agent.offline.minding import without_minding
from agent.offline.recurrence import SILENT_SPANS, read_spoken
from agent.offline.span import Span, find_spans, mask
from agent.offline.spelling import Speller, times_right
from agent.offline.spoken import Spoken
from agent.offline.text import Text, read_text
from agent.offline.told import told_from


@dataclass(frozen=True, slots=True)
class Sentence:
    """`spans` without those that were taken back ("to bob@…, no, alice@…"); `dropped` are the places that say so.

    `masked` is the text in lower case with all spans but numbers blanked out. `speller` put its slips right, if any did.
    """

    text: Text
    spans: tuple[Span, ...]
    dropped: tuple[tuple[int, int], ...]
    masked: str
    spoken: Spoken | None
    now: datetime
    zone: ZoneInfo
    speller: Speller | None = None

    @property
    def low(self) -> str:
        return self.text.low


def read_sentence(
    original: str, now: datetime, zone: ZoneInfo, language: str = "en", speller: Speller | None = None
) -> Sentence:
    """Read a message that is written in a language. Never raises."""
    text = into_english(read_text(original), language)
    if language == "en":
        text = without_minding(text)
        text = times_right(text) if speller is None else speller.put_right(text)
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
        spoken=_spoken(text, spans, now, zone),
        now=now,
        zone=zone,
        speller=speller,
    )


def _spoken(text: Text, spans: list[Span], now: datetime, zone: ZoneInfo) -> Spoken | None:
    """When it is to happen; a time in what is to be told belongs to that."""
    told = told_from(mask(text, spans, SILENT_SPANS), spans)
    spoken = read_spoken(text, spans, now, zone, until=told.start if told and told.is_marked else None)
    if spoken is None or told is None or spoken.schedule.is_recurring or spoken.start < told.start:
        return spoken
    return read_spoken(text, spans, now, zone, until=told.start)


def _blanked(masked: str, places: list[tuple[int, int]]) -> str:
    for start, end in places:
        masked = masked[:start] + " " * (end - start) + masked[end:]
    return masked


def _without_corrected(text: Text, spans: list[Span]) -> tuple[list[Span], list[tuple[int, int]]]:
    """Drop what the next span of its kind replaces."""
    kept = list(spans)
    dropped: list[tuple[int, int]] = []
    for before, after in pairwise(spans):
        if before.kind != after.kind or before.kind == "number":
            continue
        is_taken_back = correction().fullmatch(text.low, before.end, after.start)
        is_denied = NOT_BUT.fullmatch(text.low, before.end, after.start) and NOT_BEFORE.search(
            text.low[max(0, before.start - 20) : before.start]
        )
        if is_taken_back or is_denied:
            kept.remove(before)
            start = before.start - len(is_denied[0]) if is_denied and not is_taken_back else before.start
            dropped.append((start, after.start))
    return kept, dropped
