"""What happens to runs whose worker died, and to leases."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import Any

import pytest

from core.errors import StoreError
from store.record import AttemptState, Run, RunState, Waiting
from tests.contract.worker.lab import Lab, LabParams, until
from tests.fakes.clock import FixedClock
from tools.step import StepContext


async def killed(lab: Lab, clock: FixedClock, *steps: dict[str, object]) -> Run:
    """A run whose worker died in the middle of the step that does `hang`; its lease has expired."""
    started = asyncio.Event()

    async def hang(_params: LabParams, _context: StepContext) -> None:
        started.set()
        await asyncio.Event().wait()

    lab.on("hang", hang)
    run = await lab.queued(await lab.workflow(*steps))
    advancing = asyncio.create_task(lab.engine().advance(run.id))
    await started.wait()
    advancing.cancel()
    await asyncio.gather(advancing, return_exceptions=True)
    clock.move(16)
    del lab.behaviours["hang"]
    return run


@pytest.mark.parametrize("effect", ["read", "idempotent"])
async def test_a_step_that_may_be_repeated_is_begun_again_under_the_same_key(
    lab: Lab, clock: FixedClock, effect: str
) -> None:
    run = await killed(
        lab,
        clock,
        {"id": "first", "uses": "lab.once", "with": {"say": "sent"}},
        {"id": "a", "uses": f"lab.{effect}", "with": {"do": "hang", "say": 1}},
    )
    await lab.engine().advance(run.id)
    assert (await lab.run(run.id)).state is RunState.SUCCEEDED
    assert lab.said == ["sent", 1, 1]
    assert lab.calls[1].key == lab.calls[2].key


async def test_an_interrupted_attempt_says_so_in_the_trace(lab: Lab, clock: FixedClock) -> None:
    run = await killed(lab, clock, {"id": "a", "uses": "lab.idempotent", "with": {"do": "hang"}})
    await lab.engine().advance(run.id)
    first, second = await lab.attempts(run)
    assert first.failure is not None
    assert (first.state, first.failure.cause, second.state) == (
        AttemptState.FAILED,
        "interrupted",
        AttemptState.SUCCEEDED,
    )


async def waits_for_a_check(lab: Lab, clock: FixedClock) -> Run:
    run = await killed(
        lab,
        clock,
        {"id": "send", "uses": "lab.once", "with": {"do": "hang", "say": "mail"}},
        {"id": "b", "with": {"say": "after"}},
    )
    await lab.engine().advance(run.id)
    return await lab.run(run.id)


async def test_a_step_that_must_happen_once_is_not_repeated_but_checked(any_lab: Lab, clock: FixedClock) -> None:
    run = await waits_for_a_check(any_lab, clock)
    assert (run.state, run.waiting_for, run.due_at) == (RunState.WAITING, Waiting.CHECK, None)
    assert any_lab.said == ["mail"]
    attempt = (await any_lab.attempts(run))[0]
    assert attempt.failure is not None
    assert attempt.failure.cause == "unknown outcome"


async def test_when_it_has_happened_the_run_goes_on_without_it(lab: Lab, clock: FixedClock) -> None:
    run = await waits_for_a_check(lab, clock)
    await lab.tell(run, "send", "check:-1:1", answer="done")
    await lab.engine().advance(run.id)
    assert (await lab.run(run.id)).state is RunState.SUCCEEDED
    assert lab.said == ["mail", "after"]


async def test_when_it_has_not_happened_it_is_done_under_the_same_key(lab: Lab, clock: FixedClock) -> None:
    run = await waits_for_a_check(lab, clock)
    await lab.tell(run, "send", "check:-1:1", answer="retry")
    await lab.engine().advance(run.id)
    assert (await lab.run(run.id)).state is RunState.SUCCEEDED
    assert lab.said == ["mail", "mail", "after"]
    assert lab.calls[0].key == lab.calls[1].key


async def test_a_person_may_stop_the_run_instead(lab: Lab, clock: FixedClock) -> None:
    run = await waits_for_a_check(lab, clock)
    await lab.tell(run, "send", "check:-1:1", answer="stop")
    await lab.engine().advance(run.id)
    run = await lab.run(run.id)
    assert run.state is RunState.FAILED
    assert run.failure is not None
    assert run.failure.cause == "unknown outcome"
    assert lab.said == ["mail"]


async def test_an_answer_to_something_else_changes_nothing(lab: Lab, clock: FixedClock) -> None:
    """What was found out about one item or one attempt says nothing of the others."""
    run = await waits_for_a_check(lab, clock)
    for name in ("check", "check:0:1", "check:-1:2"):
        await lab.tell(run, "send", name, answer="retry")
    await lab.engine().advance(run.id)
    assert (await lab.run(run.id)).waiting_for is Waiting.CHECK
    assert lab.said == ["mail"]
    await lab.tell(run, "send", "check:-1:1", answer="done")
    await lab.engine().advance(run.id)
    assert (await lab.run(run.id)).state is RunState.SUCCEEDED


async def test_a_second_crash_of_the_same_step_needs_a_new_answer(lab: Lab, clock: FixedClock) -> None:
    """What was said of the first attempt says nothing of the second."""
    run = await waits_for_a_check(lab, clock)
    clock.move(1)
    await lab.tell(run, "send", "check:-1:1", answer="retry")
    started = asyncio.Event()

    async def hang(_params: LabParams, _context: StepContext) -> None:
        started.set()
        await asyncio.Event().wait()

    lab.on("hang", hang)
    clock.move(1)
    advancing = asyncio.create_task(lab.engine().advance(run.id))
    await started.wait()
    advancing.cancel()
    await asyncio.gather(advancing, return_exceptions=True)
    clock.move(16)
    await lab.engine().advance(run.id)
    assert (await lab.run(run.id)).waiting_for is Waiting.CHECK
    assert lab.said == ["mail", "mail"]


@pytest.mark.parametrize(("effect", "tries"), [("idempotent", 5), ("read", 6)])
async def test_a_step_that_keeps_ending_its_worker_is_given_up(
    lab: Lab, clock: FixedClock, effect: str, tries: int
) -> None:
    """The first read of a run leaves no trace before it has an end; from the second claim on it does."""
    started = asyncio.Event()

    async def kill(_params: LabParams, _context: StepContext) -> None:
        started.set()
        await asyncio.Event().wait()

    lab.on("kill", kill)
    run = await lab.queued(await lab.workflow({"id": "a", "uses": f"lab.{effect}", "with": {"do": "kill"}}))
    for _ in range(9):
        started.clear()
        advancing = asyncio.create_task(lab.engine().advance(run.id))
        starting = asyncio.create_task(started.wait())
        await asyncio.wait([advancing, starting], return_when=asyncio.FIRST_COMPLETED)
        starting.cancel()
        advancing.cancel()
        await asyncio.gather(advancing, starting, return_exceptions=True)
        clock.move(16)
    run = await lab.run(run.id)
    assert run.state is RunState.FAILED
    assert run.failure is not None
    assert run.failure.cause == "interrupted"
    assert len(lab.calls) == tries


async def test_two_workers_never_advance_a_run_together(any_lab: Lab) -> None:
    lab = any_lab
    workflow = await lab.workflow(*({"id": f"s{n}", "uses": "lab.once", "with": {"say": n}} for n in range(3)))
    runs = [await lab.queued(workflow) for _ in range(5)]
    engines = [lab.engine() for _ in range(3)]
    await asyncio.gather(*(engine.advance(run.id) for run in runs for engine in engines))
    assert {(await lab.run(run.id)).state for run in runs} == {RunState.SUCCEEDED}
    assert len(lab.calls) == len({call.key for call in lab.calls}) == 15


async def test_a_worker_that_lost_its_lease_writes_nothing_more(lab: Lab, clock: FixedClock) -> None:
    """It was silent for too long; the run belongs to another worker now."""
    go_on, started = asyncio.Event(), asyncio.Event()

    async def freeze(_params: LabParams, _context: StepContext) -> None:
        started.set()
        await go_on.wait()

    lab.on("freeze", freeze)
    run = await lab.queued(
        await lab.workflow({"id": "a", "uses": "lab.once", "with": {"do": "freeze"}}, {"id": "b", "uses": "lab.once"})
    )
    frozen = asyncio.create_task(lab.engine().advance(run.id))
    await started.wait()
    clock.move(16)
    await lab.engine().advance(run.id)
    assert (await lab.run(run.id)).waiting_for is Waiting.CHECK
    go_on.set()
    await frozen
    assert (await lab.run(run.id)).waiting_for is Waiting.CHECK
    assert len(lab.calls) == 1


async def test_a_worker_that_stood_still_after_recording_a_start_does_not_begin(
    lab: Lab, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Meanwhile somebody has checked, and another worker has done it."""
    record = lab.store.journal.record
    run = await lab.queued(await lab.workflow({"id": "send", "uses": "lab.once", "with": {"say": "mail"}}))

    async def stand_still(**values: Any) -> None:
        await record(**values)
        monkeypatch.setattr(lab.store.journal, "record", record)
        clock.move(16)
        await lab.engine().advance(run.id)
        await lab.tell(run, "send", "check:-1:1", answer="retry")
        await lab.engine().advance(run.id)

    monkeypatch.setattr(lab.store.journal, "record", stand_still)
    await lab.engine().advance(run.id)
    assert (await lab.run(run.id)).state is RunState.SUCCEEDED
    assert lab.said == ["mail"]


