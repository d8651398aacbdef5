"""What becomes of attempts that a former worker left without an end, and of those that a person has to check.

A step that reads or may be repeated is begun again, under the same idempotency key. A step that must happen once is
never repeated blindly, whatever its `on_error`: it waits until somebody says whether it happened. When the run ended
before anybody did (it was stopped, or another step failed) and is wanted again, it is asked again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from catalog.workflow import Step
from core.errors import OutcomeUnknownError
from store.record import AttemptState, Failure, JsonObject, Signal, StepAttempt, Waiting
from store.record.note import CHECKED, EFFECT, WAITING_FOR, waits_for
from tools.step import Effect
from worker.attempt import failure_of
from worker.ledger import Ledger

_WORDS = frozenset({"done", "retry", "stop"})
"""What can be answered: it has happened, do it again, end the run."""
INTERRUPTIONS = 5
"""A step during which a worker ended so often is not begun again: it may be what ends them."""


def recover(ledger: Ledger, steps: Mapping[str, Step], now: datetime) -> None:
    """Settle what a former worker left without an end."""
    for attempt in ledger.open_attempts():
        if attempt.state is AttemptState.STARTED:
            ledger.put(_interrupted(attempt, ledger, steps[attempt.step_id], now))
    for attempt in ledger.doubtful():
        ledger.put(
            replace(
                attempt,
                number=attempt.number + 1,
                state=AttemptState.WAITING,
                started_at=now,
                ended_at=None,
                output={WAITING_FOR: Waiting.CHECK.value},
            )
        )


def take_answers(ledger: Ledger, signals: Sequence[Signal], now: datetime) -> Failure | None:
    """Go by what people found when they checked. Returns why the run has to end, when somebody wants that."""
    stopped: Failure | None = None
    for attempt in ledger.open_attempts():
        if waits_for(attempt) is Waiting.CHECK and (signal := _answer(attempt, signals)):
            ledger.put(_answered(attempt, signal, now))
            if _word(signal) == "stop":
                stopped = attempt.failure
    return stopped


def is_check(signal: Signal) -> bool:
    """Whether it is an answer to some check, see `_answer`."""
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
    return replace(
        attempt, state=AttemptState.WAITING, due_at=None, output={WAITING_FOR: Waiting.CHECK.value}, failure=failure
    )


def _answer(attempt: StepAttempt, signals: Sequence[Signal]) -> Signal | None:
    """What was said of just this attempt. The signal is named `check:<item>:<number>` of the attempt: what somebody found
    out about one item or one try says nothing of the others.
    """
    name = f"{Waiting.CHECK.value}:{attempt.item}:{attempt.number}"
    about = (signal for signal in signals if (signal.step_id, signal.name) == (attempt.step_id, name))
    return next((signal for signal in about if _word(signal) in _WORDS), None)


def _word(signal: Signal) -> str:
    return str(signal.payload.get("answer") or "")


def _answered(attempt: StepAttempt, signal: Signal, now: datetime) -> StepAttempt:
    """The attempt with its outcome, and who said so and when under `checked`."""
    word = _word(signal)
    said: JsonObject = {"answer": word, "by": str(signal.payload.get("person") or ""), "at": signal.at.isoformat()}
    output: JsonObject = {CHECKED: said}
    if word == "done":
        return replace(attempt, state=AttemptState.SUCCEEDED, ended_at=now, output=output, failure=None)
    due_at = now if word == "retry" else None
    return replace(attempt, state=AttemptState.FAILED, ended_at=now, due_at=due_at, output=output)
