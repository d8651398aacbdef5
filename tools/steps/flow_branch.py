"""`flow.branch`: names the first case that is true; later steps look at it in their `if`."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from tools.step import Effect, StepContext, StepParams, StepResult, StepType

_FALSE_WORDS = frozenset({"", "false", "no", "off", "0", "none", "null"})


def is_true(value: object) -> object:
    """Return whether a value counts as true: empty lists, zero and the words for no do not."""
    return value.strip().lower() not in _FALSE_WORDS if isinstance(value, str) else bool(value)


class BranchCase(StepParams):
    name: str = Field(min_length=1, max_length=60, description="The branch.")
    when: Annotated[bool, BeforeValidator(is_true)] = Field(description="An expression.")


class FlowBranch(StepParams):
    cases: list[BranchCase] = Field(min_length=1, max_length=50, description="The first that is true is taken.")
    otherwise: str = Field(default="otherwise", max_length=60, description="The branch when none is true.")


class BranchResult(StepResult):
    branch: str


async def choose_branch(params: FlowBranch, _context: StepContext) -> BranchResult:
    return BranchResult(branch=next((case.name for case in params.cases if case.when), params.otherwise))


def _summary(params: FlowBranch) -> str:
    cases: object = params.cases
    names = [case.name for case in cases if isinstance(case, BranchCase)] if isinstance(cases, list) else []
    return f"Choose between {', '.join([*names, params.otherwise])}" if names else "Choose what comes next"


STEPS = (
    StepType(
        name="flow.branch",
        title="Choose what comes next",
        description="Picks the first case whose condition is true.",
        params=FlowBranch,
        result=BranchResult,
        effect=Effect.READ,
        run=choose_branch,
        summarize=_summary,
    ),
)
