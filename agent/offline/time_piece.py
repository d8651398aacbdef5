"""Finds all pieces of time in a sentence and groups those that stand together. What they mean together is not decided here."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise

from dateutil.relativedelta import relativedelta

from agent.offline.clock_time import Clock, Window, find_clocks, find_windows
from agent.offline.day import Day, find_days
from agent.offline.delay import Count, Delay, find_counts, find_delays
from agent.offline.far_day import find_far_days
from agent.offline.lexicon.words import alternation, sentence_words
from agent.offline.rule import Days, Every, MonthDays
from agent.offline.rule_words import find_every, find_month_days, find_week_days
from agent.offline.time_zone import Zone, find_zones

Piece = Every | Days | MonthDays | Clock | Window | Zone | Day | Delay | Count

_GLUE = re.compile(
    r"[\s,;()–-]*(?:(?:on|at|and|of|the|in|by|from|for|to|time|@|around|um|then|again|starting|beginning|but|only|always|each)\b[\s,;()–-]*)*"
)


@dataclass(frozen=True, slots=True)
class Said:
    """What a group of pieces says, by role; the first piece of a role counts."""

    pieces: tuple[Piece, ...]
    every: Every | None = None
    days: Days | None = None
    month_days: MonthDays | None = None
    clocks: tuple[Clock, ...] = ()
    window: Window | None = None
    zone: Zone | None = None
    day: Day | None = None
    until: Day | None = None
    starting: Day | None = None
    delay: Delay | None = None
    count: Count | None = None
    closes: Clock | None = None
    opens: Clock | None = None

    @property
    def roles(self) -> set[str]:
        names = (
            "every",
            "days",
            "month_days",
            "clocks",
            "window",
            "zone",
            "day",
            "until",
            "starting",
            "delay",
            "count",
            "closes",
        )
        return {name for name in names if getattr(self, name)}

    def merged(self, other: Said) -> Said:
        return said((*self.pieces, *other.pieces))


def said(pieces: Iterable[Piece]) -> Said:
    """Sort pieces into roles."""
    ordered = tuple(pieces)
    role_of: dict[str, Piece] = {}
    repeats = [p for p in ordered if isinstance(p, Every)]
    for often in repeats:
        if often.frequency in {"MINUTELY", "HOURLY"} and often is not repeats[0]:  # "every weekday, every 30 minutes"
            role_of["every"] = replace(often, days=repeats[0].days)
    for piece in ordered:
        role_of.setdefault(_role(piece), piece)
    role_of.pop("clock", None)
    clocks, bounds = _clocks(ordered)
    role_of |= bounds
    week = next((p for p in ordered if isinstance(p, Day) and p.is_week), None)
    weekday = next((p for p in ordered if isinstance(p, Day) and p.is_weekday), None)
    if week and weekday:  # "next week on thursday"
        role_of["day"] = replace(weekday, day=week.day + timedelta(days=weekday.day.weekday()), is_weekday=False)
    if (
        "starting" in role_of
        and "day" in role_of
        and "until" not in role_of
        and role_of["starting"].end <= role_of["day"].start
    ):
        role_of["until"] = role_of.pop("day")  # "from 10 dec to 20 dec"
    return Said(ordered, clocks=clocks, **role_of)  # type: ignore[arg-type]  # each role's name follows from its type


def _clocks(ordered: tuple[Piece, ...]) -> tuple[tuple[Clock, ...], dict[str, Piece]]:
    """The times of day, and those that only say how long something goes on: "until 6pm", "until friday at 6pm"."""
    told = [p for p in ordered if isinstance(p, Clock)]
    often = next((p for p in ordered if isinstance(p, Every)), None)
    is_within_day = often is not None and often.is_within_day
    is_once = not any(isinstance(p, (Every, Days, MonthDays)) for p in ordered)
    bounds: dict[str, Piece] = {}
    for before, piece in pairwise((None, *ordered)):
        if not isinstance(piece, Clock):
            continue
        after = before.role if isinstance(before, Day) and (is_within_day or is_once or len(told) > 1) else ""
        if piece.role == "until" or (after == "until" and not piece.role):
            bounds.setdefault("closes", piece)
        elif is_within_day and "from" in {piece.role, after}:
            bounds.setdefault("opens", piece)
    return tuple(p for p in told if p is not bounds.get("closes")), bounds


def _role(piece: Piece) -> str:  # noqa: PLR0911  # one return for each kind of piece
    match piece:
        case Every():
            return "every"
        case Days():
            return "days"
        case MonthDays():
            return "month_days"
        case Clock():
            return "clock"
        case Window():
            return "window"
        case Zone():
            return "zone"
        case Delay():
            return "delay"
        case Count():
            return "count"
        case Day():
            return {"until": "until", "from": "starting"}.get(piece.role, "day")


def find_groups(plain: str, low: str, local: datetime, *, with_told: bool = False) -> list[Said]:
    """The groups that say something of when, in order; with `with_told` also those that only tell ("it ends on friday")."""
    groups: list[list[Piece]] = []
    for piece in _pieces(plain, low, local):
        if groups and _GLUE.fullmatch(low, groups[-1][-1].end, piece.start):
            groups[-1].append(piece)
        else:
            groups.append([piece])
    return [said(group) for group in groups if _counts(group) and (with_told or not _is_told(group, low))]


def _is_told(group: list[Piece], low: str) -> bool:
    """Whether it only tells of a time ("lunch is at 1") or names something ("titled Weekly orders")."""
    start = group[0].start
    match = _told_by().search(low[max(0, start - 12) : start])
    repeats = any(isinstance(piece, (Every, Days)) for piece in group)
    return match is not None and (not repeats or len(group) == 1)


@cache
def _told_by() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{alternation(sentence_words().told_by)})\s+$")


def _pieces(plain: str, low: str, local: datetime) -> list[Piece]:
    """All pieces, exact ones first: what they take is not read again by the vaguer ones."""
    taken = bytearray(len(low))
    kept: list[Piece] = []

    def keep(pieces: Iterable[Piece]) -> None:
        for piece in pieces:
            if piece.end > piece.start and not any(taken[piece.start : piece.end]):
                taken[piece.start : piece.end] = b"\x01" * (piece.end - piece.start)
                kept.append(piece)

    is_america = str(local.tzinfo).startswith(("America/", "US/"))
    month_days, week_days = list(find_month_days(low)), list(find_week_days(low))
    days = list(find_days(low, local.date(), month_first=is_america))
    keep(find_far_days(low, local.date()))
    keep(_begun(d, local) if d.begins else d for d in find_delays(low))
    keep(d for d in week_days if d.is_excepting)
    keep(d for d in month_days if d.positions or d.is_repeating)
    keep(find_every(low))
    keep(find_counts(low))
    keep(d for d in days if not d.is_weekday)
    keep(month_days)
    keep(find_windows(low))
    keep(find_clocks(low, [p for p in kept if isinstance(p, Window)]))
    keep(d for d in week_days if d.is_repeating or _follows_every(d, kept, low))
    keep(days)
    keep(find_zones(plain, low, [p.end for p in kept if isinstance(p, (Clock, Window))]))
    return sorted(kept, key=lambda piece: piece.start)


def _begun(delay: Delay, local: datetime) -> Piece:
    """The day from which something repeats: "starting in two weeks"."""
    length = delay.length
    day = local.date() + relativedelta(months=length.months, seconds=length.seconds)
    return Day(delay.start, delay.end, day, role="from") if length.has_days else delay


def _follows_every(days: Days, kept: list[Piece], low: str) -> bool:
    return any(isinstance(p, Every) and p.end <= days.start and _GLUE.fullmatch(low, p.end, days.start) for p in kept)


def _is_weak(piece: Piece) -> bool:
    return (isinstance(piece, Clock) and piece.needs_day) or (isinstance(piece, (Day, Every)) and piece.is_weak)


def _counts(group: list[Piece]) -> bool:
    """A lone "sun", "morning" or "10-12" says nothing of when."""
    if len(group) > 1:
        return not all(isinstance(p, (Zone, Count)) or _is_weak(p) for p in group)
    piece = group[0]
    if isinstance(piece, Window):
        return piece.is_explicit
    return not isinstance(piece, Count) and not _is_weak(piece)
