"""Says in English when a schedule runs. Reads no clock; the reverse is `agent.offline.recurrence`."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from catalog.schedule import Schedule

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_WORKING = ["MO", "TU", "WE", "TH", "FR"]
_ORDINALS = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", -1: "last", -2: "second to last"}
_QUARTERS = ["1", "4", "7", "10"]
_QUARTER_ENDS = ["3", "6", "9", "12"]
_CATCH_UP = {"once": "", "all": ", catching up on all missed runs", "skip": ", skipping missed runs"}
_FEW_HOURS = 3
_NEAR_DAYS = 14


def describe_schedule(schedule: Schedule, now: datetime, zone: ZoneInfo, language: str = "en") -> str:  # noqa: ARG001  # the other languages follow
    """E.g. "every Monday at 09:00" or "once, tomorrow at 14:05". The time zone is named when it is not the person's."""
    return _when(schedule, now, zone) + _CATCH_UP[schedule.catch_up]


def _when(schedule: Schedule, now: datetime, zone: ZoneInfo) -> str:
    if schedule.at is not None:
        return f"once, {_moment(schedule.at, now, zone)}"
    named = "" if schedule.timezone == zone.key else f" {schedule.timezone} time"
    if schedule.cron is not None:
        return (_cron_words(schedule.cron) or f"by the cron line {schedule.cron}") + named
    parts = dict(item.partition("=")[::2] for item in (schedule.rrule or "").split(";"))
    words = _rule_words(parts, schedule)
    if words is None:
        return f"by the rule {schedule.rrule}{named}"
    return words + named + _bounds(parts, schedule, now)


def _moment(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    local, here = at.astimezone(zone), now.astimezone(zone)
    clock = f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"
    days = (local.date() - here.date()).days
    if days in (0, 1):
        return f"{'tomorrow' if days else 'today'} at {clock}"
    return f"on {_day(local, here)} at {clock}"


def _day(local: datetime, here: datetime) -> str:
    year = "" if local.year == here.year else f" {local.year}"
    return f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]}{year}"


def _bounds(parts: dict[str, str], schedule: Schedule, now: datetime) -> str:
    zone = ZoneInfo(schedule.timezone)
    here = now.astimezone(zone)
    words = ""
    if _begins_later(schedule, now):
        assert schedule.start is not None
        words += f", starting {_day(schedule.start.astimezone(zone), here)}"
    if "COUNT" in parts:
        words += f", {parts['COUNT']} times"
    if "UNTIL" in parts:
        until = _read_until(parts["UNTIL"], zone)
        clock = f" at {until:%H:%M}" if until.date() == here.date() else ""
        words += f", until {_day(until, here)}{clock}"
    return words


def _read_until(digits: str, zone: ZoneInfo) -> datetime:
    whole = digits if "T" in digits else f"{digits}T235959"
    until = datetime.strptime(whole.removesuffix("Z") + "+0000", "%Y%m%dT%H%M%S%z")
    return until.astimezone(zone) if digits.endswith("Z") else until.replace(tzinfo=zone)


def _begins_later(schedule: Schedule, now: datetime) -> bool:
    """Whether the start holds the rule back; one that only anchors intervals need not be told."""
    if schedule.start is None or schedule.start <= now:
        return False
    if "INTERVAL" in (schedule.rrule or ""):
        return (schedule.start - now).days > _NEAR_DAYS
    return schedule.next_times(now, 1) != schedule.model_copy(update={"start": None}).next_times(now, 1)


def _rule_words(parts: dict[str, str], schedule: Schedule) -> str | None:
    frequency, interval = parts.get("FREQ", ""), int(parts.get("INTERVAL", "1"))
    hours, minutes = _numbers(parts, "BYHOUR"), _numbers(parts, "BYMINUTE")
    if frequency in {"MINUTELY", "HOURLY"}:
        return _within_day(frequency, interval, hours, minutes, parts)
    is_quarterly = frequency == "MONTHLY" and parts.get("BYMONTH", "").split(",") in (_QUARTERS, _QUARTER_ENDS)
    if ("BYMONTH" in parts and frequency != "YEARLY" and not is_quarterly) or (
        "BYMONTHDAY" in parts and frequency not in {"MONTHLY", "YEARLY"}
    ):
        return None
    often = _steps(hours, minutes)
    if often is not None:
        days = _days_words(parts)
        return often if frequency == "DAILY" or not days else f"{often} {_on(days)}"
    words = _frequency_words(frequency, interval, parts)
    return words and words + _clock_words(hours, minutes, schedule)


