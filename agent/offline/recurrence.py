"""When something should run, read out of a sentence: puts the pieces of time that belong together into one schedule.

Nothing is assumed that was not said, except: a bare time is the next such time, a weekday the next such day, parts of
the day have usual hours (`lexicon/time.yaml`), and "weekly", "monthly" mean Monday and the 1st until a day is named.
Days without a time of day give a partial schedule.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeGuard
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from agent.offline.catch_up import find_catch_up
from agent.offline.correction import without_corrected_times
from agent.offline.day import Day
from agent.offline.gloss import into_english
from agent.offline.language import language_of
from agent.offline.once import read_once
from agent.offline.repeating import read_repeating, rule_of
from agent.offline.rule import Days
from agent.offline.span import Span, SpanKind, find_spans, mask
from agent.offline.spoken import Spoken
from agent.offline.text import Text, read_text
from agent.offline.time_piece import Piece, Said, find_groups, said
from catalog.schedule import CatchUp, Schedule

SILENT_SPANS: frozenset[SpanKind] = frozenset(
    {"quoted", "code", "url", "email", "mention", "channel", "file", "json", "money", "phone"}
)
"""Times inside these are part of a value."""

_CRON = re.compile(r"(?<!\S)(?:[\d*/,-]+\s+){4}[\d*/,\-A-Za-z#]+(?!\S)")


def read_schedule(text: str, now: datetime, zone: ZoneInfo, language: str = "en") -> Spoken | None:
    """The schedule that a text names, or none. Never raises."""
    ready = into_english(read_text(text), language_of(text, language) or language)
    return read_spoken(ready, find_spans(ready), now, zone)


def schedule_of(text: str, now: datetime, zone: ZoneInfo, language: str = "en") -> Schedule | None:
    """The schedule alone."""
    spoken = read_schedule(text, now, zone, language)
    return spoken.schedule if spoken else None


def read_spoken(
    text: Text, spans: Sequence[Span], now: datetime, zone: ZoneInfo, *, until: int | None = None
) -> Spoken | None:
    """As `read_schedule`, for a text whose spans are known, up to a place in it."""
    low = without_corrected_times(mask(text, spans, SILENT_SPANS))
    low = low if until is None else low[:until] + " " * (len(low) - until)
    policy = find_catch_up(low)
    if policy is not None:
        low = low[: policy[1]] + " " * (policy[2] - policy[1]) + low[policy[2] :]
    try:
        local = now.astimezone(zone)
        spoken = _cron(low, text, zone) or _compose(find_groups(text.plain, low, local), local, zone)
    except (ValueError, OverflowError):
        return None  # a date that no calendar has, or a rule that the catalog refuses
    return _with_policy(spoken, *policy) if spoken is not None and policy is not None else spoken


def _with_policy(spoken: Spoken, policy: CatchUp, start: int, end: int) -> Spoken:
    return replace(
        spoken,
        schedule=spoken.schedule.model_copy(update={"catch_up": policy}),
        start=min(spoken.start, start),
        end=max(spoken.end, end),
        fragments=tuple(sorted((*spoken.fragments, (start, end)))),
        catch_up=policy,
    )


def _cron(low: str, text: Text, zone: ZoneInfo) -> Spoken | None:
    match = _CRON.search(low)
    if match is None or "*" not in match[0]:
        return None
    line = " ".join(text.plain[match.start() : match.end()].split())
    try:
        CronSim(line, datetime(2001, 1, 1, tzinfo=UTC))
    except CronSimError:
        return None
    schedule = Schedule(cron=line, timezone=zone.key)
    return Spoken(schedule=schedule, start=match.start(), end=match.end(), fragments=(match.span(),))


def _compose(groups: list[Said], local: datetime, zone: ZoneInfo) -> Spoken | None:
    repeating = sorted((g for g in groups if rule_of(g) is not None), key=lambda g: -len(g.pieces))
    once = [g for g in groups if g.delay] + [g for g in groups if g.day or g.month_days or g.clocks]
    main = next(iter(repeating or once), None)
    if main is None:
        return None
    rule = rule_of(main)
    if rule and rule.frequency == "WEEKLY":
        kept, main = main, _as_week_days(main)
        groups = [main if g is kept else g if rule.days else _as_week_days(g) for g in groups]
    for group in groups:
        if group is not main and _completes(group, main):
            main = main.merged(group)
    named = ZoneInfo(main.zone.name) if main.zone else zone
    here = local.astimezone(named)
    spoken = read_repeating(main, here, named) or read_once(main, here, named)
    return spoken and replace(
        spoken, zone=main.zone.name if main.zone else None, closes=main.window.closes if main.window else None
    )


def _is_week_day(piece: Piece) -> TypeGuard[Day]:
    return isinstance(piece, Day) and piece.is_weekday and piece.role == "on"


def _as_week_days(said_once: Said) -> Said:
    """For "weekly … on friday": the weekday is said once and meant every week."""
    pieces = [
        Days(p.start, p.end, (p.day.weekday(),), is_repeating=True) if _is_week_day(p) else p for p in said_once.pieces
    ]
    return said(pieces)


def _completes(group: Said, main: Said) -> bool:
    """Whether another part of the sentence says what the main one leaves open, and nothing else."""
    if group.roles & main.roles or any(c.is_vague for c in group.clocks):
        return False
    has_time = bool(main.clocks or main.window or main.delay)
    rule = rule_of(main)
    if rule is not None:
        allowed = {"zone", "count", "until", "starting"} | ({"closes"} if rule.is_within_day else set())
        allowed |= {"day"} if rule.frequency == "YEARLY" and not (rule.month_days or main.day) else set()
        allowed |= {"window"} if rule.is_within_day else set() if has_time else {"clocks", "window"}
        allowed |= set() if rule.month_days or rule.positions or rule.days else {"days", "month_days"}
        return group.roles <= allowed and group.roles != {"window", "zone"}
    if main.day or main.month_days:
        return not has_time and group.roles <= {"clocks", "zone"}
    return bool(main.clocks) and group.roles <= {"day", "month_days", "zone"}
