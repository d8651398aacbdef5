"""What is recorded of one held run, in memory: every attempt, those not yet durable among them. Decides and writes nothing.

A unit is one step, or one item of a `for_each` step: `(step id, item)`, the item being -1 for a plain step.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import JsonValue

from catalog.flow import Flow
from catalog.workflow import Step, Workflow
from core.errors import OutcomeUnknownError
from store.record import AttemptState, Failure, JsonObject, StepAttempt, Waiting
from store.record.note import waits_for
from worker.plan import StepState

Unit = tuple[str, int]

PLAIN = -1
"""The item of a step without `for_each`."""

_OPEN = frozenset({AttemptState.STARTED, AttemptState.WAITING})
_ENDED_WITHOUT_SUCCESS = frozenset({AttemptState.FAILED, AttemptState.CANCELLED})


@dataclass(slots=True)
class _History:
    """The attempts of one unit. Those up to `void` belong to an earlier go of the run and no longer count."""

    attempts: list[StepAttempt] = field(default_factory=list)
    void: int = 0

    @property
    def counting(self) -> list[StepAttempt]:
        return [attempt for attempt in self.attempts if attempt.number > self.void]


class Ledger:
    """The attempts of a run. What made it fail before this claim counts as not begun: somebody wants it again."""

    def __init__(self, workflow: Workflow, attempts: Iterable[StepAttempt]) -> None:
        self._steps = {step.id: step for step in workflow.steps}
        self._histories: dict[Unit, _History] = {}
        self._unsaved: dict[tuple[str, int, int], StepAttempt] = {}
        self.items: dict[str, list[JsonValue]] = {}
        """The lists of the `for_each` steps that have begun; see `begin_items`."""
        for attempt in attempts:
            if attempt.step_id in self._steps:
                self._histories.setdefault((attempt.step_id, attempt.item), _History()).attempts.append(attempt)
        for history in self._histories.values():
            history.attempts.sort(key=lambda attempt: attempt.number)
            history.void = _end_of_former_go(history.attempts)
        self._failed_before: dict[str, list[tuple[_History, int]]] = {}
        """The items that had failed for good before this claim, by step, each with the number of the attempt that did."""
        for (step_id, item), history in self._histories.items():
            self._forget_failure(self._steps[step_id], item, history)

    def begin_items(self, step: Step, items: list[JsonValue]) -> None:
        """Take a `for_each` step's list. Only now it is known whether more of its items had failed than may."""
        self.items[step.id] = items
        failed = self._failed_before.get(step.id, [])
        if step.on_error == "stop" and _are_too_many(step, len(failed), len(items)):
            for history, number in failed:  # what was added since, a check for one, counts
                history.void = number

    def latest(self, unit: Unit) -> StepAttempt | None:
        """The newest attempt that counts."""
        history = self._histories.get(unit)
        if history is None or not history.attempts or history.attempts[-1].number <= history.void:
            return None
        return history.attempts[-1]

    def next_number(self, unit: Unit) -> int:
        history = self._histories.get(unit)
        return history.attempts[-1].number + 1 if history and history.attempts else 1

    def tries(self, unit: Unit) -> int:
        """How many attempts of this go have ended in a failure that is tried again."""
        history = self._histories.get(unit)
        return sum(attempt.state is AttemptState.FAILED for attempt in history.counting) if history else 0

    def first_start(self, unit: Unit) -> datetime | None:
        history = self._histories.get(unit)
        return history.counting[0].started_at if history and history.counting else None

    def ended_at(self, step_id: str) -> datetime | None:
        """When the last attempt of a step has ended."""
        attempts = (one for unit, history in self._histories.items() if unit[0] == step_id for one in history.attempts)
        return max((one.ended_at for one in attempts if one.ended_at is not None), default=None)

    def first_number(self, unit: Unit) -> int | None:
        """The number of the first attempt of this go."""
        history = self._histories.get(unit)
        return history.counting[0].number if history and history.counting else None

    def put(self, attempt: StepAttempt) -> None:
        """Add an attempt, or replace the one of this number. It is unsaved until `take_unsaved`."""
        history = self._histories.setdefault((attempt.step_id, attempt.item), _History())
        if history.attempts and history.attempts[-1].number == attempt.number:
            history.attempts[-1] = attempt
        else:
            history.attempts.append(attempt)
        self._unsaved[attempt.step_id, attempt.item, attempt.number] = attempt

    @property
    def has_unsaved(self) -> bool:
        return bool(self._unsaved)

    def take_unsaved(self) -> list[StepAttempt]:
        """Return what is to be written now."""
        unsaved = list(self._unsaved.values())
        self._unsaved.clear()
        return unsaved

    def give_back(self, attempts: Iterable[StepAttempt]) -> None:
        """What could not be written is unsaved again, unless there is something newer."""
        self._unsaved = {(each.step_id, each.item, each.number): each for each in attempts} | self._unsaved

    @property
    def has_begun(self) -> bool:
        """Whether anything was ever recorded of the run."""
        return bool(self._histories)

    def open_attempts(self) -> list[StepAttempt]:
        """The newest attempts that have begun and not ended, or are to be tried again at a later time."""
        newest = [self.latest(unit) for unit in self._histories]
        return [each for each in newest if each and (each.state in _OPEN or is_again(each))]

    def doubtful(self) -> list[StepAttempt]:
        """The newest attempts that ended with an earlier go of the run, and of which nobody said whether they happened."""
        newest = [history.attempts[-1] for history in self._histories.values()]
        return [
            each
            for each in newest
            if each.state in _ENDED_WITHOUT_SUCCESS
            and not is_again(each)
            and each.failure is not None
            and each.failure.cause == OutcomeUnknownError.cause
        ]

    def state(self, step: Step, running: Iterable[Unit] = ()) -> StepState:
        """Where a step stands, given the units that run at this moment."""
        if any(step_id == step.id for step_id, _ in running):
            return StepState.RUNNING
        plain = self.latest((step.id, PLAIN))
        if plain is not None or step.for_each is None:
            return _state_of(plain, on_failure=_on_failure(step))
        if step.id not in self.items:
            return StepState.PENDING
        return self._state_of_items(step)

    def output(self, step: Step) -> JsonObject | None:
        """What later steps see of a step that has ended: its result, or what became of it; none while it has not."""
        state = self.state(step)
        plain = self.latest((step.id, PLAIN))
        if state is StepState.SKIPPED:
            return {"skipped": True}
        if state in (StepState.PASSED_OVER, StepState.HANDLED):
            return {"failed": True, "error": self.failure(step).message}
        if state is not StepState.SUCCEEDED:
            return None
        if plain is None:
            return self._output_of_items(step)
        return plain.output if isinstance(plain.output, dict) else {}

    def failure(self, step: Step) -> Failure:
        """Why a failed step failed; of several items, the first failure."""
        for unit in sorted(self._histories):
            latest = self.latest(unit) if unit[0] == step.id else None
            if latest is not None and latest.state is AttemptState.FAILED and latest.failure is not None:
                return latest.failure
        return Failure(cause="step", message="The step failed.", step_id=step.id)

    def is_lost(self, step: Step) -> bool:
        """Whether more items of a step have failed than may, so that no further ones begin. It ends when none is in doubt."""
        states = self._states_of_items(step)
        return _are_too_many(step, states.count(StepState.FAILED), len(states))

    def _latest_of_items(self, step: Step) -> list[StepAttempt | None]:
        return [self.latest((step.id, item)) for item in self._indices(step)]

    def _states_of_items(self, step: Step) -> list[StepState]:
        return [_state_of(latest, on_failure=StepState.FAILED) for latest in self._latest_of_items(step)]

    def _state_of_items(self, step: Step) -> StepState:
        states = self._states_of_items(step)
        are_lost = _are_too_many(step, states.count(StepState.FAILED), len(states))
        if are_lost and not any(map(_is_in_doubt, self._latest_of_items(step))):
            return _on_failure(step)
        is_over = not {StepState.WAITING, StepState.PENDING} & set(states)
        return StepState.SUCCEEDED if is_over else StepState.WAITING

    def _output_of_items(self, step: Step) -> JsonObject:
        """`items`: the results, in order; `failed`: the items that are missing there and why."""
        results: list[JsonValue] = []
        failed: list[JsonValue] = []
        for item in self._indices(step):
            latest = self.latest((step.id, item))
            if latest is not None and latest.state is AttemptState.SUCCEEDED:
                results.append(latest.output)
            elif latest is not None and latest.failure is not None:
                failed.append({"index": item, "item": self.items[step.id][item], "error": latest.failure.message})
        return {"items": results, "failed": failed}

    def _indices(self, step: Step) -> range:
        return range(len(self.items[step.id]))

    def _forget_failure(self, step: Step, item: int, history: _History) -> None:
        """Void the last attempt of a step if it made the run fail, or was cancelled with it."""
        last = history.attempts[-1]
        has_failed = last.state is AttemptState.FAILED and not is_again(last)
        if has_failed and item != PLAIN and step.for_each is not None:
            self._failed_before.setdefault(step.id, []).append((history, last.number))
        elif (has_failed and step.on_error == "stop") or last.state is AttemptState.CANCELLED:
            history.void = last.number


