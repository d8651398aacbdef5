"""How steps follow each other: order, branches, items, results."""

from __future__ import annotations

import asyncio

from core.errors import RejectedError
from store.record import AttemptState, RunState
from tests.contract.worker.lab import Crowd, Lab, LabParams, LabResult, events_of
from tools.step import StepContext


async def test_steps_run_in_order_and_pass_their_results_on(any_lab: Lab) -> None:
    run = await any_lab.ran(
        {"id": "first", "with": {"say": "${{ params.word }}"}},
        {"id": "second", "uses": "lab.once", "with": {"say": "${{ steps.first.said }} again"}},
        {"id": "third", "uses": "lab.idempotent", "with": {"say": ["${{ steps.second.said }}"]}},
        params={"word": "hello"},
        result="It said ${{ steps.third.said | first }}.",
    )
    assert (run.state, run.result) == (RunState.SUCCEEDED, "It said hello again.")
    assert any_lab.said == ["hello", "hello again", ["hello again"]]
    assert run.ended_at is not None
    assert run.lease_owner is None
    assert [(each.step_id, each.state, each.number) for each in await any_lab.attempts(run)] == [
        (step, AttemptState.SUCCEEDED, 1) for step in ("first", "second", "third")
    ]


async def test_a_run_is_shown_while_it_goes_on(lab: Lab) -> None:
    """Events follow each durable change, and carry ids only."""
    run = await lab.ran({"id": "a", "uses": "lab.once"})
    assert {"run": run.id, "message": None} in events_of(lab)


async def test_independent_steps_run_at_the_same_time(lab: Lab) -> None:
    """Both begin before either ends: each waits for the other."""
    both = asyncio.Barrier(2)

    async def meet(_params: LabParams, _context: StepContext) -> None:
        await both.wait()

    lab.on("meet", meet)
    run = await lab.ran(
        {"id": "a", "with": {"do": "meet", "say": 1}},
        {"id": "b", "needs": [], "with": {"do": "meet", "say": 2}},
        {"id": "c", "needs": ["a", "b"], "with": {"say": "${{ [steps.a.said, steps.b.said] }}"}},
    )
    assert run.state is RunState.SUCCEEDED
    assert lab.said[-1] == [1, 2]


async def test_a_step_whose_if_is_false_is_skipped_with_what_follows_it(lab: Lab) -> None:
    run = await lab.ran(
        {"id": "a", "with": {"say": 3}},
        {"id": "b", "if": "steps.a.said > 5"},
        {"id": "c"},
        {"id": "d", "if": "${{ steps.b.skipped }}", "with": {"say": "else"}},
    )
    assert run.state is RunState.SUCCEEDED
    assert await lab.states(run) == {"a": "succeeded", "b": "skipped", "c": "skipped", "d": "succeeded"}
    assert lab.said == [3, "else"]


async def test_a_step_is_done_for_each_item_in_order_of_the_list(lab: Lab) -> None:
    """Results keep the order of the items, whatever ends first."""
    turns = [asyncio.Event() for _ in range(3)]

    async def backwards(params: LabParams, _context: StepContext) -> None:
        assert isinstance(params.say, int)
        if params.say + 1 < len(turns):
            await turns[params.say + 1].wait()
        turns[params.say].set()

    lab.on("backwards", backwards)
    run = await lab.ran(
        {
            "id": "each",
            "for_each": {"items": ["x", "y", "z"], "concurrency": 3},
            "with": {"say": "${{ index }}", "do": "backwards"},
        },
        {"id": "sum", "with": {"say": "${{ steps.each['items'] | map(attribute='said') | list }}"}},
    )
    assert run.state is RunState.SUCCEEDED
    assert lab.said[-1] == [0, 1, 2]


async def test_no_more_items_are_worked_on_at_once_than_allowed(lab: Lab) -> None:
    lab.on("count", (crowd := Crowd()).count)
    run = await lab.ran(
        {"id": "each", "for_each": {"items": list(range(20)), "concurrency": 4}, "with": {"do": "count"}}
    )
    assert run.state is RunState.SUCCEEDED
    assert len(lab.calls) == 20
    assert crowd.most == 4


