"""Says in words when a schedule runs; the words are in `phrases/<language>.yaml`. Reads no clock; the reverse is
`agent.offline.recurrence`.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from agent.phrases import load_phrases
from agent.rule_in_words import cron_words, numbers_of, rule_words
from agent.schedule_voice import NEAR_DAYS, Voice
from catalog.schedule import Schedule


def describe_schedule(schedule: Schedule, now: datetime, zone: ZoneInfo, language: str = "en") -> str:
    """E.g. "every Monday at 09:00" or "once, tomorrow at 14:05". The time zone is named when it is not the person's."""
    voice = Voice(load_phrases(language))
    words = _when(schedule, now, zone, voice)
    return words if schedule.catch_up == "once" else voice.say(f"catch_up_{schedule.catch_up}", words=words)


def _when(schedule: Schedule, now: datetime, zone: ZoneInfo, voice: Voice) -> str:
    if schedule.at is not None:
        return voice.say("once", moment=_moment(schedule.at, now, zone, voice))
    parts = dict(item.partition("=")[::2] for item in (schedule.rrule or "").split(";"))
    words = cron_words(schedule.cron, voice) if schedule.cron is not None else rule_words(parts, schedule, voice)
    is_told = words is not None
    if words is None and schedule.cron is not None:
        words = voice.say("cron", line=schedule.cron)
    elif words is None:
        words = voice.say("rule", rule=schedule.rrule)
    if schedule.timezone != zone.key:
        words = voice.say("zone", words=words, zone=schedule.timezone)
    return _bounded(words, parts, schedule, now, voice) if is_told and schedule.rrule else words


def _moment(at: datetime, now: datetime, zone: ZoneInfo, voice: Voice) -> str:
    local, here = at.astimezone(zone), now.astimezone(zone)
    clock = f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"
    days = (local.date() - here.date()).days
    if days in (0, 1):
        return voice.say("tomorrow" if days else "today", time=clock)
    return voice.say("day_at", day=voice.day(local, here), time=clock)


def _bounded(words: str, parts: dict[str, str], schedule: Schedule, now: datetime, voice: Voice) -> str:
    zone = ZoneInfo(schedule.timezone)
    here = now.astimezone(zone)
    if _begins_later(schedule, now):
        assert schedule.start is not None
        start = schedule.start.astimezone(zone)
        key = "starting_at" if _counts_hours(parts) and (start.hour or start.minute) else "starting"
        words = voice.say(key, words=words, day=voice.day(start, here), time=f"{start:%H:%M}")
    if "COUNT" in parts:
        words = voice.say("times", words=words, number=parts["COUNT"])
    if "UNTIL" in parts:
        until = _read_until(parts["UNTIL"], zone)
        is_exact = until.date() == here.date() or (_counts_hours(parts) and f"{until:%H:%M}" != "23:59")
        key = "until_at" if is_exact else "until"
        words = voice.say(key, words=words, day=voice.day(until, here), time=f"{until:%H:%M}")
    return words


def _counts_hours(parts: dict[str, str]) -> bool:
    """Whether it runs several times a day, so that its bounds are hours."""
    hours, minutes = len(numbers_of(parts, "BYHOUR")), len(numbers_of(parts, "BYMINUTE"))
    return parts.get("FREQ") in {"HOURLY", "MINUTELY"} or hours * minutes > 1


def _read_until(digits: str, zone: ZoneInfo) -> datetime:
    whole = digits if "T" in digits else f"{digits}T235959"
    until = datetime.strptime(whole.removesuffix("Z") + "+0000", "%Y%m%dT%H%M%S%z")
    return until.astimezone(zone) if digits.endswith("Z") else until.replace(tzinfo=zone)


def _begins_later(schedule: Schedule, now: datetime) -> bool:
    """Whether the start holds the rule back; one that only anchors intervals need not be told."""
    if schedule.start is None or schedule.start <= now:
        return False
    if "INTERVAL" in (schedule.rrule or ""):
        return (schedule.start - now).days > NEAR_DAYS
    return schedule.next_times(now, 1) != schedule.model_copy(update={"start": None}).next_times(now, 1)