def _numbers(parts: dict[str, str], key: str) -> list[int]:
    return [int(number) for number in parts[key].split(",")] if parts.get(key) else []


def _within_day(
    frequency: str, interval: int, hours: list[int], minutes: list[int], parts: dict[str, str]
) -> str | None:
    if hours or "BYMONTHDAY" in parts or "BYMONTH" in parts:
        return None
    days = f" {_on(_days_words(parts))}" if "BYDAY" in parts else ""
    if frequency == "MINUTELY":
        return None if minutes else _each(interval, "minute") + days
    step = _step(minutes, 60)
    if step and interval == 1 and len(minutes) > 1:
        return _each(step, "minute") + days
    if len(minutes) > 1:
        return None
    return _each(interval, "hour") + (f" at minute {minutes[0]}" if minutes and minutes[0] else "") + days


def _each(interval: int, unit: str) -> str:
    return f"every {unit}" if interval == 1 else f"every {interval} {unit}s"


def _step(numbers: list[int], whole: int) -> int | None:
    """The step of numbers that divide a whole evenly: 0, 15, 30, 45 of 60 is 15."""
    step = whole // len(numbers) if numbers else 0
    return step if step and whole % step == 0 and numbers == list(range(0, whole, step)) else None


def _steps(hours: list[int], minutes: list[int]) -> str | None:
    """Several times a day at even steps: "every 15 minutes from 09:00 to 17:00", "every 4 hours"."""
    minute_step = _step(minutes, 60)
    if minute_step and len(minutes) > 1 and hours and hours == list(range(hours[0], hours[-1] + 1)):
        window = "" if len(hours) == 24 else f" from {hours[0]:02}:00 to {(hours[-1] + 1) % 24:02}:00"
        return f"{_each(minute_step, 'minute')}{window}"
    if minutes != [0] or len(hours) < _FEW_HOURS:
        return None
    hour_step = _step(hours, 24)
    if hour_step:
        return _each(hour_step, "hour")
    if len(hours) > _FEW_HOURS and hours == list(range(hours[0], hours[-1] + 1)):
        return f"every hour from {hours[0]:02}:00 to {hours[-1]:02}:00"
    return None


def _clock_words(hours: list[int], minutes: list[int], schedule: Schedule) -> str:
    if hours:
        return " at " + _joined([f"{hour:02}:{minute:02}" for hour in hours for minute in minutes or [0]])
    start = schedule.start.astimezone(ZoneInfo(schedule.timezone)) if schedule.start else None
    return f" at {start:%H:%M}" if start and (start.hour or start.minute) else ""


