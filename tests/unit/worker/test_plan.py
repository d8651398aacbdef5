"""What comes next in a run."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from catalog.workflow import Workflow
from worker.plan import StepState, needs_of, plan


def workflow(*steps: dict[str, Any]) -> Workflow:
    return Workflow.model_validate({"title": "A test", "steps": [{"uses": "x.y", **step} for step in steps]})


SUCCEEDED, SKIPPED, FAILED = StepState.SUCCEEDED, StepState.SKIPPED, StepState.FAILED


def test_steps_run_in_order() -> None:
    flow = workflow({"id": "a"}, {"id": "b"})
    assert plan(flow, {}).ready == ["a"]
    assert plan(flow, {"a": StepState.RUNNING}).ready == []
    assert plan(flow, {"a": SUCCEEDED}).ready == ["b"]
    assert plan(flow, {"a": SUCCEEDED, "b": SUCCEEDED}).is_over


def test_steps_without_needs_start_at_once_and_a_join_waits_for_all() -> None:
    flow = workflow({"id": "a"}, {"id": "b", "needs": []}, {"id": "c", "needs": ["a", "b"]})
    assert plan(flow, {}).ready == ["a", "b"]
    assert plan(flow, {"a": SUCCEEDED}).ready == ["b"]
    assert plan(flow, {"a": SUCCEEDED, "b": StepState.RUNNING}).ready == []
    assert plan(flow, {"a": SUCCEEDED, "b": SUCCEEDED}).ready == ["c"]


def test_a_skipped_step_takes_along_what_follows_it() -> None:
    flow = workflow({"id": "a", "if": "false"}, {"id": "b"}, {"id": "c"})
    decided = plan(flow, {"a": SKIPPED})
    assert decided.skipped == ["b", "c"]
    assert decided.is_over


def test_a_step_with_an_if_of_its_own_decides_alone() -> None:
    """An if/else pair in a plain sequence works without `needs`."""
    flow = workflow({"id": "a"}, {"id": "b", "if": "x"}, {"id": "c", "if": "not x"})
    assert plan(flow, {"a": SUCCEEDED, "b": SKIPPED}).ready == ["c"]


def test_a_tolerated_failure_counts_as_passed() -> None:
    flow = workflow({"id": "a", "on_error": "continue"}, {"id": "b"})
    assert plan(flow, {"a": StepState.PASSED_OVER}).ready == ["b"]


def test_after_a_failure_nothing_begins_and_what_runs_may_finish() -> None:
    flow = workflow({"id": "a"}, {"id": "b", "needs": []}, {"id": "c", "needs": []})
    decided = plan(flow, {"a": FAILED, "b": StepState.RUNNING})
    assert (decided.ready, decided.failed, decided.is_over) == ([], "a", False)
    assert plan(flow, {"a": FAILED, "b": SUCCEEDED}).is_over


def test_a_waiting_step_keeps_the_run_open() -> None:
    flow = workflow({"id": "a"}, {"id": "b"})
    assert not plan(flow, {"a": StepState.WAITING}).is_over


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
    return workflow(*steps)


@given(flow=flows(), ends=st.lists(st.sampled_from([SUCCEEDED, StepState.PASSED_OVER, SKIPPED, FAILED]), min_size=8))
def test_every_run_comes_to_an_end_and_no_step_begins_before_what_it_needs(
    flow: Workflow, ends: list[StepState]
) -> None:
    """Whatever the outcomes: each step begins at most once, after all it needs, and the plan is over in the end."""
    states: dict[str, StepState] = {}
    needs = needs_of(flow)
    for _ in range(len(flow.steps) + 1):
        decided = plan(flow, states)
        if decided.is_over:
            break
        assert decided.ready
        for step_id in decided.skipped:
            states[step_id] = SKIPPED
        for step_id in decided.ready:
            assert step_id not in states
            assert all(states[need] is not FAILED for need in needs[step_id])
            states[step_id] = ends[len(states) % len(ends)]
    final = plan(flow, states)
    assert final.is_over
    assert (final.failed is not None) == (FAILED in states.values())
    if final.failed is None:
        assert set(states) | set(final.skipped) == {step.id for step in flow.steps}
