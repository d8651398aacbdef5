"""`flow.run_workflow`: starts another saved workflow and waits for its end."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, JsonValue

from core.errors import RejectedError
from tools.step import Effect, Pause, StepContext, StepParams, StepResult, StepType


class FlowRunWorkflow(StepParams):
    workflow: str = Field(min_length=1, max_length=200, description="Name or id of a saved workflow.")
    values: dict[str, JsonValue] = Field(default={}, description="Values of its parameters.")
    wait: bool = Field(default=True, description="Wait for its end.")
    on_failure: Literal["stop", "continue"] = Field(default="stop", description="What its failure means for this run.")


class ChildResult(StepResult):
    """`state` is its final state's word (`started` when not waited for), `text` its result or why it failed."""

    run_id: str
    state: str
    text: str


async def run_workflow(params: FlowRunWorkflow, context: StepContext) -> ChildResult | Pause:
    # Starting again with the same key gives the run that was started before, so each call may begin with it.
    run_id = await context.children.start(params.workflow, params.values, key=context.idempotency_key)
    if not params.wait:
        return ChildResult(run_id=run_id, state="started", text="")
    outcome = await context.children.outcome(run_id)
    if outcome is None:
        return Pause(waiting_for="run")
    if outcome.state != "succeeded" and params.on_failure == "stop":
        raise RejectedError(
            f"The workflow “{params.workflow}” {outcome.state}" + (f": {outcome.text}" if outcome.text else "."),
            advice="See what happened in that run, then retry.",
        )
    return ChildResult(run_id=run_id, state=outcome.state, text=outcome.text)


STEPS = (
    StepType(
        name="flow.run_workflow",
        title="Run another workflow",
        description="Starts another of your saved workflows and waits for its end.",
        params=FlowRunWorkflow,
        result=ChildResult,
        effect=Effect.IDEMPOTENT,
        run=run_workflow,
        summarize=lambda params: f"Run the workflow “{params.workflow}”",
    ),
)
