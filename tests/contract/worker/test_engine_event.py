"""Runs that wait for something outside to happen."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from store.record import Run, RunState, Waiting
from store.vault import Vault
from tests.contract.worker.lab import KEY, Lab, LabParams
from tests.contract.worker.test_engine_waiting import with_built_in
from tests.fakes.clock import FixedClock
from tools.step import StepContext
from worker.resume import Delivered, Resumes

VAULT = Vault([KEY.replace("x", "A")])


def resumes(lab: Lab) -> Resumes:
    return Resumes(store=lab.store, queue=lab.queue, events=lab.events, clock=lab.clock, vault=VAULT)


def token(run: Run) -> str:
    return VAULT.stamp("resume", run.id)


def waits(**values: Any) -> dict[str, Any]:
    return {"id": "wait", "uses": "flow.wait_event", "with": values}


AFTER = {"id": "after", "with": {"say": "${{ steps.wait.body }}"}}


async def test_an_event_lets_the_run_go_on_once(any_lab: Lab) -> None:
    """It holds no worker meanwhile, and a second delivery is answered, not obeyed."""
    lab = with_built_in(any_lab)
    run = await lab.ran(waits(event="paid"), AFTER)
    assert (run.waiting_for, run.due_at, run.lease_owner) == (Waiting.EVENT, None, None)
    assert await resumes(lab).deliver(token(run), "other", 1) is Delivered.TAKEN
    await lab.engine().advance(run.id)
    assert (await lab.run(run.id)).waiting_for is Waiting.EVENT, "another event is not this one"
    assert await resumes(lab).deliver(token(run), "paid", {"amount": 5}) is Delivered.TAKEN
    assert await resumes(lab).deliver(token(run), "paid", {"amount": 6}) is Delivered.REPEATED
    assert lab.recorded.woken == [run.id, run.id]
    await lab.engine().advance(run.id)
    assert (await lab.run(run.id)).state is RunState.SUCCEEDED
    assert lab.said == [{"amount": 5}]
    assert await resumes(lab).deliver(token(run), "late", 1) is Delivered.OVER


async def test_an_event_that_comes_before_its_step_is_kept(lab: Lab) -> None:
    with_built_in(lab)

    async def early(_params: LabParams, context: StepContext) -> None:
        run = await lab.run(context.run_id)
        assert await resumes(lab).deliver(token(run), "resume", "early") is Delivered.TAKEN

    lab.on("early", early)
    run = await lab.ran({"id": "first", "with": {"do": "early"}}, waits(), AFTER)
    await lab.engine().advance(run.id)
    assert (await lab.run(run.id)).state is RunState.SUCCEEDED
    assert lab.said[-1] == "early"


@pytest.mark.parametrize(("on_timeout", "state"), [("stop", RunState.FAILED), ("continue", RunState.SUCCEEDED)])
async def test_an_event_that_does_not_come_in_time(
    lab: Lab, clock: FixedClock, on_timeout: str, state: RunState
) -> None:
    with_built_in(lab)
    run = await lab.ran(
        waits(timeout="2 days", on_timeout=on_timeout), {"id": "b", "with": {"say": "${{ steps.wait.received }}"}}
    )
    assert run.due_at == clock.now() + timedelta(days=2)
    clock.move(2 * 86_400)
    await lab.engine().advance(run.id)
    assert (await lab.run(run.id)).state is state
    assert lab.said == ([] if on_timeout == "stop" else [False])


async def test_the_address_can_be_sent_to_somebody_and_is_the_same_each_time(lab: Lab) -> None:
    with_built_in(lab)
    run = await lab.ran({"id": "tell", "with": {"say": "${{ run.resume_url }}"}}, waits())
    assert lab.said == [f"/hooks/resume/{token(run)}"]


async def test_nobody_can_make_up_an_address(lab: Lab) -> None:
    run = await with_built_in(lab).ran(waits())
    for forged in (run.id, f"{run.id}.", f"{run.id}.{'0' * 40}", token(run)[:-1], ""):
        assert await resumes(lab).deliver(forged, "resume", None) is Delivered.UNKNOWN


async def test_a_rehearsal_passes_through(lab: Lab) -> None:
    with_built_in(lab)
    run = await lab.queued(await lab.workflow(waits(sample={"ok": 1}), AFTER), is_rehearsal=True)
    await lab.engine().advance(run.id)
    assert (await lab.run(run.id)).state is RunState.SUCCEEDED
    assert lab.said == [{"ok": 1}]
