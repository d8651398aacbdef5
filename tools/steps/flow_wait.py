"""`flow.delay` and `flow.wait_until`: wait without holding a worker. Due times count from the step's first start."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field

from tools.moment import Moment, at_local, duration_text, parse_moment, time_of_day, zone_of
from tools.step import Effect, Pause, StepContext, StepParams, StepResult, StepType

_LONGEST_S = 366 * 86_400
_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h|d|w)(?:ec(?:ond)?s?|in(?:ute)?s?|(?:ou)?rs?|ays?|eeks?)?", re.IGNORECASE)


def seconds_of(value: object) -> object:
    """Return the seconds of `90`, `10m`, `1h 30m` or `2 days`; anything else is left for the type to refuse."""
    if not isinstance(value, str) or not (text := value.strip()):
        return value
    rest = _PART.sub("", text).replace(" ", "").replace("and", "").replace(",", "")
    parts = _PART.findall(text)
    return sum(float(count) * _UNITS_S[unit.lower()] for count, unit in parts) if parts and not rest else value


class FlowDelay(StepParams):
    seconds: Annotated[float, BeforeValidator(seconds_of)] = Field(
        ge=0, le=_LONGEST_S, description="Seconds, or e.g. 10m, 1h 30m, 2 days."
    )


class FlowWaitUntil(StepParams):
    at: Moment = Field(description="A moment (ISO 8601) or the next 09:30.")
    zone: str = Field(default="", description="IANA name; empty: your own zone.")


class Waited(StepResult):
    """`until` is the moment that was waited for (ISO 8601)."""

    until: str
    waited_s: float


async def delay(params: FlowDelay, context: StepContext) -> Waited | Pause:
    return _wait(context.started_at + timedelta(seconds=params.seconds), context)


async def wait_until(params: FlowWaitUntil, context: StepContext) -> Waited | Pause:
    zone = zone_of(params.zone, context.zone)
    at = time_of_day(params.at) if isinstance(params.at, str) else None
    if at is None:
        return _wait(parse_moment(params.at, zone), context)
    today = context.started_at.astimezone(zone).date()
    until = at_local(today, at, zone)
    return _wait(until if until > context.started_at else at_local(today + timedelta(days=1), at, zone), context)


def _wait(until: datetime, context: StepContext) -> Waited | Pause:
    if context.resumption is None and until > context.clock.now():
        return Pause(waiting_for="timer", until=until)
    waited = max(0.0, (until - context.started_at).total_seconds())
    return Waited(until=until.astimezone(context.zone).isoformat(timespec="seconds"), waited_s=waited)


def _delay_summary(params: FlowDelay) -> str:
    is_known = isinstance(params.seconds, (int, float))
    return f"Wait {duration_text(params.seconds) if is_known else params.seconds}"


STEPS = (
    StepType(
        name="flow.delay",
        title="Wait a while",
        description="Waits for a duration before the next step.",
        params=FlowDelay,
        result=Waited,
        effect=Effect.READ,
        run=delay,
        summarize=_delay_summary,
    ),
    StepType(
        name="flow.wait_until",
        title="Wait until a time",
        description="Waits until a moment, or the next time of day.",
        params=FlowWaitUntil,
        result=Waited,
        effect=Effect.READ,
        run=wait_until,
        summarize=lambda params: f"Wait until {params.at}" + (f" ({params.zone})" if params.zone else ""),
    ),
)