async def test_a_worker_that_stood_still_alone_goes_on(
    lab: Lab, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody has taken its run over: it renews its lease and begins."""
    record = lab.store.journal.record

    async def stand_still(**values: Any) -> None:
        await record(**values)
        clock.move(16)

    monkeypatch.setattr(lab.store.journal, "record", stand_still)
    run = await lab.ran({"id": "send", "uses": "lab.once", "with": {"say": "mail"}})
    assert run.state is RunState.SUCCEEDED
    assert lab.said == ["mail"]


async def test_the_heartbeat_stops_what_was_taken_over(lab: Lab, clock: FixedClock) -> None:
    started, stopped = asyncio.Event(), asyncio.Event()

    async def hang(_params: LabParams, _context: StepContext) -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    lab.on("hang", hang)
    engine = lab.engine()
    run = await lab.queued(await lab.workflow({"id": "a", "uses": "lab.once", "with": {"do": "hang"}}))
    advancing = asyncio.create_task(engine.advance(run.id))
    await started.wait()
    clock.move(16)
    await lab.engine().advance(run.id)
    beating = asyncio.create_task(engine.beat())
    await stopped.wait()
    await advancing
    beating.cancel()
    await asyncio.gather(beating, return_exceptions=True)
    assert (await lab.run(run.id)).waiting_for is Waiting.CHECK


async def test_the_heartbeat_keeps_the_lease_while_a_step_takes_long(lab: Lab, clock: FixedClock) -> None:
    started = asyncio.Event()

    async def hang(_params: LabParams, _context: StepContext) -> None:
        started.set()
        await asyncio.Event().wait()

    lab.on("hang", hang)
    engine = lab.engine()
    run = await lab.queued(await lab.workflow({"id": "a", "uses": "lab.once", "with": {"do": "hang"}}))
    before = clock.now()
    tasks = [asyncio.create_task(engine.advance(run.id)), asyncio.create_task(engine.beat())]
    await started.wait()

    async def is_late() -> bool:
        return clock.now() - before > timedelta(seconds=60)

    await until(is_late)
    lease_until = (await lab.run(run.id)).lease_until
    assert lease_until is not None
    assert lease_until > before + timedelta(seconds=50)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_worker_that_stops_hands_its_runs_back_at_once(lab: Lab) -> None:
    started = asyncio.Event()

    async def hang(_params: LabParams, _context: StepContext) -> None:
        started.set()
        await asyncio.Event().wait()

    lab.on("hang", hang)
    engine = lab.engine()
    run = await lab.queued(await lab.workflow({"id": "a", "with": {"do": "hang"}}))
    advancing = asyncio.create_task(engine.advance(run.id))
    await started.wait()
    advancing.cancel()
    await asyncio.gather(advancing, return_exceptions=True)
    await engine.release()
    del lab.behaviours["hang"]
    await lab.engine().advance(run.id)
    assert (await lab.run(run.id)).state is RunState.SUCCEEDED


async def test_a_database_that_is_away_for_a_while_is_waited_for(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    record = lab.store.journal.record
    failures = 3

    async def sometimes(**values: object) -> None:
        nonlocal failures
        if failures:
            failures -= 1
            raise StoreError("The database cannot be used now.")
        await record(**values)  # type: ignore[arg-type]

    monkeypatch.setattr(lab.store.journal, "record", sometimes)
    run = await lab.ran({"id": "a", "uses": "lab.once"}, {"id": "b"})
    assert run.state is RunState.SUCCEEDED
    assert len(lab.calls) == 2
    assert failures == 0
    assert "trying again" in caplog.text


async def test_a_step_goes_on_when_the_database_is_away_just_as_its_run_is_told_something(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    begin, engine = lab.store.begin, lab.engine()
    tried = asyncio.Event()

    def away() -> Any:
        monkeypatch.setattr(lab.store, "begin", begin)
        tried.set()
        raise StoreError("The database cannot be used now.")

    async def work(_params: LabParams, context: StepContext) -> None:
        monkeypatch.setattr(lab.store, "begin", away)
        engine.heard(context.run_id)
        await tried.wait()

    lab.on("work", work)
    run = await lab.ran({"id": "a", "uses": "lab.once", "with": {"do": "work"}}, {"id": "b"}, engine=engine)
    assert run.state is RunState.SUCCEEDED
    assert len(lab.calls) == 2
    assert "trying again" in caplog.text


async def test_a_bug_of_the_engine_ends_the_run_instead_of_being_repeated_for_ever(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_args: object, **_options: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("worker.execution.plan", broken)
    run = await lab.ran({"id": "a"})
    assert run.state is RunState.FAILED
    assert run.failure is not None
    assert run.failure.cause == "bug"
    assert run.failure.message.partition("reference ")[2].rstrip(").") in caplog.text
