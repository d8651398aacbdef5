"""What the recorded attempts of a run say about its steps."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.workflow import ForEach, Workflow
from store.record import AttemptState, Failure, StepAttempt
from worker.ledger import Ledger
from worker.plan import StepState

NOON = datetime(2026, 12, 2, 12, tzinfo=UTC)


def workflow(**step: Any) -> Workflow:
    return Workflow.model_validate({"title": "A test", "steps": [{"id": "a", "uses": "x.y", **step}]})


def attempt(state: AttemptState, number: int = 1, item: int = -1, **fields: Any) -> StepAttempt:
    failure = Failure(cause="rejected", message="No.") if state is AttemptState.FAILED else None
    return StepAttempt(
        run_id="run_1",
        step_id="a",
        item=item,
        number=number,
        state=state,
        idempotency_key="k",
        started_at=NOON + timedelta(seconds=number),
        failure=failure,
        **fields,
    )


FAILED, SUCCEEDED, WAITING = AttemptState.FAILED, AttemptState.SUCCEEDED, AttemptState.WAITING


def test_a_failure_from_before_counts_as_not_begun_and_its_numbers_go_on() -> None:
    flow = workflow()
    ledger = Ledger(flow, [attempt(FAILED, 1, due_at=NOON), attempt(FAILED, 2)])
    assert ledger.state(flow.steps[0]) is StepState.PENDING
    assert (ledger.next_number(("a", -1)), ledger.tries(("a", -1))) == (3, 0)
    ledger.put(attempt(FAILED, 3))
    assert ledger.state(flow.steps[0]) is StepState.FAILED
    assert ledger.first_start(("a", -1)) == NOON + timedelta(seconds=3)


def test_a_tolerated_failure_from_before_stays() -> None:
    flow = workflow(on_error="continue")
    ledger = Ledger(flow, [attempt(FAILED)])
    assert ledger.state(flow.steps[0]) is StepState.PASSED_OVER
    assert ledger.output(flow.steps[0]) == {"failed": True, "error": "No."}


def test_a_failure_with_a_next_try_waits_for_it() -> None:
    flow = workflow()
    ledger = Ledger(flow, [attempt(FAILED, due_at=NOON)])
    assert ledger.state(flow.steps[0]) is StepState.WAITING
    assert ledger.tries(("a", -1)) == 1
    assert [each.number for each in ledger.open_attempts()] == [1]


def test_items_are_pending_until_their_list_is_known() -> None:
    flow = workflow(for_each={"items": [1, 2], "on_error": "continue"})
    step = flow.steps[0]
    ledger = Ledger(flow, [attempt(SUCCEEDED, item=0, output={"n": 1}), attempt(FAILED, item=1)])
    assert ledger.state(step) is StepState.PENDING
    ledger.begin_items(step, ["x", "y"])
    assert ledger.state(step) is StepState.SUCCEEDED
    assert ledger.output(step) == {"items": [{"n": 1}], "failed": [{"index": 1, "item": "y", "error": "No."}]}


def test_when_all_items_failed_they_are_all_wanted_again() -> None:
    flow = workflow(for_each={"items": [1, 2], "on_error": "continue"})
    ledger = Ledger(flow, [attempt(FAILED, item=0), attempt(FAILED, item=1)])
    ledger.begin_items(flow.steps[0], [1, 2])
    assert ledger.state(flow.steps[0]) is StepState.WAITING
    assert ledger.latest(("a", 0)) is None


@pytest.mark.parametrize(
    ("tolerate", "failed", "state"), [(1, 1, "succeeded"), (1, 2, "failed"), ("25%", 1, "succeeded")]
)
def test_so_many_items_may_fail_as_are_tolerated(tolerate: int | str, failed: int, state: str) -> None:
    flow = workflow(for_each={"items": "${{ params.x }}", "tolerate": tolerate})
    ledger = Ledger(flow, [])
    ledger.begin_items(flow.steps[0], [1, 2, 3, 4])
    for item in range(4):
        ledger.put(attempt(FAILED if item < failed else SUCCEEDED, item=item))
    assert ledger.state(flow.steps[0]).value == state


def test_after_a_crash_tolerated_failures_stay_and_too_many_are_wanted_again() -> None:
    """Whether they are too many is known with the list only."""
    flow = workflow(for_each={"items": "${{ params.x }}", "tolerate": 1})
    for failed, latest in ((1, FAILED), (2, None)):
        ledger = Ledger(flow, [attempt(FAILED, item=item) for item in range(failed)])
        ledger.begin_items(flow.steps[0], [1, 2, 3])
        found = ledger.latest(("a", 0))
        assert (found.state if found else None) is latest


def test_attempts_of_a_former_go_do_not_count_after_a_crash_of_this_one() -> None:
    flow = workflow()
    ledger = Ledger(flow, [attempt(FAILED, 1), attempt(AttemptState.STARTED, 2)])
    assert ledger.tries(("a", -1)) == 0
    assert ledger.first_start(("a", -1)) == NOON + timedelta(seconds=2)


@given(count=st.integers(0, 1000), share=st.integers(0, 100))
def test_a_share_of_the_items_is_rounded_down(count: int, share: int) -> None:
    tolerated = ForEach(items=[], tolerate=f"{share}%").tolerated(count)
    assert tolerated <= count * share / 100 < tolerated + 1


def test_attempts_of_steps_that_are_no_longer_part_of_it_are_passed_over() -> None:
    flow = workflow()
    assert Ledger(flow, [replace(attempt(SUCCEEDED), step_id="gone")]).state(flow.steps[0]) is StepState.PENDING


@given(st.lists(st.sampled_from([SUCCEEDED, FAILED, WAITING, AttemptState.CANCELLED]), max_size=6))
def test_what_could_not_be_saved_is_saved_next_time_unless_there_is_something_newer(states: list[AttemptState]) -> None:
    """However often writing fails in between, the newest state of each attempt is written in the end."""
    ledger = Ledger(workflow(), [])
    written: dict[int, AttemptState] = {}
    for number, state in enumerate(states, 1):
        ledger.put(attempt(AttemptState.STARTED, number))
        lost = ledger.take_unsaved()
        ledger.put(attempt(state, number))
        ledger.give_back(lost)
    for each in ledger.take_unsaved():
        written[each.number] = each.state
    assert written == dict(enumerate(states, 1))
    assert not ledger.has_unsaved