def _joined(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _days_words(parts: dict[str, str]) -> str:
    codes = parts.get("BYDAY", "").split(",") if parts.get("BYDAY") else []
    if codes == _WORKING:
        return "weekday"
    if codes == ["SA", "SU"]:
        return "weekends"
    if set(codes) == set(_CODES):
        return ""
    return _joined([_DAYS[_CODES.index(code)] for code in codes if code in _CODES]) if codes else ""


def _on(days: str) -> str:
    return "on weekdays" if days == "weekday" else f"on {days}"


def _frequency_words(frequency: str, interval: int, parts: dict[str, str]) -> str | None:
    match frequency:
        case "DAILY":
            days = f" {_on(_days_words(parts))}" if _days_words(parts) else ""
            return {1: "every day", 2: "every other day"}.get(interval, f"every {interval} days") + days
        case "WEEKLY":
            return _weekly(interval, _days_words(parts), has_days="BYDAY" in parts)
        case "MONTHLY":
            return _monthly(interval, parts)
        case "YEARLY":
            return _yearly(interval, parts)
        case _:
            return None


def _weekly(interval: int, days: str, *, has_days: bool) -> str:
    if not days:
        return (
            "every day"
            if has_days and interval == 1
            else {1: "every week", 2: "every other week"}.get(interval, f"every {interval} weeks")
        )
    if interval == 1:
        return "on weekends" if days == "weekends" else f"every {days}"
    if interval == 2 and days in _DAYS:
        return f"every other {days}"
    return f"every {'other week' if interval == 2 else f'{interval} weeks'} {_on(days)}"


def _monthly(interval: int, parts: dict[str, str]) -> str | None:
    which = _day_of_month(parts)
    if which is None:
        return None
    if parts.get("BYMONTH", "").split(",") in (_QUARTERS, _QUARTER_ENDS):
        return f"on the {which} of each quarter"
    if interval == 1:
        return f"on the {which} of each month"
    return f"every {interval} months on the {which}"


def _day_of_month(parts: dict[str, str]) -> str | None:
    numbers, codes = _numbers(parts, "BYMONTHDAY"), parts.get("BYDAY", "").split(",") if parts.get("BYDAY") else []
    if codes and "BYSETPOS" in parts and not numbers:
        name = (
            "working day"
            if codes == _WORKING
            else _DAYS[_CODES.index(codes[0])]
            if len(codes) == 1 and codes[0] in _CODES
            else None
        )
        positions = [_ORDINALS.get(n) for n in _numbers(parts, "BYSETPOS")]
        return f"{_joined([p for p in positions if p])} {name}" if name and all(positions) else None
    if codes and not numbers:
        positions = [_ORDINALS.get(int(code[:-2] or "0")) for code in codes]
        names = {code[-2:] for code in codes}
        if len(names) != 1 or not all(positions):
            return None
        return f"{_joined([p for p in positions if p])} {_DAYS[_CODES.index(names.pop())]}"
    if codes or not numbers:
        return None
    return _joined([_number_words(n) for n in numbers]) if min(numbers) >= min(_ORDINALS) else None


def _number_words(number: int) -> str:
    return f"{number}{_suffix(number)}" if number > 0 else f"{_ORDINALS[number]} day"


def _suffix(number: int) -> str:
    return "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")


def _yearly(interval: int, parts: dict[str, str]) -> str | None:
    months = parts.get("BYMONTH", "").split(",")
    days = _numbers(parts, "BYMONTHDAY")
    if months in (_QUARTERS, _QUARTER_ENDS) and interval == 1 and (which := _day_of_month(parts)):
        return f"every quarter on the {which}" if days and min(days) > 0 else f"on the {which} of each quarter"
    if len(months) != 1 or not months[0] or len(days) != 1 or "BYDAY" in parts:
        return None
    every = "every year" if interval == 1 else f"every {interval} years"
    return f"{every} on {days[0]} {_MONTHS[int(months[0]) - 1]}"


def _cron_words(line: str) -> str | None:  # noqa: PLR0911  # one return for each usual shape
    """Words for the usual shapes of a cron line; none for the rest."""
    minute, hour, day, month, weekday = line.split()
    if (minute.startswith("*/") or minute == "*") and (hour, day, month, weekday) == ("*", "*", "*", "*"):
        step = 1 if minute == "*" else int(minute[2:]) if minute[2:].isdecimal() else 0
        return _each(step, "minute") if step and 60 % step == 0 else None
    if not minute.isdecimal() or month != "*":
        return None
    if (hour, day, weekday) == ("*", "*", "*"):
        return "every hour" if minute == "0" else f"every hour at minute {int(minute)}"
    if not hour.isdecimal():
        return None
    clock = f" at {int(hour):02}:{int(minute):02}"
    if day == "*":
        days = {"*": "every day", "1-5": "every weekday", "MON-FRI": "every weekday"}.get(weekday)
        names = [_weekday(item) for item in weekday.split(",")]
        listed = _joined([name for name in names if name]) if all(names) else None
        return (days or (listed and f"every {listed}") or "") + clock if days or listed else None
    if day.isdecimal() and weekday == "*":
        return f"on the {int(day)}{_suffix(int(day))} of each month{clock}"
    return None


def _weekday(word: str) -> str | None:
    if word.isdecimal():
        return _DAYS[(int(word) - 1) % 7] if int(word) <= 7 else None
    return next((day for day in _DAYS if day[:3].upper() == word), None)
