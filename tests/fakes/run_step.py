"""Runs one step by the name that templates write, with parameters as they stand there."""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic import BaseModel

from tools.registry import StepRegistry, load_steps
from tools.step import Pause, StepContext


@cache
def registry() -> StepRegistry:
    return load_steps()


async def run_step(name: str, context: StepContext, **params: Any) -> Any:
    """Return the step's result, whose JSON form is checked on the way, or its pause."""
    step_type = registry().find(name)
    assert step_type is not None, f"there is no step type {name}"
    given = step_type.params.model_validate(params)
    outcome = await step_type.run(given, context)
    if isinstance(outcome, Pause):
        return outcome
    assert isinstance(outcome, step_type.result)
    assert isinstance(outcome, BaseModel)
    step_type.result.model_validate_json(outcome.model_dump_json(by_alias=True))
    return outcome
