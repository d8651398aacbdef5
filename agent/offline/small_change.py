"""Reads what is said of the open card without saying so: a time or a value of it, and little else, whatever the verb."""

from __future__ import annotations

from agent.command import Command, SetSchedule
from agent.interpreter import View
from agent.offline.change_words import asks, strange_words, without_replaced
from agent.offline.open_task import read_value
from agent.offline.sentence import Sentence
from agent.offline.time_change import read_time

_LONGEST = 60
STRANGE = 2
"""So many words may stand in it that are no words of a change, where it means nothing else for sure."""


def read_small_change(sentence: Sentence, view: View, *, strange: int = 0) -> list[Command] | None:
    """“9:30 would be better”, “put it in #sales”. `strange`: how many words may be no words of a change."""
    kept = without_replaced(sentence)
    if view.template is None or len(kept.text.plain) > _LONGEST:
        return None
    if asks(kept) or strange_words(kept) > strange:
        return None
    commands = read_value(kept, view) or []
    if kept.spoken is not None and not any(isinstance(one, SetSchedule) for one in commands):
        commands += read_time(kept, view) or []
    return commands or None
