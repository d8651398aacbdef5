"""Runs that exclude each other: who has a slot, across workers and databases."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from core.errors import RejectedError
from store.record import Run, RunState, Waiting, WorkflowRecord
from tests.contract.worker.lab import Lab, LabParams
from tests.fakes.clock import FixedClock
from tools.step import Pause, StepContext


async def ask(_params: LabParams, context: StepContext) -> Pause | None:
    return Pause(waiting_for="approval", prompt="?") if context.resumption is None else None


async def exclusive(lab: Lab, **rule: Any) -> WorkflowRecord:
    lab.on("ask", ask)
    return await lab.workflow(
        {"id": "ask", "uses": "lab.once", "with": {"do": "ask", "say": "${{ run.id }}"}}, concurrency=rule
    )


async def added(lab: Lab, clock: FixedClock, workflow: WorkflowRecord, **changes: Any) -> Run:
    clock.move(1)
    run = await lab.queued(workflow, **changes)
    await lab.engine().advance(run.id)
    return await lab.run(run.id)


async def finish(lab: Lab, run: Run) -> Run:
    await lab.tell(run, "ask", "approval", verdict="yes")
    await lab.engine().advance(run.id)
    return await lab.run(run.id)


async def test_one_run_goes_at_a_time_and_the_others_follow_in_order(any_lab: Lab, clock: FixedClock) -> None:
    lab = any_lab
    workflow = await exclusive(lab, limit=1)
    first, second, third = [await added(lab, clock, workflow) for _ in range(3)]
    assert first.waiting_for is Waiting.APPROVAL, "it keeps its slot while it waits"
    assert {second.waiting_for, third.waiting_for} == {Waiting.SLOT}
    assert second.lease_owner is None
    lab.recorded.woken.clear()
    assert (await finish(lab, first)).state is RunState.SUCCEEDED
    assert lab.recorded.woken == [second.id]
    await lab.engine().advance(third.id)
    assert (await lab.run(third.id)).waiting_for is Waiting.SLOT, "who waited longer goes first"
    await lab.engine().advance(second.id)
    assert (await lab.run(second.id)).waiting_for is Waiting.APPROVAL
    assert (await finish(lab, second)).state is RunState.SUCCEEDED
    await lab.engine().advance(third.id)
    assert (await finish(lab, third)).state is RunState.SUCCEEDED


async def test_however_many_workers_begin_at_once_no_more_run_than_allowed(any_lab: Lab) -> None:
    lab = any_lab
    workflow = await exclusive(lab, limit=2)
    runs = [await lab.queued(workflow) for _ in range(8)]
    await asyncio.gather(*(lab.engine().advance(run.id) for run in runs))
    states = [(await lab.run(run.id)).waiting_for for run in runs]
    assert states.count(Waiting.APPROVAL) == 2
    assert states.count(Waiting.SLOT) == 6


async def test_runs_of_different_keys_do_not_wait_for_each_other(lab: Lab, clock: FixedClock) -> None:
    workflow = await exclusive(lab, limit=1, key="${{ trigger.customer }}")
    runs = [await added(lab, clock, workflow, input={"customer": name}) for name in ("a", "b", "a")]
    assert [run.waiting_for for run in runs] == [Waiting.APPROVAL, Waiting.APPROVAL, Waiting.SLOT]


async def test_a_run_may_be_left_out_instead_and_says_why(any_lab: Lab, clock: FixedClock) -> None:
    lab = any_lab
    workflow = await exclusive(lab, limit=1, when_full="skip")
    first, second = [await added(lab, clock, workflow) for _ in range(2)]
    assert (first.state, second.state) == (RunState.WAITING, RunState.CANCELLED)
    assert second.failure is not None
    assert second.failure.cause == "skipped"
    assert len(lab.calls) == 1


async def test_a_newer_run_may_cancel_the_older_ones(any_lab: Lab, clock: FixedClock) -> None:
    lab = any_lab
    workflow = await exclusive(lab, limit=1, when_full="cancel_older")
    first, second = [await added(lab, clock, workflow) for _ in range(2)]
    assert second.waiting_for is Waiting.SLOT
    assert first.id in lab.recorded.woken
    await lab.engine().advance(first.id)
    assert (await lab.run(first.id)).state is RunState.CANCELLED
    await lab.engine().advance(second.id)
    assert (await lab.run(second.id)).waiting_for is Waiting.APPROVAL


async def test_a_wake_up_that_got_lost_is_made_good_by_looking(lab: Lab, clock: FixedClock) -> None:
    workflow = await exclusive(lab, limit=1)
    first, second = [await added(lab, clock, workflow) for _ in range(2)]
    await finish(lab, first)
    clock.move(31)
    await lab.engine().advance(second.id)
    assert (await lab.run(second.id)).waiting_for is Waiting.APPROVAL


async def test_a_failed_run_that_is_wanted_again_takes_a_slot_again(any_lab: Lab, clock: FixedClock) -> None:
    lab = any_lab
    workflow = await exclusive(lab, limit=1)
    first = await added(lab, clock, workflow)
    lab.on("ask", _refuse)
    failed = await finish(lab, first)
    assert failed.state is RunState.FAILED
    lab.on("ask", ask)
    second = await added(lab, clock, workflow)
    assert second.waiting_for is Waiting.APPROVAL
    async with lab.store.begin() as records:
        assert await records.runs.requeue(first.id, at=clock.now())
    await lab.engine().advance(first.id)
    assert (await lab.run(first.id)).waiting_for is Waiting.SLOT


async def _refuse(_params: LabParams, _context: StepContext) -> None:
    raise RejectedError("No.")


async def test_a_key_that_cannot_be_worked_out_fails_the_run(lab: Lab, clock: FixedClock) -> None:
    run = await added(lab, clock, await exclusive(lab, key="${{ trigger.nothing.here }}"))
    assert run.state is RunState.FAILED
    assert not lab.calls


@pytest.mark.parametrize("when_full", ["queue", "skip", "cancel_older"])
async def test_a_rehearsal_excludes_nobody(lab: Lab, clock: FixedClock, when_full: str) -> None:
    workflow = await exclusive(lab, limit=1, when_full=when_full)
    await added(lab, clock, workflow)
    assert (await added(lab, clock, workflow, is_rehearsal=True)).state is RunState.SUCCEEDED
