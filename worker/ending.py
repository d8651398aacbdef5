"""The states in which a worker lets go of a run: waiting, succeeded, failed, cancelled. Pure: records nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from catalog.flow import step_title
from catalog.workflow import Workflow
from core.errors import ErrandError, OutcomeUnknownError
from store.record import AttemptState, Failure, Run, RunState, StepAttempt, Waiting
from store.record.note import EFFECT, waits_for
from tools.registry import StepRegistry
from tools.step import Effect
from worker.attempt import failure_of
from worker.ledger import Ledger
from worker.plan import StepState
from worker.scope import Scope

LONGEST_RESULT = 4000
PLAIN_RESULT = "Done."

_MOST_URGENT_FIRST = (
    Waiting.CHECK,
    Waiting.APPROVAL,
    Waiting.CONNECTION,
    Waiting.SERVICE,
    Waiting.RUN,
    Waiting.EVENT,
    Waiting.TIMER,
)


def waiting(run: Run, open_attempts: Sequence[StepAttempt]) -> Run:
    """The run waits for the most urgent of what its steps wait for, and is due when the first of them is."""
    kinds = {waits_for(attempt) or Waiting.TIMER for attempt in open_attempts}
    due_at = min((attempt.due_at for attempt in open_attempts if attempt.due_at is not None), default=None)
    waiting_for = next(kind for kind in _MOST_URGENT_FIRST if kind in kinds)
    return replace(run, state=RunState.WAITING, waiting_for=waiting_for, due_at=due_at)


def succeeded(run: Run, result: str | None, now: datetime) -> Run:
    return _ended(run, RunState.SUCCEEDED, now, result=result)


def failed(run: Run, failure: Failure, now: datetime) -> Run:
    return _ended(run, RunState.FAILED, now, failure=failure)


def cancelled(run: Run, now: datetime, *, why: Failure | None = None) -> Run:
    """`why` is said of a run that nobody stopped."""
    return _ended(run, RunState.CANCELLED, now, failure=why)


def stuck(run: Run, now: datetime) -> Run:
    """No step can begin and none is waited for: the steps need each other in a circle."""
    return failed(run, Failure(cause="workflow", message="Its steps wait for each other."), now)


def cancelled_attempt(attempt: StepAttempt, now: datetime) -> StepAttempt:
    """An attempt that ends with its run. One that may have happened says so."""
    if attempt.state is AttemptState.FAILED:
        return replace(attempt, due_at=None)
    effect = attempt.output.get(EFFECT) if isinstance(attempt.output, dict) else None
    failure = attempt.failure
    if attempt.state is AttemptState.STARTED and effect == Effect.ONCE.value:
        failure = failure_of(
            OutcomeUnknownError("It was stopped in the middle of this step: it may have happened."), attempt.step_id
        )
    return replace(attempt, state=AttemptState.CANCELLED, ended_at=now, due_at=None, output=None, failure=failure)


def result_text(workflow: Workflow, scope: Scope, *, stood_in: str) -> str | None:
    """What chat says at the end. A text that cannot be made does not undo what was done: it is said plainly then.

    `stood_in` says what failed and what was done instead: it is the result when the workflow has no better one, e.g.
    because its own speaks of steps that were skipped.
    """
    if not workflow.result:
        return stood_in or None
    try:
        text = scope.render(workflow.result)
    except ErrandError:
        return stood_in or PLAIN_RESULT
    shown = text if isinstance(text, str) else str(text)
    return shown if len(shown) <= LONGEST_RESULT else f"{shown[:LONGEST_RESULT]}…"


def stood_in(workflow: Workflow, ledger: Ledger, registry: StepRegistry) -> str:
    """What failed and what was done instead, as chat says it; empty when nothing was."""
    told: list[str] = []
    for step in workflow.steps:
        if not step.go_to or ledger.state(step) is not StepState.HANDLED:
            continue
        handlers = [each for each in workflow.steps if each.id in step.go_to]
        done = [each for each in handlers if ledger.state(each) is StepState.SUCCEEDED]
        told.append(f"“{step_title(step, registry)}” failed: {ledger.failure(step).message}")
        if done:
            told[-1] += f" Done instead: {', '.join(f'“{step_title(each, registry)}”' for each in done)}."
    return "\n".join(told)


def _ended(
    run: Run, state: RunState, now: datetime, *, result: str | None = None, failure: Failure | None = None
) -> Run:
    return replace(run, state=state, ended_at=now, due_at=None, waiting_for=None, result=result, failure=failure)
