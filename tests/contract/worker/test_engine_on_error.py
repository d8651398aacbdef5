"""What happens when a step fails for good: other steps stand in, and the records say so."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from core.errors import RateLimitedError, RejectedError, UnavailableError
from store.record import AttemptState, RunState
from tests.contract.worker.lab import Crowd, Lab, LabParams
from tests.fakes.clock import FixedClock
from tools.step import Pause, StepContext


async def refuse(_params: LabParams, _context: StepContext) -> None:
    raise RejectedError("The card was declined.")


CHARGE = (
    {"id": "charge", "title": "Charge", "with": {"do": "refuse"}, "on_error": {"go_to": ["refund"]}},
    {"id": "ship", "with": {"say": "shipped"}},
    {"id": "refund", "title": "Refund", "with": {"say": "${{ steps.charge.error }}"}},
    {"id": "log", "with": {"say": "${{ steps.refund.said }}"}},
)


async def test_named_steps_stand_in_for_one_that_fails(any_lab: Lab) -> None:
    """The run succeeds; the trace says what failed, and the result what was done instead."""
    lab = any_lab
    lab.on("refuse", refuse)
    run = await lab.ran(*CHARGE, result="Shipped: ${{ steps.ship.said }}")
    assert run.state is RunState.SUCCEEDED
    assert run.failure is None
    assert run.result == "“Charge” failed: The card was declined. Done instead: “Refund”."
    assert await lab.states(run) == {"charge": "failed", "ship": "skipped", "refund": "succeeded", "log": "succeeded"}
    assert lab.said[1:] == ["The card was declined."] * 2


async def test_without_a_failure_the_stand_ins_are_skipped(lab: Lab) -> None:
    lab.on("refuse", lambda _params, _context: asyncio.sleep(0))
    run = await lab.ran(*CHARGE, result="Shipped: ${{ steps.ship.said }} ${{ steps.charge.failed }}")
    assert run.result == "Shipped: shipped false"
    assert await lab.states(run) == {"charge": "succeeded", "ship": "succeeded", "refund": "skipped", "log": "skipped"}


async def test_a_run_without_a_result_text_says_what_was_done_instead(lab: Lab) -> None:
    lab.on("refuse", refuse)
    run = await lab.ran(*CHARGE)
    assert run.result == "“Charge” failed: The card was declined. Done instead: “Refund”."


async def test_a_result_may_speak_of_what_was_skipped(lab: Lab) -> None:
    lab.on("refuse", refuse)
    run = await lab.ran(*CHARGE, result="${{ 'Not shipped' if steps.ship.skipped else steps.ship.said }}")
    assert run.result == "Not shipped"


async def test_when_a_stand_in_fails_the_run_fails_and_a_retry_goes_on_from_there(lab: Lab) -> None:
    lab.on("refuse", refuse)
    is_broken = True

    async def sometimes(_params: LabParams, _context: StepContext) -> None:
        if is_broken:
            raise RejectedError("The refund was declined.")

    lab.on("sometimes", sometimes)
    steps = [dict(step) for step in CHARGE]
    steps[2] = {"id": "refund", "with": {"say": "back", "do": "sometimes"}}
    run = await lab.ran(*steps)
    assert run.state is RunState.FAILED
    assert run.failure is not None
    assert (run.failure.step_id, run.failure.message) == ("refund", "The refund was declined.")
    is_broken = False
    async with lab.store.begin() as records:
        assert await records.runs.requeue(run.id, at=lab.clock.now())
    await lab.engine().advance(run.id)
    assert (await lab.run(run.id)).state is RunState.SUCCEEDED
    assert [call.step_id for call in lab.calls] == ["charge", "refund", "refund", "log"], (
        "the failed charge stays failed"
    )


async def test_a_list_that_fails_is_stood_in_for_and_its_other_items_are_given_up(lab: Lab, clock: FixedClock) -> None:
    """An item that would be tried again in an hour is not tried any more."""

    async def fails(params: LabParams, _context: StepContext) -> None:
        if params.say == 3:
            raise RateLimitedError("Later.", retry_after_s=3600)
        raise RejectedError("No.")

    lab.on("fails", fails)
    run = await lab.ran(
        {
            "id": "each",
            "for_each": [1, 2, 3],
            "with": {"say": "${{ item }}", "do": "fails"},
            "on_error": {"go_to": ["tell"]},
        },
        {"id": "tell", "with": {"say": "${{ steps.each.error }}"}},
    )
    assert run.state is RunState.SUCCEEDED
    assert lab.said[-1] == "No."
    clock.move(4000)
    async with lab.store.begin() as records:
        assert not await records.runs.due(clock.now())


async def test_no_more_steps_work_at_once_than_the_workflow_allows(lab: Lab) -> None:
    """Plain steps count as items do."""
    lab.on("count", (crowd := Crowd()).count)
    plain = [{"id": f"s{n}", "needs": [], "with": {"do": "count"}} for n in range(8)]
    each = {"id": "each", "needs": [], "for_each": list(range(10)), "with": {"do": "count"}}
    run = await lab.ran(*plain, each, parallel=3)
    assert run.state is RunState.SUCCEEDED
    assert len(lab.calls) == 18
    assert crowd.most == 3


async def test_so_many_items_may_fail_as_are_tolerated(lab: Lab) -> None:
    async def odd(params: LabParams, _context: StepContext) -> None:
        if params.say in (1, 3):
            raise RejectedError(f"{params.say} is odd.")

    lab.on("odd", odd)
    each = {"id": "each", "with": {"say": "${{ item }}", "do": "odd"}}
    run = await lab.ran({**each, "for_each": {"items": [1, 2, 3, 4], "tolerate": "50%"}})
    assert run.state is RunState.SUCCEEDED
    lab.calls.clear()
    run = await lab.ran({**each, "for_each": {"items": [1, 3, 4, 2, 2], "tolerate": 1, "concurrency": 1}})
    assert run.state is RunState.FAILED
    assert lab.said == [1, 3], "after one failure too many nothing more begins"


async def test_items_that_are_done_are_not_done_again_after_a_crash(any_lab: Lab, clock: FixedClock) -> None:
    """The worker dies in the middle of the third of five; the results keep their order."""
    lab = any_lab
    third = asyncio.Event()

    async def hang(params: LabParams, _context: StepContext) -> None:
        if params.say == 2:
            third.set()
            await asyncio.Event().wait()
        if params.say == 1:
            raise RejectedError("Not this one.")

    lab.on("hang", hang)
    workflow = await lab.workflow(
        {
            "id": "each",
            "uses": "lab.idempotent",
            "for_each": {"items": [0, 1, 2, 3, 4], "concurrency": 1, "tolerate": 2},
            "with": {"say": "${{ item }}", "do": "hang"},
        },
        {"id": "sum", "with": {"say": "${{ steps.each['items'] | map(attribute='said') | list }}"}},
    )
    run = await lab.queued(workflow)
    advancing = asyncio.create_task(lab.engine().advance(run.id))
    await third.wait()
    advancing.cancel()
    await asyncio.gather(advancing, return_exceptions=True)
    clock.move(16)
    del lab.behaviours["hang"]
    await lab.engine().advance(run.id)
    assert (await lab.run(run.id)).state is RunState.SUCCEEDED
    assert lab.said == [0, 1, 2, 2, 3, 4, [0, 2, 3, 4]]
    assert [each.state for each in await lab.attempts(run, "each") if each.item == 1] == [AttemptState.FAILED]


@pytest.mark.parametrize(("on", "tries"), [(["rate_limited"], 1), (["unavailable"], 3)])
async def test_only_errors_that_a_step_names_are_tried_again(lab: Lab, on: list[str], tries: int) -> None:
    async def away(_params: LabParams, _context: StepContext) -> None:
        raise UnavailableError("Away.")

    lab.on("away", away)
    retry = {"on": on, "attempts": 3, "jitter": "none"}
    run = await lab.ran({"id": "a", "with": {"do": "away"}, "retry": retry})
    assert run.state is RunState.FAILED
    assert len(lab.calls) == tries


async def test_a_delay_in_one_branch_ends_while_another_one_works(lab: Lab, clock: FixedClock) -> None:
    """The run is held all the time; nobody has to wake it for its timer."""
    released, working = asyncio.Event(), asyncio.Event()

    async def work(_params: LabParams, _context: StepContext) -> None:
        working.set()
        await released.wait()

    async def pause(_params: LabParams, context: StepContext) -> Pause | None:
        if context.resumption is None:
            return Pause(waiting_for="timer", until=clock.now() + timedelta(seconds=0.05))
        released.set()
        return None

    lab.on("work", work)
    lab.on("pause", pause)
    run = await lab.queued(
        await lab.workflow(
            {"id": "work", "with": {"do": "work"}},
            {"id": "later", "needs": [], "with": {"do": "pause"}},
        )
    )
    advancing = asyncio.create_task(lab.engine().advance(run.id))
    await working.wait()
    clock.move(1)
    await asyncio.wait_for(advancing, 10)
    assert (await lab.run(run.id)).state is RunState.SUCCEEDED
