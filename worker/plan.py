"""Decides what comes next in a run, from the definition and what was recorded. Pure: starts nothing, knows no clock.

`needs`: none follows the step above; `[]` starts at once; several wait for all of them. A step is passed when it
succeeded, or failed with `on_error: continue`. A step that needs a skipped one is skipped too, unless it has an `if` of
its own, which then decides alone (so that "if … / if not …" pairs work without further words).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from catalog.workflow import Step, Workflow


class StepState(StrEnum):
    """Where one step stands. `passed_over` is a failure that the workflow tolerates (`on_error: continue`)."""

    PENDING = "pending"
    RUNNING = "running"
    WAITING = "waiting"
    SUCCEEDED = "succeeded"
    PASSED_OVER = "passed_over"
    FAILED = "failed"
    SKIPPED = "skipped"


_PASSED = frozenset({StepState.SUCCEEDED, StepState.PASSED_OVER})
_BUSY = frozenset({StepState.RUNNING, StepState.WAITING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to do now: steps to begin (their `if` is still to be asked) and steps to skip, both in order.

    `is_over` when nothing runs, waits or can begin any more; `failed` is the step that makes the run fail.
    """

    ready: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    failed: str | None = None
    is_over: bool = False


def needs_of(workflow: Workflow) -> dict[str, list[str]]:
    """Return which steps each step waits for, the unwritten "follows the step above" included."""
    needs: dict[str, list[str]] = {}
    above: str | None = None
    for step in workflow.steps:
        needs[step.id] = list(step.needs) if step.needs is not None else [above] if above else []
        above = step.id
    return needs


def plan(workflow: Workflow, states: Mapping[str, StepState]) -> Plan:
    """Return what is next. Steps that `states` does not name are pending.

    Once a step failed, nothing new begins; what runs is left to finish, what waits is given up.
    """
    now = {step.id: states.get(step.id, StepState.PENDING) for step in workflow.steps}
    failed = next((step_id for step_id, state in now.items() if state is StepState.FAILED), None)
    if failed is not None:
        return Plan(failed=failed, is_over=StepState.RUNNING not in now.values())
    ready: list[str] = []
    skipped: list[str] = []
    needs = needs_of(workflow)
    for step in workflow.steps:
        if now[step.id] is StepState.PENDING:
            _decide(step, [now[need] for need in needs[step.id]], now, ready, skipped)
    is_over = not ready and not _BUSY & set(now.values())
    return Plan(ready=ready, skipped=skipped, is_over=is_over)


def _decide(
    step: Step, needed: list[StepState], now: dict[str, StepState], ready: list[str], skipped: list[str]
) -> None:
    """Put a pending step into `ready` or `skipped`, or leave it pending."""
    if any(state is not StepState.SKIPPED and state not in _PASSED for state in needed):
        return
    if StepState.SKIPPED in needed and step.if_ is None:
        now[step.id] = StepState.SKIPPED
        skipped.append(step.id)
    else:
        ready.append(step.id)
