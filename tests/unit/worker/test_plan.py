"""What comes next in a run."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from catalog.flow import Flow
from catalog.workflow import Workflow
from worker.plan import StepState, plan


def workflow(*steps: dict[str, Any]) -> Workflow:
    return Workflow.model_validate({"title": "A test", "steps": [{"uses": "x.y", **step} for step in steps]})


SUCCEEDED, SKIPPED, FAILED = StepState.SUCCEEDED, StepState.SKIPPED, StepState.FAILED


def test_steps_run_in_order() -> None:
    flow = workflow({"id": "a"}, {"id": "b"})
    assert plan(Flow(flow), {}).ready == ["a"]
    assert plan(Flow(flow), {"a": StepState.RUNNING}).ready == []
    assert plan(Flow(flow), {"a": SUCCEEDED}).ready == ["b"]
    assert plan(Flow(flow), {"a": SUCCEEDED, "b": SUCCEEDED}).is_over


def test_steps_without_needs_start_at_once_and_a_join_waits_for_all() -> None:
    flow = workflow({"id": "a"}, {"id": "b", "needs": []}, {"id": "c", "needs": ["a", "b"]})
    assert plan(Flow(flow), {}).ready == ["a", "b"]
    assert plan(Flow(flow), {"a": SUCCEEDED}).ready == ["b"]
    assert plan(Flow(flow), {"a": SUCCEEDED, "b": StepState.RUNNING}).ready == []
    assert plan(Flow(flow), {"a": SUCCEEDED, "b": SUCCEEDED}).ready == ["c"]


def test_a_skipped_step_takes_along_what_follows_it() -> None:
    flow = workflow({"id": "a", "if": "false"}, {"id": "b"}, {"id": "c"})
    decided = plan(Flow(flow), {"a": SKIPPED})
    assert decided.skipped == ["b", "c"]
    assert decided.is_over


def test_a_step_with_an_if_of_its_own_decides_alone() -> None:
    """An if/else pair in a plain sequence works without `needs`."""
    flow = workflow({"id": "a"}, {"id": "b", "if": "x"}, {"id": "c", "if": "not x"})
    assert plan(Flow(flow), {"a": SUCCEEDED, "b": SKIPPED}).ready == ["c"]


def test_a_tolerated_failure_counts_as_passed() -> None:
    flow = workflow({"id": "a", "on_error": "continue"}, {"id": "b"})
    assert plan(Flow(flow), {"a": StepState.PASSED_OVER}).ready == ["b"]


def test_after_a_failure_nothing_begins_and_what_runs_may_finish() -> None:
    flow = workflow({"id": "a"}, {"id": "b", "needs": []}, {"id": "c", "needs": []})
    decided = plan(Flow(flow), {"a": FAILED, "b": StepState.RUNNING})
    assert (decided.ready, decided.failed, decided.is_over) == ([], "a", False)
    assert plan(Flow(flow), {"a": FAILED, "b": SUCCEEDED}).is_over


def test_a_waiting_step_keeps_the_run_open() -> None:
    flow = workflow({"id": "a"}, {"id": "b"})
    assert not plan(Flow(flow), {"a": StepState.WAITING}).is_over


HANDLED = StepState.HANDLED
CHARGE = workflow(
    {"id": "charge", "on_error": {"go_to": ["refund", "tell"]}},
    {"id": "ship"},
    {"id": "express", "if": "x"},
    {"id": "refund"},
    {"id": "note", "if": "x"},
    {"id": "tell"},
    {"id": "end", "needs": ["ship", "note"], "if": "true"},
)


def test_a_handler_waits_for_the_failure_and_is_skipped_without_one() -> None:
    """With its whole line, whatever their `if`: nothing that belongs to the failure is done when there was none."""
    assert plan(Flow(CHARGE), {}).ready == ["charge"]
    decided = plan(Flow(CHARGE), {"charge": SUCCEEDED})
    assert (decided.ready, decided.skipped) == (["ship"], ["refund", "note", "tell"])
    done = dict.fromkeys(("charge", "ship", "express"), SUCCEEDED) | dict.fromkeys(("refund", "note", "tell"), SKIPPED)
    assert plan(Flow(CHARGE), done).ready == ["end"]


def test_when_a_step_fails_its_handlers_begin_and_what_needs_it_is_skipped() -> None:
    """Whatever their `if`: a step that hangs on what failed is not done."""
    decided = plan(Flow(CHARGE), {"charge": HANDLED})
    assert (decided.ready, decided.skipped) == (["refund", "tell"], ["ship", "express"])
    states = {"charge": HANDLED, "ship": SKIPPED, "express": SKIPPED, "refund": SUCCEEDED, "tell": SUCCEEDED}
    assert plan(Flow(CHARGE), states).ready == ["note"]
    assert plan(Flow(CHARGE), states | {"note": SUCCEEDED}).ready == ["end"]


def test_a_handler_of_several_steps_begins_once_when_all_of_them_have_ended() -> None:
    flow = Flow(
        workflow(
            {"id": "a", "on_error": {"go_to": ["h"]}},
            {"id": "b", "needs": [], "on_error": {"go_to": ["h"]}},
            {"id": "h"},
        )
    )
    assert plan(flow, {"a": HANDLED, "b": StepState.RUNNING}).ready == []
    assert plan(flow, {"a": HANDLED, "b": SUCCEEDED}).ready == ["h"]
    assert plan(flow, {"a": SUCCEEDED, "b": SUCCEEDED}).skipped == ["h"]


def test_when_a_handler_fails_the_run_fails() -> None:
    assert plan(Flow(CHARGE), {"charge": HANDLED, "refund": FAILED, "tell": SUCCEEDED}).failed == "refund"


@st.composite
def flows(draw: st.DrawFn) -> Workflow:
    """Any graph whose needs point upwards."""
    count = draw(st.integers(1, 8))
    steps: list[dict[str, Any]] = []
    for number in range(count):
        step: dict[str, Any] = {"id": f"s{number}"}
        if draw(st.booleans()):
            step["needs"] = (
                draw(st.lists(st.sampled_from([f"s{n}" for n in range(number)]), unique=True)) if number else []
            )
        if draw(st.booleans()):
            step["if"] = "x"
        steps.append(step)
    for number in range(count - 1):
        below = st.integers(number + 1, count - 1)
        if draw(st.integers(0, 3)) == 0:
            handlers = draw(st.lists(below, min_size=1, max_size=2, unique=True))
            steps[number]["on_error"] = {"go_to": [f"s{handler}" for handler in handlers]}
            for handler in handlers:
                steps[handler].pop("needs", None)
    return workflow(*steps)


ENDS = [SUCCEEDED, StepState.PASSED_OVER, SKIPPED, FAILED]


@given(flow=flows(), ends=st.lists(st.sampled_from(ENDS), min_size=8))
def test_every_run_comes_to_an_end_and_no_step_begins_before_what_it_needs(
    flow: Workflow, ends: list[StepState]
) -> None:
    """Whatever the outcomes: each step begins at most once, after all it needs, and the plan is over in the end."""
    states: dict[str, StepState] = {}
    shape = Flow(flow)
    for _ in range(len(flow.steps) + 1):
        decided = plan(shape, states)
        if decided.is_over:
            break
        assert decided.ready
        for step_id in decided.skipped:
            states[step_id] = SKIPPED
        for step_id in decided.ready:
            assert step_id not in states
            assert all(states[need] is not FAILED for need in shape.needs[step_id])
            if step_id in shape.handles:
                assert HANDLED in {states[failing] for failing in shape.handles[step_id]}
            end = ends[len(states) % len(ends)]
            states[step_id] = HANDLED if end is FAILED and flow.step(step_id).go_to else end
    final = plan(shape, states)
    assert final.is_over
    assert (final.failed is not None) == (FAILED in states.values())
    if final.failed is None:
        assert set(states) | set(final.skipped) == {step.id for step in flow.steps}


@given(flow=flows(), ends=st.lists(st.sampled_from([SUCCEEDED, FAILED]), min_size=8))
def test_nothing_is_done_that_hangs_only_on_a_failed_step(flow: Workflow, ends: list[StepState]) -> None:
    """Without joins, a step with only lost needs never begins, even with an `if` of its own."""
    states: dict[str, StepState] = {}
    shape = Flow(flow)
    while not (decided := plan(shape, states)).is_over:
        for step_id in decided.skipped:
            states[step_id] = SKIPPED
        for step_id in decided.ready:
            needs = shape.needs[step_id]
            assert not needs or not all(states[need] is HANDLED for need in needs)
            end = ends[len(states) % len(ends)]
            states[step_id] = HANDLED if end is FAILED and flow.step(step_id).go_to else end
