"""`uuid.new`: an identifier that is new for each run and the same in each attempt of it."""

from __future__ import annotations

import uuid

from tools.step import Effect, StepContext, StepParams, StepResult, StepType

_NAMESPACE = uuid.UUID("5f0c1a52-8f3e-4c0a-9b7e-0d6f6f1f4f3a")


class UuidNew(StepParams):
    """Takes nothing."""


class UuidResult(StepResult):
    """`short` are its first eight digits."""

    uuid: str
    short: str


async def make_uuid(_params: UuidNew, context: StepContext) -> UuidResult:
    made = str(uuid.uuid5(_NAMESPACE, context.idempotency_key))
    return UuidResult(uuid=made, short=made[:8])


STEPS = (
    StepType(
        name="uuid.new",
        title="Make an identifier",
        description="Makes a UUID; repeating the step in the same run gives the same one.",
        params=UuidNew,
        result=UuidResult,
        effect=Effect.READ,
        run=make_uuid,
        summarize=lambda _params: "Make an identifier",
    ),
)
