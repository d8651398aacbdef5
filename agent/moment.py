"""Times and spans of time as people read them, in one zone and language. Reads no clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from agent.phrases import Phrases

_SECOND, _MINUTE, _HOUR = 1000, 60_000, 3_600_000


def show_moment(at: datetime, zone: ZoneInfo, now: datetime, phrases: Phrases) -> str:
    """E.g. “today at 10:01”, “tomorrow at 09:00”, “Mon 7 Dec at 09:00”, “Mon 4 Jan 2027 at 09:00”."""
    local, today = at.astimezone(zone), now.astimezone(zone)
    time = f"{local:%H:%M}:{local:%S}" if local.second and abs(at - now) < timedelta(hours=1) else f"{local:%H:%M}"
    days = (local.date() - today.date()).days
    key = {-1: "time.yesterday", 0: "time.today", 1: "time.tomorrow"}.get(days)
    if key:
        return phrases.plain(key, time=time)
    return phrases.plain(
        "time.day" if local.year == today.year else "time.day_year",
        weekday=phrases.plain("time.weekdays").split()[local.weekday()],
        day=local.day,
        month=phrases.plain("time.months").split()[local.month - 1],
        year=local.year,
        time=time,
    )


def show_span(span_ms: int) -> str:
    """E.g. “340 ms”, “2.4 s”, “3 min 5 s”, “2 h 10 min”."""
    if span_ms < _SECOND:
        return f"{max(span_ms, 0)} ms"
    if span_ms < _MINUTE:
        return f"{span_ms / _SECOND:.1f}".removesuffix(".0") + " s"
    if span_ms < _HOUR:
        minutes, seconds = divmod(round(span_ms / _SECOND), 60)
        return f"{minutes} min {seconds} s" if seconds else f"{minutes} min"
    hours, minutes = divmod(round(span_ms / _MINUTE), 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"
