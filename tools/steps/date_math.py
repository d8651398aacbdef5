"""`date.now`, `date.add`, `date.format` and `date.difference`: the calendar, in a time zone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from pydantic import Field

from core.errors import RejectedError
from tools.moment import Moment, duration_text, parse_moment, zone_of
from tools.step import Effect, StepContext, StepParams, StepResult, StepType

_DIRECTIVES = frozenset("aAbBdHIjmMpSuUVwyYZzGefF%")
_SATURDAY = 5
_DAYS = {"days": 1, "weeks": 7}
_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600}
_ZONE = Field(default="", description="IANA name; empty: your own zone.")


class DateNow(StepParams):
    zone: str = _ZONE


class DateAdd(StepParams):
    """Years and months first, then days, then hours; the 31st of a short month is its last day."""

    moment: Moment = Field(description="ISO date or moment, a mail's date, or Unix seconds.")
    years: int = Field(default=0, ge=-1000, le=1000)
    months: int = Field(default=0, ge=-12_000, le=12_000)
    weeks: int = Field(default=0, ge=-50_000, le=50_000)
    days: int = Field(default=0, ge=-400_000, le=400_000)
    business_days: int = Field(default=0, ge=-5000, le=5000, description="Days from Monday to Friday.")
    hours: float = Field(default=0, ge=-10_000_000, le=10_000_000)
    minutes: float = Field(default=0, ge=-600_000_000, le=600_000_000)
    seconds: float = Field(default=0, ge=-1e10, le=1e10)
    zone: str = _ZONE


class DateFormat(StepParams):
    moment: Moment = Field(description="ISO date or moment, a mail's date, or Unix seconds.")
    format: str = Field(
        default="%A, %d %B %Y", max_length=100, description="As of strftime, e.g. %d.%m.%Y or %Y-%m-%d %H:%M."
    )
    zone: str = _ZONE


class DateDifference(StepParams):
    start: Moment = Field(description="ISO date or moment, a mail's date, or Unix seconds.")
    end: Moment = Field(description="ISO date or moment, a mail's date, or Unix seconds.")
    unit: Literal["seconds", "minutes", "hours", "days", "weeks"] = Field(
        default="days", description="In what the whole difference is told; days count midnights."
    )
    zone: str = _ZONE


class DateResult(StepResult):
    """One moment in many forms; `moment` is ISO 8601, `weekday` is a name, `week` the ISO week, `timestamp` Unix seconds."""

    moment: str
    zone: str
    date: str
    time: str
    year: int
    month: int
    day: int
    weekday: str
    week: int
    is_weekend: bool
    timestamp: int


class DateText(StepResult):
    text: str
    zone: str


class DateSpan(StepResult):
    """`whole` is the difference in whole units; it and `seconds` are negative when the end is before the start."""

    whole: int
    seconds: float
    text: str
    order: Literal["before", "same", "after"] = Field(description="Where the end is, seen from the start.")


async def tell_now(params: DateNow, context: StepContext) -> DateResult:
    return _described(context.clock.now().astimezone(zone_of(params.zone, context.zone)))


async def add_to_date(params: DateAdd, context: StepContext) -> DateResult:
    from dateutil.relativedelta import relativedelta  # loaded when it is first used

    zone = zone_of(params.zone, context.zone)
    try:
        moment = parse_moment(params.moment, zone) + relativedelta(
            years=params.years, months=params.months, weeks=params.weeks, days=params.days
        )
        moment = _plus_business_days(moment, params.business_days)
        exact = timedelta(hours=params.hours, minutes=params.minutes, seconds=params.seconds)
        # Hours are counted on the clock of the world, days on the wall's: only the latter ignore a change of offset.
        return _described(datetime.fromtimestamp(moment.timestamp(), zone) if not exact else _plus(moment, exact))
    except (OverflowError, ValueError, OSError) as error:
        raise RejectedError("The date would be outside the years 1 to 9999.") from error


def _plus(moment: datetime, span: timedelta) -> datetime:
    zone = moment.tzinfo
    return datetime.fromtimestamp(moment.timestamp() + span.total_seconds(), zone)


def _plus_business_days(moment: datetime, count: int) -> datetime:
    step = timedelta(days=1 if count > 0 else -1)
    while count:
        moment += step
        if moment.weekday() < _SATURDAY:
            count -= 1 if count > 0 else -1
    return moment


async def format_date(params: DateFormat, context: StepContext) -> DateText:
    moment = parse_moment(params.moment, zone_of(params.zone, context.zone))
    at = 0
    while (at := params.format.find("%", at)) >= 0:
        if params.format[at + 1 : at + 2] not in _DIRECTIVES or at + 1 == len(params.format):
            raise RejectedError(f"The format “{params.format}” is not understood at “{params.format[at:][:2]}”.")
        at += 2
    return DateText(text=moment.strftime(params.format), zone=str(moment.tzinfo))


async def measure_span(params: DateDifference, context: StepContext) -> DateSpan:
    zone = zone_of(params.zone, context.zone)
    start, end = parse_moment(params.start, zone), parse_moment(params.end, zone)
    seconds = end.timestamp() - start.timestamp()
    days = (end.date() - start.date()).days
    return DateSpan(
        whole=int(days / _DAYS[params.unit]) if params.unit in _DAYS else int(seconds / _SECONDS[params.unit]),
        seconds=seconds,
        text=duration_text(seconds),
        order="same" if seconds == 0 else "after" if seconds > 0 else "before",
    )


def _described(moment: datetime) -> DateResult:
    return DateResult(
        moment=moment.isoformat(timespec="seconds"),
        zone=str(moment.tzinfo),
        date=moment.date().isoformat(),
        time=moment.strftime("%H:%M"),
        year=moment.year,
        month=moment.month,
        day=moment.day,
        weekday=moment.strftime("%A"),
        week=moment.isocalendar().week,
        is_weekend=moment.weekday() >= _SATURDAY,
        timestamp=int(moment.timestamp()),
    )


STEPS = (
    StepType(
        name="date.now",
        title="Take the date and time",
        description="Tells the present date and time.",
        params=DateNow,
        result=DateResult,
        effect=Effect.READ,
        run=tell_now,
        summarize=lambda _params: "Take the date and time",
    ),
    StepType(
        name="date.add",
        title="Calculate a date",
        description="Adds years, months, days, business days or hours to a date.",
        params=DateAdd,
        result=DateResult,
        effect=Effect.READ,
        run=add_to_date,
        summarize=lambda params: f"Calculate a date from {params.moment}",
    ),
    StepType(
        name="date.format",
        title="Write a date",
        description="Writes a date by a pattern, with English names.",
        params=DateFormat,
        result=DateText,
        effect=Effect.READ,
        run=format_date,
        summarize=lambda params: f"Write the date {params.moment}",
    ),
    StepType(
        name="date.difference",
        title="Measure the time between two dates",
        description="Tells how long it is from one date to another.",
        params=DateDifference,
        result=DateSpan,
        effect=Effect.READ,
        run=measure_span,
        summarize=lambda params: f"Measure the time from {params.start} to {params.end}",
    ),
)
