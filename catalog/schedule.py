"""When something runs: a moment, an RRULE (RFC 5545) or a cron line, in a time zone.

Local times that a DST change skips run at the first moment after the gap; times that occur twice run once, the first time.
"""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, model_validator


class Schedule(BaseModel):
    """Exactly one of `at` (aware), `rrule` (without DTSTART) and `cron` (five fields) is set.

    `timezone` is an IANA name. `start` (aware) anchors an RRULE: intervals count from it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    at: datetime | None = None
    rrule: str | None = None
    cron: str | None = None
    timezone: str = "UTC"
    start: datetime | None = None

    @model_validator(mode="after")
    def _check(self) -> Schedule:
        return self

    def next_times(self, after: datetime, count: int = 1) -> list[datetime]:
        """The next `count` fire times strictly after `after`, aware, in this schedule's zone; fewer when it ends."""
        return []