def _end_of_former_go(attempts: list[StepAttempt]) -> int:
    """The number of the last attempt that ended for good and was followed by another all the same: in a later go."""
    ended = [
        each.number
        for each in attempts[:-1]
        if each.state is AttemptState.CANCELLED or (each.state is AttemptState.FAILED and each.due_at is None)
    ]
    return ended[-1] if ended else 0


def _are_too_many(step: Step, failed: int, items: int) -> bool:
    assert step.for_each is not None
    return failed > step.for_each.tolerated(items) or 0 < failed == items


def _is_in_doubt(latest: StepAttempt | None) -> bool:
    """Whether a person has to check first whether it happened."""
    return latest is not None and waits_for(latest) is Waiting.CHECK


def _on_failure(step: Step) -> StepState:
    """What a failure of this step means for the run."""
    if step.on_error == "stop":
        return StepState.FAILED
    return StepState.PASSED_OVER if step.on_error == "continue" else StepState.HANDLED


def is_again(attempt: StepAttempt) -> bool:
    """Whether a failed attempt is followed by another one, which is due at `due_at`."""
    return attempt.state is AttemptState.FAILED and attempt.due_at is not None


def _state_of(latest: StepAttempt | None, *, on_failure: StepState) -> StepState:
    if latest is None:
        return StepState.PENDING
    match latest.state:
        case AttemptState.SUCCEEDED:
            return StepState.SUCCEEDED
        case AttemptState.SKIPPED:
            return StepState.SKIPPED
        case AttemptState.FAILED if not is_again(latest):
            return on_failure
        case AttemptState.CANCELLED:
            return StepState.PENDING
    return StepState.WAITING


def states(ledger: Ledger, flow: Flow, running: Iterable[Unit]) -> Mapping[str, StepState]:
    """Where every step stands."""
    units = list(running)
    return {step.id: ledger.state(step, units) for step in flow.steps}