async def test_a_tolerated_item_is_left_out_and_listed(lab: Lab) -> None:
    async def odd(params: LabParams, _context: StepContext) -> None:
        if params.say in (1, 3):
            raise RejectedError(f"{params.say} is odd.")

    lab.on("odd", odd)
    run = await lab.ran(
        {
            "id": "each",
            "for_each": {"items": [1, 2, 3, 4], "on_error": "continue"},
            "with": {"say": "${{ item }}", "do": "odd"},
        },
        {"id": "good", "with": {"say": "${{ steps.each['items'] | map(attribute='said') | list }}"}},
        {"id": "bad", "with": {"say": "${{ steps.each.failed }}"}},
    )
    assert run.state is RunState.SUCCEEDED
    assert lab.said[-2:] == [
        [2, 4],
        [{"index": 0, "item": 1, "error": "1 is odd."}, {"index": 2, "item": 3, "error": "3 is odd."}],
    ]


async def test_a_failing_item_ends_the_step_and_begins_no_more_items(lab: Lab) -> None:
    async def refuse(params: LabParams, _context: StepContext) -> None:
        if params.say == 2:
            raise RejectedError("Not this one.")

    lab.on("refuse", refuse)
    run = await lab.ran(
        {
            "id": "each",
            "for_each": {"items": [1, 2, 3, 4], "concurrency": 1},
            "with": {"say": "${{ item }}", "do": "refuse"},
        }
    )
    assert run.state is RunState.FAILED
    assert run.failure is not None
    assert run.failure.message == "Not this one."
    assert lab.said == [1, 2]


async def test_when_every_item_fails_the_step_fails_even_if_failures_are_tolerated(lab: Lab) -> None:
    async def refuse(_params: LabParams, _context: StepContext) -> None:
        raise RejectedError("No.")

    lab.on("refuse", refuse)
    run = await lab.ran({"id": "each", "for_each": {"items": [1, 2], "on_error": "continue"}, "with": {"do": "refuse"}})
    assert run.state is RunState.FAILED


async def test_an_empty_list_is_a_step_that_succeeds(lab: Lab) -> None:
    run = await lab.ran(
        {"id": "each", "for_each": "${{ params.list }}"},
        {"id": "after", "with": {"say": "${{ steps.each['items'] | length }}"}},
        params={"list": []},
    )
    assert run.state is RunState.SUCCEEDED
    assert lab.said == [0]


async def test_for_each_over_something_else_fails_with_a_sentence(lab: Lab) -> None:
    run = await lab.ran({"id": "each", "for_each": "${{ params.list }}"}, params={"list": "abc"})
    assert run.failure is not None
    assert run.failure.message == "for_each: this is not a list."


async def test_what_the_expressions_of_a_step_can_see(lab: Lab) -> None:
    workflow = await lab.workflow(
        {
            "id": "a",
            "with": {
                "say": [
                    "${{ trigger.body.name }}",
                    "${{ run.id }}",
                    "${{ run.title }}",
                    "${{ now | date('%H:%M') }}",
                    "${{ params.word }}",
                ]
            },
        },
        params={"word": "${{ 1 + 1 }}"},
    )
    run = await lab.queued(workflow, input={"body": {"name": "Zoë"}})
    await lab.engine().advance(run.id)
    assert lab.said == [["Zoë", run.id, "In the lab", "11:00", "${{ 1 + 1 }}"]], (
        "times are the owner's; data is no code"
    )


async def test_a_result_text_that_cannot_be_made_does_not_undo_what_was_done(lab: Lab) -> None:
    run = await lab.ran({"id": "a"}, result="${{ steps.a.nothing.there }}")
    assert (run.state, run.result) == (RunState.SUCCEEDED, "Done.")


async def test_a_rehearsal_needs_no_yes(lab: Lab) -> None:
    workflow = await lab.workflow({"id": "a"}, is_approved=False)
    run = await lab.queued(workflow, is_rehearsal=True)
    await lab.engine().advance(run.id)
    assert (await lab.run(run.id)).state is RunState.SUCCEEDED


async def test_results_are_json(lab: Lab) -> None:
    async def text(_params: LabParams, _context: StepContext) -> LabResult:
        return LabResult(said={"deep": [1, 2.5, None, True, "ü"]})

    lab.on("text", text)
    run = await lab.ran({"id": "a", "with": {"do": "text"}})
    assert (await lab.attempts(run))[0].output == {"said": {"deep": [1, 2.5, None, True, "ü"]}}
