"""A step that must happen once and may have happened: a person is asked, always, and what they say is recorded."""

from __future__ import annotations

import asyncio

import pytest

from core.errors import OutcomeUnknownError, RejectedError
from store.record import AttemptState, Run, RunState, Waiting
from tests.contract.worker.lab import Lab, LabParams
from tests.contract.worker.test_engine_recovery import killed
from tests.fakes.clock import FixedClock
from tools.step import StepContext


async def broke(_params: LabParams, _context: StepContext) -> None:
    raise OutcomeUnknownError("The line broke.")


@pytest.mark.parametrize("on_error", ["stop", "continue", {"go_to": ["b"]}])
async def test_it_is_asked_whatever_a_failure_would_mean(
    lab: Lab, clock: FixedClock, on_error: str | dict[str, list[str]]
) -> None:
    send = {"id": "send", "uses": "lab.once", "with": {"do": "hang", "say": "mail"}, "on_error": on_error}
    run = await killed(lab, clock, send, {"id": "b", "with": {"say": "after"}})
    await lab.engine().advance(run.id)
    assert (await lab.run(run.id)).waiting_for is Waiting.CHECK
    lab.on("broke", broke)
    run = await lab.ran({**send, "with": {"do": "broke"}}, {"id": "b"})
    assert run.waiting_for is Waiting.CHECK


async def test_stop_ends_the_run_even_where_failures_are_tolerated(lab: Lab) -> None:
    lab.on("broke", broke)
    run = await lab.ran(
        {"id": "send", "uses": "lab.once", "with": {"do": "broke"}, "on_error": "continue"}, {"id": "b"}
    )
    await lab.tell(run, "send", "check:-1:1", answer="stop", person="Ana")
    await lab.engine().advance(run.id)
    run = await lab.run(run.id)
    assert run.state is RunState.FAILED
    assert run.failure is not None
    assert run.failure.cause == "unknown outcome"
    assert "b" not in await lab.states(run)


async def test_who_said_that_it_had_happened_is_recorded(lab: Lab, clock: FixedClock) -> None:
    lab.on("broke", broke)
    run = await lab.ran({"id": "send", "uses": "lab.once", "with": {"do": "broke"}}, {"id": "b"})
    await lab.tell(run, "send", "check:-1:1", answer="done", person="Ana")
    await lab.engine().advance(run.id)
    attempt = (await lab.attempts(run, "send"))[0]
    assert attempt.state is AttemptState.SUCCEEDED
    assert attempt.output == {"checked": {"answer": "done", "by": "Ana", "at": clock.now().isoformat()}}


async def requeued(lab: Lab, run: Run) -> Run:
    async with lab.store.begin() as records:
        assert await records.runs.requeue(run.id, at=lab.clock.now())
    await lab.engine().advance(run.id)
    return await lab.run(run.id)


async def test_a_stopped_run_that_is_wanted_again_asks_again(lab: Lab, clock: FixedClock) -> None:
    """A retry is no answer to whether it had happened."""
    lab.on("broke", broke)
    run = await lab.ran({"id": "send", "uses": "lab.once", "with": {"do": "broke"}}, {"id": "b"})
    await lab.tell(run, "send", "check:-1:1", answer="stop")
    await lab.engine().advance(run.id)
    clock.move(60)
    run = await requeued(lab, run)
    assert (run.state, run.waiting_for) == (RunState.WAITING, Waiting.CHECK)
    assert await lab.tell(run, "send", "check:-1:2", answer="done")
    await lab.engine().advance(run.id)
    assert (await lab.run(run.id)).state is RunState.SUCCEEDED
    assert len([call for call in lab.calls if call.step_id == "send"]) == 1


async def test_a_stopped_item_that_is_wanted_again_is_asked_about_and_not_repeated(lab: Lab, clock: FixedClock) -> None:
    lab.on("broke", broke)
    step = {
        "id": "send",
        "uses": "lab.once",
        "for_each": {"items": ["a"]},
        "with": {"do": "broke", "say": "${{ item }}"},
    }
    run = await lab.ran(step)
    await lab.tell(run, "send", "check:0:1", answer="stop")
    await lab.engine().advance(run.id)
    clock.move(60)
    run = await requeued(lab, run)
    assert (run.state, run.waiting_for, lab.said) == (RunState.WAITING, Waiting.CHECK, ["a"])
    assert await lab.tell(run, "send", "check:0:2", answer="done")
    await lab.engine().advance(run.id)
    assert ((await lab.run(run.id)).state, lab.said) == (RunState.SUCCEEDED, ["a"])


async def test_what_was_stopped_in_the_middle_by_another_failure_is_asked_about_when_wanted_again(lab: Lab) -> None:
    """It waited for a check when the other branch failed."""
    asked = asyncio.Event()

    async def refuse(_params: LabParams, _context: StepContext) -> None:
        await asked.wait()
        raise RejectedError("No.")

    async def unknown(_params: LabParams, _context: StepContext) -> None:
        asked.set()
        raise OutcomeUnknownError("The line broke.")

    lab.on("refuse", refuse)
    lab.on("unknown", unknown)
    run = await lab.ran(
        {"id": "send", "uses": "lab.once", "with": {"do": "unknown"}},
        {"id": "other", "needs": [], "with": {"do": "refuse"}},
    )
    assert run.state is RunState.FAILED
    del lab.behaviours["refuse"]
    run = await requeued(lab, run)
    assert run.waiting_for is Waiting.CHECK
    assert [call.step_id for call in lab.calls].count("send") == 1


async def test_each_item_in_doubt_is_answered_for_itself(lab: Lab) -> None:
    lab.on("broke", broke)
    run = await lab.ran(
        {"id": "each", "uses": "lab.once", "for_each": ["a", "b"], "with": {"say": "${{ item }}", "do": "broke"}}
    )
    assert run.waiting_for is Waiting.CHECK
    del lab.behaviours["broke"]
    await lab.tell(run, "each", "check:0:1", answer="done")
    await lab.engine().advance(run.id)
    run = await lab.run(run.id)
    assert (run.state, run.waiting_for) == (RunState.WAITING, Waiting.CHECK)
    await lab.tell(run, "each", "check:1:1", answer="retry")
    await lab.engine().advance(run.id)
    assert (await lab.run(run.id)).state is RunState.SUCCEEDED
    assert lab.said == ["a", "b", "b"]


async def test_a_list_is_not_given_up_while_an_item_of_it_is_in_doubt(lab: Lab) -> None:
    async def mixed(params: LabParams, _context: StepContext) -> None:
        raise OutcomeUnknownError if params.say == "a" else RejectedError("No.")

    lab.on("mixed", mixed)
    run = await lab.ran(
        {
            "id": "each",
            "uses": "lab.once",
            "for_each": {"items": ["a", "b", "c"], "concurrency": 1},
            "with": {"say": "${{ item }}", "do": "mixed"},
            "on_error": "continue",
        }
    )
    assert (run.waiting_for, lab.said) == (Waiting.CHECK, ["a", "b"])
    await lab.tell(run, "each", "check:0:1", answer="done")
    await lab.engine().advance(run.id)
    assert (await lab.run(run.id)).state is RunState.SUCCEEDED
    assert lab.said == ["a", "b"]
