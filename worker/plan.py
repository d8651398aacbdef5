"""Decides what comes next in a run, from the definition and what was recorded. Pure: starts nothing, knows no clock.

`needs`: none follows the step above; `[]` starts at once; several wait for all of them. A step is passed when it
succeeded, or failed with `on_error: continue`. A step that needs a skipped one is skipped too, unless it has an `if` of
its own, which then decides alone (so that "if … / if not …" pairs work without further words).

A handler (named by a `go_to`) begins when all steps that name it have ended and one of them failed; else it is skipped.
What needs the failed step is skipped then, and what needs a handler that was not wanted likewise, whatever their `if`. A
step with an `if` that needs both lines joins them: it goes on with the one that was taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from catalog.flow import Flow
from catalog.workflow import Step


class StepState(StrEnum):
    """Where one step stands. `passed_over` is a failure that the workflow tolerates (`on_error: continue`), `handled` one
    for which other steps stand in (`go_to`).
    """

    PENDING = "pending"
    RUNNING = "running"
    WAITING = "waiting"
    SUCCEEDED = "succeeded"
    PASSED_OVER = "passed_over"
    HANDLED = "handled"
    FAILED = "failed"
    SKIPPED = "skipped"


_PASSED = frozenset({StepState.SUCCEEDED, StepState.PASSED_OVER})
_MISSING = frozenset({StepState.SKIPPED, StepState.HANDLED})
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


def plan(flow: Flow, states: Mapping[str, StepState]) -> Plan:
    """Return what is next. Steps that `states` does not name are pending.

    Once a step failed, nothing new begins; what runs is left to finish, what waits is given up.
    """
    now = {step.id: states.get(step.id, StepState.PENDING) for step in flow.steps}
    failed = next((step_id for step_id, state in now.items() if state is StepState.FAILED), None)
    if failed is not None:
        return Plan(failed=failed, is_over=StepState.RUNNING not in now.values())
    ready: list[str] = []
    skipped: list[str] = []
    lost: set[str] = set()
    for step in flow.steps:
        if flow.handles and _is_lost(step, flow, now, lost):
            lost.add(step.id)
        if now[step.id] is not StepState.PENDING:
            continue
        is_wanted = _wanted(step, flow, now, is_lost=step.id in lost)
        if is_wanted:
            ready.append(step.id)
        elif is_wanted is False:
            now[step.id] = StepState.SKIPPED
            skipped.append(step.id)
    is_over = not ready and not _BUSY & set(now.values())
    return Plan(ready=ready, skipped=skipped, is_over=is_over)


def _wanted(step: Step, flow: Flow, now: Mapping[str, StepState], *, is_lost: bool) -> bool | None:
    """Whether a pending step begins (true) or is skipped (false); none: it is too early to say."""
    handled = flow.handles.get(step.id)
    awaited = [now[need] for need in handled or flow.needs[step.id]]
    if any(state not in _PASSED | _MISSING for state in awaited):
        return None
    if handled:
        return StepState.HANDLED in awaited
    return not is_lost and (step.if_ is not None or not _MISSING.intersection(awaited))


def _is_lost(step: Step, flow: Flow, now: Mapping[str, StepState], lost: set[str]) -> bool:
    """Whether a step hangs on what failed, or on a handler that was not wanted, and nothing of the other line was done."""
    needs = flow.needs[step.id]
    broken = any(now[need] is StepState.HANDLED or (need in lost and need not in flow.handler_lines) for need in needs)
    unused = any(need in flow.handler_lines and (need in lost or _is_unused(need, flow, now)) for need in needs)
    passed = [need for need in needs if now[need] in _PASSED]
    if broken:
        return not any(need in flow.handler_lines for need in passed)
    return unused and not passed


def _is_unused(step_id: str, flow: Flow, now: Mapping[str, StepState]) -> bool:
    return step_id in flow.handles and now[step_id] is StepState.SKIPPED
