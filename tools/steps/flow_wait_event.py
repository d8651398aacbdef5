"""`flow.wait_event`: waits until something outside calls the run's own address, holding no worker."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, JsonValue

from core.errors import RejectedError
from tools.moment import duration_text
from tools.step import Effect, Pause, StepContext, StepParams, StepResult, StepType
from tools.steps.flow_wait import seconds_of

_LONGEST_S = 366 * 86_400


class FlowWaitEvent(StepParams):
    event: str = Field(default="resume", pattern=r"^[a-z][a-z0-9_.-]{0,39}$", description="The event's name.")
    timeout: Annotated[float, BeforeValidator(seconds_of)] | None = Field(
        default=None, gt=0, le=_LONGEST_S, description="Seconds, or e.g. 2 days; empty: as long as it takes."
    )
    on_timeout: Literal["stop", "continue"] = Field(default="stop", description="What it means when none came.")
    sample: JsonValue = Field(default=None, description="What a rehearsal pretends to have received.")


class EventResult(StepResult):
    """`body` is what was sent with the event; nothing when none came in time."""

    received: bool
    event: str
    body: JsonValue = None


async def wait_event(params: FlowWaitEvent, context: StepContext) -> EventResult | Pause:
    signal = context.resumption.signal if context.resumption else None
    if signal is not None and signal.get("rehearsed"):
        return EventResult(received=True, event=params.event, body=params.sample)
    if signal is not None and signal.get("event") == params.event:
        return EventResult(received=True, event=params.event, body=signal.get("body"))
    until = context.started_at + timedelta(seconds=params.timeout) if params.timeout is not None else None
    if until is None or context.clock.now() < until:
        return Pause(waiting_for="event", until=until, prompt=params.event)
    if params.on_timeout == "stop":
        raise RejectedError(
            f"The event “{params.event}” did not come in time.", advice="See why it was not sent, then retry."
        )
    return EventResult(received=False, event=params.event)


def _summary(params: FlowWaitEvent) -> str:
    is_known = isinstance(params.timeout, (int, float))
    most = f", at most {duration_text(params.timeout) if is_known else params.timeout}" if params.timeout else ""
    return f"Wait for the event “{params.event}”{most}"


STEPS = (
    StepType(
        name="flow.wait_event",
        title="Wait for an event",
        description="Waits until another service calls the run's own address, ${{ run.resume_url }}.",
        params=FlowWaitEvent,
        result=EventResult,
        effect=Effect.READ,
        run=wait_event,
        summarize=_summary,
    ),
)
