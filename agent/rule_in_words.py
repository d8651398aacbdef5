"""What a rule of repetition says, in words. Knows no bounds and no zones."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from agent.even_times import even_times, picked_times
from agent.schedule_voice import Voice
from catalog.schedule import Schedule

_CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_WORKING = ["MO", "TU", "WE", "TH", "FR"]
_WEEKEND = ["SA", "SU"]
_QUARTERS = (["1", "4", "7", "10"], ["3", "6", "9", "12"])
"""Their first months, and their last."""


def rule_words(parts: dict[str, str], schedule: Schedule, voice: Voice) -> str | None:
    """The words for a rule by its parts; none for one that no usual words say."""
    frequency, interval = parts.get("FREQ", ""), int(parts.get("INTERVAL", "1"))
    hours, minutes = numbers_of(parts, "BYHOUR"), numbers_of(parts, "BYMINUTE")
    if frequency in {"MINUTELY", "HOURLY"}:
        return _within_day(frequency, interval, parts, voice)
    is_quarterly = frequency == "MONTHLY" and _months(parts) in _QUARTERS
    if ("BYMONTH" in parts and frequency != "YEARLY" and not is_quarterly) or (
        "BYMONTHDAY" in parts and frequency not in {"MONTHLY", "YEARLY"}
    ):
        return None
    positions = numbers_of(parts, "BYSETPOS") if frequency == "DAILY" else []
    often = _steps(hours, minutes, positions, voice) if frequency in {"DAILY", "WEEKLY"} and interval == 1 else None
    if often is not None:
        return _on(often, parts, voice)
    words = _frequency_words(frequency, interval, parts, voice)
    clocks = picked_times(hours, minutes or [0], positions)
    return words and _at_clock(words, clocks, schedule, voice)


def numbers_of(parts: dict[str, str], key: str) -> list[int]:
    """The numbers that one part of a rule lists."""
    return [int(number) for number in parts[key].split(",")] if parts.get(key) else []


def _within_day(frequency: str, interval: int, parts: dict[str, str], voice: Voice) -> str | None:
    hours, minutes = numbers_of(parts, "BYHOUR"), numbers_of(parts, "BYMINUTE")
    if hours or "BYMONTHDAY" in parts or "BYMONTH" in parts:
        return None
    if frequency == "MINUTELY":
        return None if minutes else _on(voice.often("minutes", interval), parts, voice)
    step = _step(minutes, 60)
    if step and interval == 1 and len(minutes) > 1:
        return _on(voice.often("minutes", step), parts, voice)
    if len(minutes) > 1:
        return None
    words = voice.often("hours", interval)
    if minutes and minutes[0]:
        words = voice.say("hours_minute", words=words, minute=minutes[0])
    return _on(words, parts, voice)


def _step(numbers: list[int], whole: int) -> int | None:
    """The step of numbers that divide a whole evenly: 0, 15, 30, 45 of 60 is 15."""
    step = whole // len(numbers) if numbers else 0
    return step if step and whole % step == 0 and numbers == list(range(0, whole, step)) else None


def _steps(hours: list[int], minutes: list[int], positions: list[int], voice: Voice) -> str | None:
    """Several times a day at even steps: "every 15 minutes from 09:00 to 17:00", "every 4 hours"."""
    even = even_times(hours, minutes, positions)
    if even is None:
        return None
    words = voice.often("minutes", even.step) if even.step % 60 else voice.often("hours", even.step // 60)
    if even.opens is None or even.closes is None:
        return words
    return voice.say("window", words=words, opens=_clock(even.opens), closes=_clock(even.closes))


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _at_clock(words: str, clocks: list[int], schedule: Schedule, voice: Voice) -> str:
    if clocks:
        return voice.say("at", words=words, times=voice.joined([_clock(minute) for minute in clocks]))
    start = schedule.start.astimezone(ZoneInfo(schedule.timezone)) if schedule.start else None
    return voice.say("at", words=words, times=f"{start:%H:%M}") if start and (start.hour or start.minute) else words


def _codes(parts: dict[str, str]) -> list[str]:
    """The days of the week; none when they are all seven."""
    codes = parts["BYDAY"].split(",") if parts.get("BYDAY") else []
    return [] if set(codes) == set(_CODES) else codes


def _named(codes: list[str], voice: Voice) -> str:
    return voice.joined([voice.word("weekdays", _CODES.index(code)) for code in codes if code in _CODES])


def _on(words: str, parts: dict[str, str], voice: Voice) -> str:
    """How often, on these days only."""
    codes = _codes(parts)
    if not codes:
        return words
    if codes in (_WORKING, _WEEKEND):
        return voice.say("on_working" if codes == _WORKING else "on_weekend", words=words)
    return voice.say("on_days", words=words, days=_named(codes, voice))


def _frequency_words(frequency: str, interval: int, parts: dict[str, str], voice: Voice) -> str | None:
    match frequency:
        case "DAILY":
            return _on(voice.often("days", interval), parts, voice)
        case "WEEKLY":
            return _weekly(interval, parts, voice)
        case "MONTHLY":
            which = _day_of_month(parts, voice)
            if which is not None and _months(parts) in _QUARTERS:
                return voice.say("quarters_each", which=which)
            return None if which is None else voice.often("months", interval, which=which)
        case "YEARLY":
            return _yearly(interval, parts, voice)
        case _:
            return None


def _weekly(interval: int, parts: dict[str, str], voice: Voice) -> str:
    codes = _codes(parts)
    if not codes:
        return voice.often("days", 1) if "BYDAY" in parts and interval == 1 else voice.often("weeks", interval)
    if interval == 1:
        if codes in (_WORKING, _WEEKEND):
            return voice.say("working" if codes == _WORKING else "weekend")
        return voice.say("each", days=_named(codes, voice))
    if interval == 2 and len(codes) == 1:  # every other
        return voice.say("each_two", days=_named(codes, voice))
    return _on(voice.often("weeks", interval), parts, voice)


def _day_of_month(parts: dict[str, str], voice: Voice) -> str | None:
    numbers, codes = numbers_of(parts, "BYMONTHDAY"), parts.get("BYDAY", "").split(",") if parts.get("BYDAY") else []
    if numbers:
        return None if codes else _numbered(numbers, voice)
    if "BYSETPOS" in parts:
        positions, names = numbers_of(parts, "BYSETPOS"), codes
    else:
        positions, names = [int(code[:-2] or "0") for code in codes], sorted({code[-2:] for code in codes})
    words = [word for word in map(voice.position, positions) if word]
    if not words or len(words) != len(positions):
        return None
    if names == _WORKING and "BYSETPOS" in parts:
        return voice.say("working_day", positions=voice.joined(words))
    if len(names) != 1 or names[0] not in _CODES:
        return None
    return voice.say("position_day", positions=voice.joined(words), weekday=_named(names, voice))


def _numbered(numbers: list[int], voice: Voice) -> str | None:
    lasts = [n for n in numbers if n < 0]
    if lasts and min(lasts) < -2:
        return None
    named = [voice.word("numbers", n - 1) for n in numbers if n > 0]
    words = [voice.say("number_day", numbers=voice.joined(named))] if named else []
    return voice.joined([*words, *(voice.say("last_day", positions=voice.word("positions", n)) for n in lasts)])


def _months(parts: dict[str, str]) -> list[str]:
    return parts.get("BYMONTH", "").split(",")


def _yearly(interval: int, parts: dict[str, str], voice: Voice) -> str | None:
    months, days = _months(parts), numbers_of(parts, "BYMONTHDAY")
    if months in _QUARTERS and interval == 1 and (which := _day_of_month(parts, voice)):
        return voice.say("quarters" if days and min(days) > 0 else "quarters_each", which=which)
    if len(months) != 1 or not months[0]:
        return None
    if len(days) != 1 or days[0] < 0 or "BYDAY" in parts:
        which = _day_of_month(parts, voice) if interval == 1 else None
        return which and voice.say("years_which", which=which, month=voice.word("months", int(months[0]) - 1))
    return voice.often("years", interval, day=days[0], month=voice.word("months", int(months[0]) - 1))


def cron_words(line: str, voice: Voice) -> str | None:  # noqa: PLR0911  # one return for each usual shape
    """Words for the usual shapes of a cron line; none for the rest."""
    minute, hour, day, month, weekday = line.split()
    if (minute.startswith("*/") or minute == "*") and (hour, day, month, weekday) == ("*", "*", "*", "*"):
        step = 1 if minute == "*" else int(minute[2:]) if minute[2:].isdecimal() else 0
        return voice.often("minutes", step) if step and 60 % step == 0 else None
    if not minute.isdecimal() or month != "*":
        return None
    if (hour, day, weekday) == ("*", "*", "*"):
        words = voice.often("hours", 1)
        return words if minute == "0" else voice.say("hours_minute", words=words, minute=int(minute))
    if not hour.isdecimal():
        return None
    clock = f"{int(hour):02}:{int(minute):02}"
    if day == "*":
        often = _cron_days(weekday, voice)
        return voice.say("at", words=often, times=clock) if often else None
    if day.isdecimal() and 1 <= int(day) <= 31 and weekday == "*":  # days of a month
        which = voice.say("number_day", numbers=voice.word("numbers", int(day) - 1))
        return voice.say("at", words=voice.often("months", 1, which=which), times=clock)
    return None


def _cron_days(weekday: str, voice: Voice) -> str | None:
    if weekday == "*":
        return voice.often("days", 1)
    if weekday in {"1-5", "MON-FRI"}:
        return voice.say("working")
    codes = [_code(item) for item in weekday.split(",")]
    return voice.say("each", days=_named([c for c in codes if c], voice)) if all(codes) else None


def _code(word: str) -> str | None:
    if word.isdecimal():
        return _CODES[(int(word) - 1) % 7] if int(word) <= 7 else None  # 7 is Sunday, as 0
    return next((code for code in _CODES if word.startswith(code)), None)
