"""Post a message as Errand: into the run's own conversation or to a named destination."""

from __future__ import annotations

from pydantic import Field

from tools.step import Effect, Risk, StepContext, StepParams, StepResult, StepType

_SHOWN = 80


class Params(StepParams):
    """`to`: nothing for this conversation, else `#channel`, `@person` or either on a surface, as in `slack:#ops`."""

    text: str = Field(min_length=1, max_length=20_000)
    to: str | None = Field(default=None, max_length=200)


class Result(StepResult):
    message_id: str


async def run(params: Params, context: StepContext) -> Result:
    destination = (params.to or "").strip() or None
    message_id = await context.chat.post(params.text, destination=destination, key=context.idempotency_key)
    return Result(message_id=message_id)


def _summarize(params: Params) -> str:
    text = " ".join(params.text.replace("**", "").replace("`", "").split())
    shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    return f"Post “{shown}” {f'to {params.to}' if params.to else 'here'}"


STEPS = (
    StepType(
        name="chat.post",
        title="Post in chat",
        description="Posts a message into this conversation or another one that Errand is in.",
        params=Params,
        result=Result,
        effect=Effect.IDEMPOTENT,
        run=run,
        summarize=_summarize,
        risk=lambda params: Risk.LOW if params.to else Risk.NONE,
    ),
)
