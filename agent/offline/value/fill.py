"""Fills a template's parameters from one sentence: what form tells first, then words, quotes and the rest."""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import JsonValue

from agent.offline.sentence import Sentence
from agent.offline.span import Span, SpanKind, is_query
from agent.offline.spoken import Spoken
from agent.offline.value.board import Board
from agent.offline.value.typed import fill_typed, schedule_is_value
from agent.offline.value.worded import fill_texts
from catalog.workflow import Template


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """Raw values by parameter name, and the schedule where the sentence names one that is not itself a value.

    `guessed`: parameters that got what was left over; `typed`: how many values their form told; `free`: spans of a telling form that the template has no place for.
    `took_time`: the time that was said is a value; `taken` are the places that are accounted for.
    """

    values: dict[str, JsonValue] = field(default_factory=dict)
    spoken: Spoken | None = None
    guessed: frozenset[str] = frozenset()
    typed: int = 0
    free: tuple[Span, ...] = ()
    took_time: bool = False
    taken: tuple[tuple[int, int], ...] = ()

    @property
    def unused(self) -> int:
        """How many things were said that the template has no place for."""
        return len(self.free)


_TELLING: tuple[SpanKind, ...] = ("email", "url", "file", "channel", "phone", "money")


def fill(template: Template, sentence: Sentence) -> Filled:
    """Read the values that a sentence gives for a template. What is not there is left out."""
    board = Board(sentence, template, hard=list(sentence.dropped))
    if sentence.spoken is not None:
        board.soft.extend(sentence.spoken.fragments)
    fill_typed(board)
    typed = len(board.values)
    guessed = fill_texts(board)
    recurrences = [name for name, p in template.parameters.items() if p.kind == "recurrence"]
    if recurrences and sentence.spoken is not None:
        board.values[recurrences[0]] = sentence.spoken.schedule.model_dump(mode="json", exclude_none=True)
    took_time = bool(recurrences) or schedule_is_value(board)
    return Filled(
        values=board.values,
        spoken=None if took_time or not template.trigger.takes_schedule else sentence.spoken,
        took_time=took_time,
        guessed=frozenset(guessed),
        typed=typed
        + sum(is_query(board.values.get(n)) for n, p in template.parameters.items() if p.kind == "long_text"),
        free=(*board.free_spans(*_TELLING), *(s for s in board.free_spans("quoted", "code") if is_query(s.value))),
        taken=(*board.hard, *board.soft),
    )
