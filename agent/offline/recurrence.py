"""When something should run, read out of a sentence: puts the pieces of time that belong together into one schedule.

Nothing is assumed that was not said, except: a bare time is the next such time, a weekday the next such day, parts of
the day have usual hours (`lexicon/time.yaml`), and "weekly", "monthly" mean Monday and the 1st until a day is named.
Days without a time of day give a partial schedule.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeGuard
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from dateutil.relativedelta import relativedelta

from agent.offline.bounds import anchor, begun, delta_of, end_of, window_of
from agent.offline.catch_up import find_catch_up
from agent.offline.clock_time import Clock
from agent.offline.correction import without_corrected_times
from agent.offline.day import Day
from agent.offline.delay import Count, Length
from agent.offline.gloss import into_english
from agent.offline.language import language_of
from agent.offline.rule import WORKING, Days, MonthDays, Rule, combine
from agent.offline.rule_text import rrule_text
from agent.offline.span import Span, SpanKind, find_spans, mask
from agent.offline.text import Text, read_text
from agent.offline.time_piece import Piece, Said, find_groups, said
from catalog.schedule import CatchUp, Schedule
from catalog.wall_time import instant


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


SILENT_SPANS: frozenset[SpanKind] = frozenset(
    {"quoted", "code", "url", "email", "mention", "channel", "file", "json", "money", "phone"}
)
"""Times inside these are part of a value."""

_CRON = re.compile(r"(?<!\S)(?:[\d*/,-]+\s+){4}[\d*/,\-A-Za-z#]+(?!\S)")
_PLACEHOLDER = time(9)
"""Stands in a partial one-off until the time of day is asked for."""


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
    repeating = sorted((g for g in groups if _rule(g) is not None), key=lambda g: -len(g.pieces))
    once = [g for g in groups if g.delay] + [g for g in groups if g.day or g.month_days or g.clocks]
    main = next(iter(repeating or once), None)
    if main is None:
        return None
    rule = _rule(main)
    if rule and rule.frequency == "WEEKLY":
        kept, main = main, _as_week_days(main)
        groups = [main if g is kept else g if rule.days else _as_week_days(g) for g in groups]
    for group in groups:
        if group is not main and _completes(group, main):
            main = main.merged(group)
    named = ZoneInfo(main.zone.name) if main.zone else zone
    here = local.astimezone(named)
    spoken = _repeating(main, here, named) or _once(main, here, named)
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
    rule = _rule(main)
    if rule is not None:
        allowed = {"zone", "count", "until", "starting"} | ({"closes"} if rule.is_within_day else set())
        allowed |= {"day"} if rule.frequency == "YEARLY" and not (rule.month_days or main.day) else set()
        allowed |= {"window"} if rule.is_within_day else set() if has_time else {"clocks", "window"}
        allowed |= set() if rule.month_days or rule.positions or rule.days else {"days", "month_days"}
        return group.roles <= allowed and group.roles != {"window", "zone"}
    if main.day or main.month_days:
        return not has_time and group.roles <= {"clocks", "zone"}
    return bool(main.clocks) and group.roles <= {"day", "month_days", "zone"}


def _rule(one: Said) -> Rule | None:
    is_said = one.every is not None and (not one.every.is_weak or (one.every.times > 0 and bool(one.clocks)))
    every = one.every if is_said else None
    if every and every.frequency == "YEARLY" and one.day:
        day = one.day.day
        return Rule("YEARLY", every.interval, months=(day.month,), month_days=(day.day,))
    rule = combine(every, _all_days(one), one.month_days)
    if rule is None and one.count and one.count.is_next and one.count.length and one.count.length.has_days:
        return Rule("DAILY") if one.clocks and not (one.day or one.month_days) else None
    if rule is not None and rule.is_within_day and not rule.days and one.window and one.window.is_office:
        return replace(rule, days=WORKING)
    return rule


def _repeating(one: Said, here: datetime, zone: ZoneInfo) -> Spoken | None:
    rule = _rule(one)
    if rule is None:
        return None
    clocks = [] if rule.is_within_day or _differs(one, rule) else _clock_times(one)
    rule = _with_days(rule, max(one.every.times if one.every else 1, 1), here)
    window = (one.window or window_of(one, rule)) if rule.is_within_day else None
    first = _first_day(rule, clocks, one, here)
    wall = datetime.combine(first, clocks[0] if clocks else time())
    begins = here.replace(tzinfo=None) if rule.is_within_day else wall
    counted_from = next((c.at for c in one.clocks if not c.is_vague), None) if rule.is_within_day else None
    closes = one.closes if window is None else None
    text = rrule_text(rule, clocks, window, counted_from) + end_of(one, closes, begins, zone)
    schedule = Schedule(rrule=text, timezone=zone.key, start=anchor(rule, wall, one, here, zone))
    if one.opens and not window:
        schedule = begun(schedule, one, one.opens, here, zone)
    is_unheard = closes is not None and not (rule.is_within_day or one.until)
    is_partial = is_unheard or not (rule.is_within_day or clocks)
    return _result(schedule, one.pieces, is_partial=is_partial, clock=clocks[0] if clocks else None)


def _all_days(one: Said) -> Days | None:
    """The days of the week from all places that say some: "mondays at 9 and thursdays at 15"."""
    told = [p for p in one.pieces if isinstance(p, Days)]
    if one.days is None or len(told) < 2 or any(p.is_excepting for p in told):  # a pair
        return one.days
    return replace(one.days, days=tuple(sorted({day for p in told for day in p.days})))


def _differs(one: Said, rule: Rule) -> bool:
    """Times that no single rule has: "mondays at 9 and thursdays at 15", "on the 1st at 9 and 17:30". They are asked for."""
    exact = [c for c in one.clocks if not c.is_vague]
    days = [p for p in one.pieces if isinstance(p, (Days, MonthDays))]
    is_between = len(days) > 1 and len(exact) > 1 and exact[0].end <= days[1].start < exact[-1].start
    is_uneven = len({c.at.minute for c in exact}) > 1 and (
        rule.frequency not in {"DAILY", "WEEKLY"} or rule.interval > 1
    )
    return is_uneven or (is_between and len({c.at for c in exact}) > 1)


_SPREAD = {1: (0,), 2: (0, 3), 3: (0, 2, 4), 4: (0, 1, 2, 3), 5: WORKING, 6: (0, 1, 2, 3, 4, 5)}
"""Days of a week for so many times a week."""


def _with_days(rule: Rule, times: int, here: datetime) -> Rule:
    """Monday, the 1st, the 1st of January, unless a day was said, or so many days that are spread over the period; every
    other week goes on from today.
    """
    if rule.days or rule.month_days or rule.positions:
        return rule
    match rule.frequency:
        case "WEEKLY":
            return replace(rule, days=(here.weekday(),) if rule.interval > 1 else _SPREAD.get(times, tuple(range(7))))
        case "MONTHLY":
            count = min(times, 28)
            return replace(rule, month_days=tuple(1 + n * (28 // count) for n in range(count)))
        case "YEARLY":
            return replace(rule, months=(1,), month_days=(1,))
        case _:
            return rule


def _first_day(rule: Rule, clocks: list[time], one: Said, here: datetime) -> date:
    """The first day that may fit: what intervals are counted from."""
    if one.starting:
        return one.starting.day
    day = here.date()
    if clocks and max(clocks) <= here.time():
        day += timedelta(days=1)
    while rule.frequency == "WEEKLY" and day.weekday() not in rule.days:
        day += timedelta(days=1)
    return day


def _once(one: Said, here: datetime, zone: ZoneInfo) -> Spoken | None:
    one = said(piece for piece in one.pieces if not isinstance(piece, Count))  # "for 45 minutes" is no part of when
    clocks = _clock_times(one) or ([one.closes.at] if one.closes else [])
    if one.delay:
        return _delayed(one.delay.length, clocks, one, here, zone)
    if one.day and one.month_days and one.month_days.numbers and not one.day.is_weekday:  # "next month on the 3rd"
        return _on_day(one.day.day + relativedelta(day=one.month_days.numbers[0]), clocks, one, here, zone)
    if one.day:
        return _on_day(one.day.day, clocks, one, here, zone)
    if one.month_days:
        return _on_day(_next_month_day(one.month_days, here), clocks, one, here, zone)
    if not clocks:
        return None
    is_plain = any(_is_plain(c) and c.at == clocks[0] for c in one.clocks)
    wall = _next_waking(clocks[0], here) if is_plain else None
    if wall is None:
        wall = datetime.combine(here.date() + timedelta(days=clocks[0] <= here.time()), clocks[0])
    at = instant(wall, zone)
    return _result(Schedule(at=at, timezone=zone.key), one.pieces, has_day=False, clock=clocks[0])


_WAKING = range(7, 21)
"""Hours at which something may be meant that is said without am or pm."""

_SMALL_HOURS = range(1, 6)


def _next_waking(clock: time, here: datetime) -> datetime | None:
    """The next time of the day that "at 3" or "at 8" may mean, before or after noon."""
    first = datetime.combine(here.date(), clock)
    walls = [first + timedelta(hours=hours) for hours in (0, 12, 24, 36)]
    return next((w for w in walls if w > here.replace(tzinfo=None) and w.hour in _WAKING), None)


def _delayed(length: Length, clocks: list[time], one: Said, here: datetime, zone: ZoneInfo) -> Spoken:
    if length.has_days and clocks:
        return _on_day((here.date() + delta_of(length)), clocks, one, here, zone)
    if length.months or length.has_days:  # the same time of day, whatever clocks do in between
        at = instant(here.replace(tzinfo=None, microsecond=0) + delta_of(length), zone)
    else:
        at = (here.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=length.seconds)).astimezone(zone)
    return _result(Schedule(at=at, timezone=zone.key), one.pieces, is_delay=True)


def _on_day(day: date, clocks: list[time], one: Said, here: datetime, zone: ZoneInfo) -> Spoken:
    clock = clocks[0] if clocks else None
    if clock and clock.hour in _SMALL_HOURS and any(_is_plain(c) and c.at == clock for c in one.clocks):
        clock = clock.replace(hour=clock.hour + 12)
    if clock and day == here.date() and clock <= here.time():
        if one.day and one.day.is_weekday:
            day += timedelta(days=7)
        else:
            clock = _later_today(clock, one.clocks, here) or clock
    at = instant(datetime.combine(day, clock or _PLACEHOLDER), zone)
    return _result(Schedule(at=at, timezone=zone.key), one.pieces, is_partial=clock is None, clock=clock)


def _is_plain(clock: Clock) -> bool:
    """“at 3”: neither am nor pm nor minutes. Nobody is up at three."""
    return clock.is_bare and not clock.has_minutes and not clock.is_vague


def _later_today(clock: time, said: tuple[Clock, ...], here: datetime) -> time | None:
    """What "today at 3" means, said at ten in the morning: the afternoon."""
    is_bare = any(c.is_bare and c.at == clock for c in said)
    if is_bare and clock.hour < 12 and clock.replace(hour=clock.hour + 12) > here.time():
        return clock.replace(hour=clock.hour + 12)
    return None


def _next_month_day(said_days: MonthDays, here: datetime) -> date:
    """The next such day after today: "on the 3rd", "the first monday of january"."""
    rule = combine(None, None, replace(said_days, is_repeating=True))
    assert rule is not None
    after = here.replace(tzinfo=None) + timedelta(days=1)
    text = rrule_text(rule, [time()], None)
    return Schedule(rrule=text).next_times(after.replace(hour=0, minute=0, tzinfo=UTC) - timedelta(minutes=1))[0].date()


def _clock_times(one: Said) -> list[time]:
    """The times of day; a part of the day ("evening") tells which half of the day a bare hour is in."""
    exact = [c for c in one.clocks if not c.is_vague]
    vague = [c for c in one.clocks if c.is_vague]
    if not exact:
        return [c.at for c in vague[:1]] or ([one.window.opens] if one.window and not one.window.is_office else [])
    times = [_in_part(c, min(vague, key=c.gap_to).at) if vague and c.is_bare else c.at for c in exact]
    return list(dict.fromkeys(times))


def _in_part(clock: Clock, part: time) -> time:
    hour = clock.at.hour
    is_later_half = part.hour > 12 and hour < 12 and (hour >= 6 or part.hour < 20)
    return clock.at.replace(hour=hour + 12) if is_later_half else clock.at


def _result(
    schedule: Schedule,
    pieces: tuple[Piece, ...],
    *,
    is_partial: bool = False,
    is_delay: bool = False,
    has_day: bool = True,
    clock: time | None = None,
) -> Spoken:
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
