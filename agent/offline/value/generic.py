"""What a message says whatever template it is for: its values under plain names, and its schedule. Knows no template."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import JsonValue

from agent.offline.sentence import Sentence
from catalog.schedule import Schedule

_PLAIN = {"email": "to", "channel": "channel", "mention": "user", "url": "url", "file": "file", "phone": "phone"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidValues:
    """`values` by plain names, each taken from the message; `schedule` when it is to happen, where that was said."""

    values: dict[str, JsonValue]
    schedule: Schedule | None


def read_values(sentence: Sentence) -> SaidValues:
    """Read what is said. What is not there is left out."""
    several: dict[str, list[JsonValue]] = {}
    for span in sentence.spans:
        if span.kind in _PLAIN:
            several.setdefault(_PLAIN[span.kind], []).append(span.value)
    values: dict[str, JsonValue] = {name: found[0] if len(found) == 1 else found for name, found in several.items()}
    return SaidValues(values=values, schedule=sentence.spoken.schedule if sentence.spoken else None)
