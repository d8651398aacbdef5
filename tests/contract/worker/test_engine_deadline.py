"""A run that may take only so long: what counts, and how it ends."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from store.record import AttemptState, RunState, Waiting
from tests.contract.worker.lab import Lab, LabParams
from tests.contract.worker.test_engine_waiting import with_built_in
from tests.fakes.clock import FixedClock
from tools.step import Pause, StepContext


async def ask(_params: LabParams, context: StepContext) -> Pause | None:
    return Pause(waiting_for="approval", prompt="?") if context.resumption is None else None


async def test_a_run_is_woken_at_its_deadline_even_while_it_waits_for_a_time(any_lab: Lab, clock: FixedClock) -> None:
    lab = with_built_in(any_lab)
    run = await lab.ran({"id": "wait", "uses": "flow.delay", "with": {"seconds": 86_400}}, {"id": "b"}, deadline_s=3600)
    assert (run.waiting_for, run.due_at) == (Waiting.TIMER, clock.now() + timedelta(hours=1))
    clock.move(3600)
    await lab.engine().advance(run.id)
    run = await lab.run(run.id)
    assert run.state is RunState.FAILED
    assert run.failure is not None
    assert (run.failure.cause, run.failure.message) == ("deadline", "It was not done within 1 h.")
    assert run.failure.advice
    assert await lab.states(run) == {"wait": "cancelled"}


async def test_waiting_for_a_person_does_not_count(any_lab: Lab, clock: FixedClock) -> None:
    lab = with_built_in(any_lab)
    lab.on("ask", ask)
    run = await lab.ran(
        {"id": "ask", "with": {"do": "ask"}},
        {"id": "wait", "uses": "flow.delay", "with": {"seconds": 7200}},
        deadline_s=3600,
    )
    assert (run.waiting_for, run.due_at, run.paused_at) == (Waiting.APPROVAL, None, clock.now())
    clock.move(86_400)
    await lab.tell(run, "ask", "approval", verdict="yes")
    await lab.engine().advance(run.id)
    run = await lab.run(run.id)
    assert (run.waiting_for, run.paused_s, run.paused_at) == (Waiting.TIMER, 86_400, None)
    assert run.due_at == clock.now() + timedelta(hours=1)


async def test_a_step_that_is_stopped_at_the_deadline_may_have_happened(lab: Lab, clock: FixedClock) -> None:
    """It says so, and when the run is wanted again it is asked about and has the whole time again."""
    started = asyncio.Event()

    async def hang(_params: LabParams, _context: StepContext) -> None:
        started.set()
        await asyncio.Event().wait()

    lab.on("hang", hang)
    run = await lab.queued(
        await lab.workflow({"id": "send", "uses": "lab.once", "with": {"do": "hang"}}, deadline_s=0.05)
    )
    advancing = asyncio.create_task(lab.engine().advance(run.id))
    await started.wait()
    clock.move(1)
    await asyncio.wait_for(advancing, 10)
    run = await lab.run(run.id)
    assert run.failure is not None
    assert run.failure.cause == "deadline"
    attempt = (await lab.attempts(run))[0]
    assert attempt.failure is not None
    assert (attempt.state, attempt.failure.cause) == (AttemptState.CANCELLED, "unknown outcome")
    async with lab.store.begin() as records:
        assert await records.runs.requeue(run.id, at=clock.now())
    await lab.engine().advance(run.id)
    assert (await lab.run(run.id)).waiting_for is Waiting.CHECK


async def test_a_run_that_was_done_in_time_is_not_late(lab: Lab, clock: FixedClock) -> None:
    async def slow(_params: LabParams, _context: StepContext) -> None:
        clock.move(9)

    lab.on("slow", slow)
    run = await lab.ran({"id": "a", "with": {"do": "slow"}}, deadline_s=10)
    assert run.state is RunState.SUCCEEDED
