"""`flow.approval`: the run stops and asks a person; it goes on, or ends, with their answer."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from core.errors import RejectedError
from tools.step import Effect, Pause, StepContext, StepParams, StepResult, StepType


class FlowApproval(StepParams):
    prompt: str = Field(min_length=1, max_length=1000, description="What is asked.")
    on_no: Literal["stop", "continue"] = Field(default="stop", description="What a no means for the run.")


class ApprovalResult(StepResult):
    """`by` is who answered, `comment` what they added."""

    approved: bool
    by: str
    comment: str = ""


async def ask_approval(params: FlowApproval, context: StepContext) -> ApprovalResult | Pause:
    signal = context.resumption.signal if context.resumption else None
    verdict = (signal or {}).get("verdict")
    if signal is None or verdict not in ("yes", "no"):
        return Pause(waiting_for="approval", prompt=params.prompt)
    by, comment = str(signal.get("person") or "somebody"), str(signal.get("comment") or "")
    if verdict == "no" and params.on_no == "stop":
        raise RejectedError(
            f"{by} said no" + (f": {comment}" if comment else "."),
            advice="Change what was asked about and run it again.",
        )
    return ApprovalResult(approved=verdict == "yes", by=by, comment=comment)


STEPS = (
    StepType(
        name="flow.approval",
        title="Ask for a yes",
        description="Asks a person in chat and waits for their yes or no.",
        params=FlowApproval,
        result=ApprovalResult,
        effect=Effect.IDEMPOTENT,
        run=ask_approval,
        summarize=lambda params: f"Ask “{params.prompt}” and wait for a yes",
    ),
)
