"""What goes wrong in a step, and what is made of it."""

from __future__ import annotations

import asyncio
import logging

import pytest

from core.errors import RateLimitedError, RejectedError, StoreError, TimedOutError, UnavailableError
from store.record import AttemptState, RunState, Waiting
from tests.contract.worker.lab import Lab, LabParams, LabResult
from tests.fakes.clock import FixedClock
from tools.step import StepContext


class Flaky:
    """Fails so many times, then succeeds."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)

    async def __call__(self, _params: LabParams, _context: StepContext) -> None:
        if self.errors:
            raise self.errors.pop(0)


async def test_a_retryable_error_is_tried_again_with_backoff_under_the_same_key(lab: Lab, clock: FixedClock) -> None:
    lab.on("flaky", Flaky(UnavailableError("Down."), UnavailableError("Still down.")))
    before = clock.now()
    run = await lab.ran(
        {"id": "a", "uses": "lab.idempotent", "with": {"do": "flaky", "say": 1}, "retry": {"attempts": 3}}
    )
    assert run.state is RunState.SUCCEEDED
    attempts = await lab.attempts(run)
    assert [(each.number, each.state) for each in attempts] == [
        (1, AttemptState.FAILED),
        (2, AttemptState.FAILED),
        (3, AttemptState.SUCCEEDED),
    ]
    assert attempts[0].failure is not None
    assert attempts[0].failure.message == "Down."
    assert len({call.key for call in lab.calls}) == 1
    assert 0 < (clock.now() - before).total_seconds() <= 3


async def test_it_gives_up_after_the_attempts_it_was_given(lab: Lab) -> None:
    lab.on("flaky", Flaky(*[UnavailableError("Down.")] * 9))
    run = await lab.ran({"id": "a", "with": {"do": "flaky"}, "retry": {"attempts": 2}}, {"id": "b"})
    assert run.state is RunState.FAILED
    assert run.failure is not None
    assert (run.failure.cause, run.failure.message, run.failure.step_id) == ("unavailable", "Down.", "a")
    assert len(lab.calls) == 2
    assert "b" not in await lab.states(run)


async def test_a_long_delay_holds_no_worker(lab: Lab, clock: FixedClock) -> None:
    """The next try is due in the record; another worker makes it."""
    lab.on("flaky", Flaky(RateLimitedError("Slow down.", retry_after_s=120)))
    run = await lab.ran({"id": "a", "with": {"do": "flaky", "say": "ok"}})
    assert (run.state, run.waiting_for) == (RunState.WAITING, Waiting.TIMER)
    assert run.due_at is not None
    assert 120 <= (run.due_at - clock.now()).total_seconds() <= 121
    await lab.engine().advance(run.id)
    assert (await lab.run(run.id)).state is RunState.WAITING, "too early"
    clock.move(122)
    await lab.engine().advance(run.id)
    run = await lab.run(run.id)
    assert run.state is RunState.SUCCEEDED
    assert [each.number for each in await lab.attempts(run)] == [1, 2]


async def test_a_refusal_is_not_tried_again(lab: Lab) -> None:
    lab.on("flaky", Flaky(RejectedError("No such page.", advice="Check the address.")))
    run = await lab.ran({"id": "a", "with": {"do": "flaky"}, "retry": {"attempts": 5}})
    assert run.failure is not None
    assert (run.failure.cause, run.failure.advice) == ("rejected", "Check the address.")
    assert len(lab.calls) == 1


async def test_a_tolerated_failure_lets_the_run_go_on_and_says_so_to_later_steps(lab: Lab) -> None:
    lab.on("flaky", Flaky(RejectedError("No.")))
    run = await lab.ran(
        {"id": "a", "with": {"do": "flaky"}, "on_error": "continue"},
        {"id": "b", "with": {"say": ["${{ steps.a.failed }}", "${{ steps.a.error }}"]}},
        {"id": "c", "on_error": "continue", "with": {"say": 5}},
        {"id": "d", "with": {"say": "${{ steps.c.failed }}"}},
    )
    assert run.state is RunState.SUCCEEDED
    assert lab.said[1:] == [[True, "No."], 5, False]


async def test_a_step_that_takes_too_long_is_stopped(lab: Lab) -> None:
    stopped = False

    async def hang(_params: LabParams, _context: StepContext) -> None:
        nonlocal stopped
        try:
            await asyncio.Event().wait()
        finally:
            stopped = True

    lab.on("hang", hang)
    run = await lab.ran({"id": "a", "timeout_s": 0.01, "with": {"do": "hang"}, "retry": {"attempts": 1}})
    assert run.failure is not None
    assert run.failure.cause == "timed out"
    assert stopped


async def test_something_that_must_happen_once_and_timed_out_waits_for_a_person(lab: Lab) -> None:
    lab.on("late", Flaky(TimedOutError("No answer.")))
    run = await lab.ran({"id": "a", "uses": "lab.once", "with": {"do": "late"}})
    assert (run.state, run.waiting_for, run.due_at) == (RunState.WAITING, Waiting.CHECK, None)
    assert len(lab.calls) == 1


async def test_a_bug_is_logged_once_and_told_by_its_reference(lab: Lab, caplog: pytest.LogCaptureFixture) -> None:
    async def bug(_params: LabParams, _context: StepContext) -> None:
        raise ZeroDivisionError("secret detail")

    lab.on("bug", bug)
    run = await lab.ran({"id": "a", "with": {"do": "bug"}})
    assert run.failure is not None
    assert run.failure.cause == "bug"
    assert "secret detail" not in run.failure.message
    logged = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(logged) == 1
    reference = run.failure.message.partition("reference ")[2].rstrip(").")
    assert reference.startswith("ref_")
    assert reference in logged[0].getMessage()


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ({"uses": "lab.unknown"}, "There is no step type lab.unknown."),
        ({"with": {"sya": 1}}, "sya: Extra inputs are not permitted"),
        ({"with": {"do": [1]}}, "do: Input should be a valid string"),
        ({"with": {"say": "${{ steps.nope.x }}"}}, "${{ steps.nope.x }}: there is no “nope” in it"),
        ({"if": "1 +"}, "${{ 1 + }}: "),
    ],
)
async def test_what_does_not_fit_fails_with_a_sentence_that_names_it(
    lab: Lab, step: dict[str, object], message: str
) -> None:
    run = await lab.ran({"id": "a", **step})
    assert run.failure is not None
    assert run.failure.cause == "rejected"
    assert run.failure.message.startswith(message)
    assert not lab.calls


async def test_when_one_branch_fails_the_other_finishes_what_it_does_and_no_more_begins(lab: Lab) -> None:
    failed = asyncio.Event()

    async def fail(_params: LabParams, _context: StepContext) -> None:
        failed.set()
        raise RejectedError("No.")

    async def finish(_params: LabParams, _context: StepContext) -> None:
        await failed.wait()
        await asyncio.sleep(0)

    lab.on("fail", fail)
    lab.on("finish", finish)
    run = await lab.ran(
        {"id": "a", "with": {"do": "fail"}},
        {"id": "b", "needs": [], "uses": "lab.once", "with": {"do": "finish"}},
        {"id": "c", "needs": ["b"]},
    )
    assert run.state is RunState.FAILED
    assert await lab.states(run) == {"a": "failed", "b": "succeeded"}


async def test_the_records_being_away_is_no_bug_of_the_step(lab: Lab) -> None:
    lab.on("flaky", Flaky(StoreError("The database cannot be used now.")))
    run = await lab.ran({"id": "a", "with": {"do": "flaky"}})
    assert run.state is RunState.SUCCEEDED
    assert len(lab.calls) == 2


async def test_a_result_that_is_too_large_is_refused_when_reading_and_cut_when_it_has_happened(lab: Lab) -> None:
    async def large(_params: LabParams, _context: StepContext) -> LabResult:
        return LabResult(said="x" * 2_000_000)

    lab.on("large", large)
    run = await lab.ran({"id": "a", "with": {"do": "large"}})
    assert run.failure is not None
    assert "too large" in run.failure.message
    run = await lab.ran({"id": "a", "uses": "lab.once", "with": {"do": "large"}})
    assert run.state is RunState.SUCCEEDED
    output = (await lab.attempts(run))[0].output
    assert isinstance(output, dict)
    assert "more characters" in str(output["said"])


async def test_parameters_are_kept_short_and_without_secrets(lab: Lab) -> None:
    run = await lab.ran({"id": "a", "with": {"say": {"api_key": "s3cr3t-value", "text": "y" * 9000}}})
    shown = str((await lab.attempts(run))[0].input)
    assert "s3cr3t" not in shown
    assert len(shown) < 5000
    assert lab.said == [{"api_key": "s3cr3t-value", "text": "y" * 9000}], "the step itself got them whole"


async def test_a_failed_run_goes_on_from_the_failed_step(lab: Lab) -> None:
    """Steps that succeeded are not repeated, and the failed one has all its tries again."""
    lab.on("flaky", Flaky(UnavailableError("Down."), UnavailableError("Down."), UnavailableError("Down.")))
    run = await lab.ran(
        {"id": "a", "uses": "lab.once", "with": {"say": "sent"}},
        {"id": "b", "with": {"do": "flaky", "say": "b"}, "retry": {"attempts": 2}},
    )
    assert run.state is RunState.FAILED
    async with lab.store.begin() as records:
        assert await records.runs.requeue(run.id, at=lab.clock.now())
    await lab.engine().advance(run.id)
    run = await lab.run(run.id)
    assert (run.state, run.failure) == (RunState.SUCCEEDED, None)
    assert lab.said == ["sent", "b", "b", "b", "b"]
    assert [each.number for each in await lab.attempts(run, "b")] == [1, 2, 3, 4]
