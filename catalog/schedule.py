"""When something runs: a moment, an RRULE (RFC 5545) or a cron line, in a time zone.

Local times that a DST change skips run at the first moment after the gap; times that occur twice run once, the first time.
What repeats by the hour or minute all day long (no hour is named) goes on through a change: it neither pauses nor doubles.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import Literal
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError, field_validator, model_validator

from catalog.rule import Rule, compile_rule
from catalog.wall_time import change_of_offset, find_zone, instant
from core.errors import InvalidValueError

_YEARS = range(1970, 2201)
_ANCHOR = datetime(2001, 1, 1, tzinfo=None)  # noqa: DTZ001  # a Monday, local time of whatever zone
_MOST_TIMES = 1000
_UNTIL = re.compile(r"(\d{8})(?:T(\d{6})(Z?))?", re.ASCII)

CatchUp = Literal["once", "all", "skip"]
"""What becomes of times that nobody was there to fire: one run for the latest, one for each, or none."""


class Schedule(BaseModel):
    """Exactly one of `at` (aware), `rrule` (without DTSTART) and `cron` (five fields) is set.

    `timezone` is an IANA name. `start` (aware) anchors an RRULE: intervals count from it, nothing runs before it, and it
    gives the time of day, the weekday or the date that the rule leaves out. Without it the anchor is Monday 2001-01-01,
    midnight. `at` is exact; everything else runs on whole minutes. `catch_up` says what happens after a downtime.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    at: datetime | None = None
    rrule: str | None = None
    cron: str | None = None
    timezone: str = "UTC"
    start: datetime | None = None
    catch_up: CatchUp = "once"

    @classmethod
    def once(cls, at: datetime, timezone: str = "UTC") -> Schedule:
        """A schedule that runs at one moment."""
        return cls(at=at, timezone=timezone)

    @classmethod
    def read(cls, value: JsonValue) -> Schedule:
        """Read its JSON form. Raises InvalidValueError that says what does not fit."""
        try:
            return cls.model_validate(value)
        except ValidationError as error:
            reasons = [item["msg"].removeprefix("Value error, ") for item in error.errors(include_url=False)]
            raise InvalidValueError(f"That is not a schedule: {'; '.join(reasons)}.") from error

    @field_validator("rrule", mode="after")
    @classmethod
    def _canonical_rule(cls, value: str | None) -> str | None:
        return value and value.strip().upper().removeprefix("RRULE:").strip(";")

    @field_validator("cron", mode="after")
    @classmethod
    def _canonical_cron(cls, value: str | None) -> str | None:
        return value and " ".join(value.upper().split())

    @model_validator(mode="after")
    def _check(self) -> Schedule:
        if sum(value is not None for value in (self.at, self.rrule, self.cron)) != 1:
            raise ValueError("a schedule has exactly one of at, rrule and cron")
        if find_zone(self.timezone) is None:
            raise ValueError(f"“{self.timezone[:60]}” is not a time zone; write it like Europe/Berlin")
        for name, moment in (("at", self.at), ("start", self.start)):
            if moment is not None and moment.tzinfo is None:
                raise ValueError(f"{name} must say its UTC offset")
            if moment is not None and moment.year not in _YEARS:
                raise ValueError(f"{name} must be a year between {_YEARS[0]} and {_YEARS[-1]}")
        if self.start is not None and self.rrule is None:
            raise ValueError("start belongs to an rrule")
        if self.rrule is not None:
            _check_end(self._rule(), self._zone(), self._anchor())
        if self.cron is not None:
            _check_cron(self.cron)
        return self

    @property
    def is_recurring(self) -> bool:
        return self.at is None

    def next_times(self, after: datetime, count: int = 1) -> list[datetime]:
        """The next `count` fire times strictly after `after`, aware, in this schedule's zone; fewer when it ends."""
        return list(islice(self._times(after.astimezone(UTC)), min(count, _MOST_TIMES)))

    def _times(self, after: datetime) -> Iterator[datetime]:
        zone = self._zone()
        if self.at is not None:
            return iter([self.at.astimezone(zone)] if self.at > after else [])
        if self.cron is not None:
            return _rising(CronSim(self.cron, after.astimezone(zone)), after)
        rule, end = self._rule(), None
        if rule.until:
            end = _end(rule.until, zone)
        times = _through_changes(rule, after, zone) if rule.counts_hours else _at_walls(rule, after, zone)
        return _rising(times, after, end)

    def _zone(self) -> ZoneInfo:
        zone = find_zone(self.timezone)
        assert zone is not None
        return zone

    def _anchor(self) -> datetime:
        """The local time that the rule counts from, to the minute."""
        if self.start is None:
            return _ANCHOR
        return self.start.astimezone(self._zone()).replace(tzinfo=None, fold=0, second=0, microsecond=0)

    def _rule(self) -> Rule:
        return compile_rule(self.rrule or "", self._anchor())


