"""A schedule that was said, with the places in the text that say it. Reads nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time

from agent.offline.time_piece import Piece
from catalog.schedule import CatchUp, Schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """A schedule that was said. `fragments` are the places in the text that say it, `start` and `end` their bounds.

    `is_partial`: days are known, the time of day is not. `has_day`: a day or a repetition was said, not a bare time.
    `clock` and `zone`: the time of day and the time zone, `closes` the other end of a span of hours, `catch_up` the policy for missed runs, where they were said.
    """

    schedule: Schedule
    start: int
    end: int
    fragments: tuple[tuple[int, int], ...]
    is_partial: bool = False
    is_delay: bool = False
    has_day: bool = True
    clock: time | None = None
    closes: time | None = None
    zone: str | None = None
    catch_up: CatchUp | None = None


def spoken_of(
    schedule: Schedule,
    pieces: tuple[Piece, ...],
    *,
    is_partial: bool = False,
    is_delay: bool = False,
    has_day: bool = True,
    clock: time | None = None,
) -> Spoken:
    """A schedule with the places of the pieces that it was made of."""
    fragments = tuple(sorted((p.start, p.end) for p in pieces))
    return Spoken(
        schedule=schedule,
        start=fragments[0][0],
        end=fragments[-1][1],
        fragments=fragments,
        is_partial=is_partial,
        is_delay=is_delay,
        has_day=has_day,
        clock=clock,
    )
