"""What becomes of attempts that a former worker left without an end, and of those that a person has to check.

A step that reads or may be repeated is begun again, under the same idempotency key. A step that must happen once is
never repeated blindly: it waits until somebody says whether it happened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from pydantic import JsonValue

from catalog.workflow import Step
from core.errors import OutcomeUnknownError
from store.record import AttemptState, Failure, Signal, StepAttempt, Waiting
from tools.step import Effect
from worker.attempt import failure_of
from worker.ledger import EFFECT, WAITING_FOR, Ledger

INTERRUPTIONS = 5
"""A step during which a worker ended so often is not begun again: it may be what ends them."""


def recover(ledger: Ledger, steps: Mapping[str, Step], now: datetime) -> None:
    """Settle what a former worker left without an end."""
    for attempt in ledger.open_attempts():
        if attempt.state is AttemptState.STARTED:
            ledger.put(_interrupted(attempt, ledger, steps[attempt.step_id], now))


def take_answers(ledger: Ledger, signals: Sequence[Signal], now: datetime) -> None:
    """Go by what people found when they checked."""
    for attempt in ledger.open_attempts():
        if waits_for(attempt) is Waiting.CHECK and (answer := _answer(attempt, signals)):
            ledger.put(_answered(attempt, answer, now))


def waits_for(attempt: StepAttempt) -> Waiting | None:
    """What a waiting attempt waits for; none for one that does not wait."""
    if attempt.state is not AttemptState.WAITING or not isinstance(attempt.output, dict):
        return None
    return Waiting(str(attempt.output[WAITING_FOR]))


def is_check(signal: Signal) -> bool:
    """The answer to a check is named `check`; a second one of the same step needs another name: `check:2`."""
    return signal.name.partition(":")[0] == Waiting.CHECK.value


def _interrupted(attempt: StepAttempt, ledger: Ledger, step: Step, now: datetime) -> StepAttempt:
    effect = attempt.output.get(EFFECT) if isinstance(attempt.output, dict) else None
    if effect in (Effect.READ.value, Effect.IDEMPOTENT.value):
        is_poison = ledger.tries((attempt.step_id, attempt.item)) + 1 >= max(INTERRUPTIONS, step.retry.attempts)
        failure = Failure(
            cause="interrupted",
            message="The worker ended in the middle of this step.",
            advice="Retry it; if it happens again, ask the operator to look at the log." if is_poison else "",
            step_id=step.id,
        )
        return replace(
            attempt,
            state=AttemptState.FAILED,
            ended_at=now,
            due_at=None if is_poison else now,
            output=None,
            failure=failure,
        )
    failure = failure_of(
        OutcomeUnknownError("The worker ended in the middle of this step: it may have happened."), step.id
    )
    if step.on_error == "continue":
        return replace(attempt, state=AttemptState.FAILED, ended_at=now, due_at=None, output=None, failure=failure)
    return replace(
        attempt, state=AttemptState.WAITING, due_at=None, output={WAITING_FOR: Waiting.CHECK.value}, failure=failure
    )


def _answer(attempt: StepAttempt, signals: Sequence[Signal]) -> str:
    """The newest answer since the attempt began: `answer` is done, retry or stop; `verdict` yes means it has happened."""
    given: list[JsonValue] = [
        signal.payload.get("answer") or {"yes": "done", "no": "retry"}.get(str(signal.payload.get("verdict")))
        for signal in signals
        if signal.step_id == attempt.step_id and is_check(signal) and signal.at >= attempt.started_at
    ]
    return str(given[-1] or "") if given else ""


def _answered(attempt: StepAttempt, answer: str, now: datetime) -> StepAttempt:
    match answer:
        case "done":
            return replace(attempt, state=AttemptState.SUCCEEDED, ended_at=now, output={}, failure=None)
        case "retry":
            return replace(attempt, state=AttemptState.FAILED, ended_at=now, due_at=now, output=None)
        case "stop":
            return replace(attempt, state=AttemptState.FAILED, ended_at=now, due_at=None, output=None)
    return attempt