def _wall(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)


def _rising(times: Iterable[datetime], after: datetime, end: datetime | None = None) -> Iterator[datetime]:
    """Yield what is later than everything before it (a gap maps several local times to one moment), up to the end."""
    last = after
    for moment in times:
        utc = moment.astimezone(UTC)
        if end is not None and utc > end:
            return
        if utc > last:
            last = utc
            yield moment


def _at_walls(rule: Rule, after: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    return (instant(wall, zone) for wall in rule.walls(_wall(after, zone), inclusive=True))


def _through_changes(rule: Rule, after: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """Follow the local clock and go on with what it shows after each change of its offset."""
    moment, inclusive = after, False
    while True:
        local = moment.astimezone(zone)
        offset = local.utcoffset() or timedelta()
        changed = False
        for wall in rule.walls(local.replace(tzinfo=None, fold=0), inclusive=inclusive):
            following = (wall - offset).replace(tzinfo=UTC)
            if following.astimezone(zone).utcoffset() != offset:
                moment, inclusive, changed = change_of_offset(moment, following, zone), True, True
                break
            moment = following
            yield following.astimezone(zone)
        if not changed:
            return


def _end(until: str, zone: ZoneInfo) -> datetime:
    """The last moment of UNTIL: in UTC with a Z, else local; a date lasts to its end. Raises ValueError."""
    match = _UNTIL.fullmatch(until)
    if not match:
        raise ValueError(f"UNTIL must look like 20261231 or 20261231T235900Z, not “{until[:40]}”")
    try:
        wall = datetime.strptime(match[1] + (match[2] or "235959"), "%Y%m%d%H%M%S")  # noqa: DTZ007  # local
    except ValueError as error:
        raise ValueError(f"UNTIL={until} is not a date") from error
    if wall.year not in _YEARS:
        raise ValueError(f"UNTIL must be a year between {_YEARS[0]} and {_YEARS[-1]}")
    return wall.replace(tzinfo=UTC) if match[3] else instant(wall, zone).astimezone(UTC)


def _check_end(rule: Rule, zone: ZoneInfo, anchor: datetime) -> None:
    if rule.until and instant(next(rule.walls(anchor, inclusive=True)), zone) > _end(rule.until, zone):
        raise ValueError("the rule ends before its first time")


@lru_cache(maxsize=2048)
def _check_cron(line: str) -> None:
    """Raises ValueError for a line that is wrong or never comes true."""
    if len(line.split()) != 5:  # noqa: PLR2004  # minute, hour, day of month, month, day of week
        raise ValueError("a cron line has five fields: minute, hour, day of month, month, day of week")
    try:
        first = next(CronSim(line, _ANCHOR))
    except (CronSimError, StopIteration) as error:
        reason = str(error) or "it never comes true"
        raise ValueError(f"the cron line “{line[:100]}” cannot be followed: {reason}") from error
    if first.year > _ANCHOR.year + 8:  # leap days around 2100 are eight years apart
        raise ValueError(f"the cron line “{line[:100]}” comes true hardly ever")
