"""Text files, the calendar, and the steps that wait, ask, choose and start others."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from core.errors import BlockedError, RejectedError
from tests.fakes.clock import FixedClock
from tests.fakes.run_step import registry, run_step
from tests.fakes.step_context import MemoryApprovals, MemoryChildren, make_context
from tools.approval import ApprovalStatus
from tools.files import FolderFiles
from tools.outbound import ChildOutcome
from tools.step import Effect, Pause, Resumption, Risk, StepContext

BERLIN = ZoneInfo("Europe/Berlin")
OPEN = ApprovalStatus(outcome="open")


def resumed(context: StepContext, signal: dict[str, Any] | None = None) -> StepContext:
    return dataclasses.replace(context, resumption=Resumption(signal=signal))


# Files


async def test_text_and_data_are_written_and_read(files: FolderFiles) -> None:
    context = make_context(files=files, zone=BERLIN)
    assert (await run_step("file.write", context, path="a/b.txt", text="Zoë\n")).size == 5
    assert (await run_step("file.read", context, path="a/b.txt")).text == "Zoë\n"
    await run_step("file.write", context, path="c.json", text={"b": [1], "a": "ü"})
    assert (await files.read("c.json")).decode() == '{\n  "b": [\n    1\n  ],\n  "a": "ü"\n}\n'
    assert (await run_step("file.list", context, pattern="**/*")).paths == ["a/b.txt", "c.json"]
    cut = await run_step("file.read", context, path="a/b.txt", limit=2)
    assert (cut.text, cut.is_cut, cut.size) == ("Zo", True, 5)


async def test_lines_are_added_one_below_the_other(files: FolderFiles) -> None:
    context = make_context(files=files)
    for text in ("one", "two\n", {"three": 3}):
        await run_step("file.write", context, path="log", text=text, append=True)
    assert (await files.read("log")).decode() == 'one\ntwo\n{"three":3}\n'


async def test_a_name_with_date_and_time_is_the_same_in_each_attempt(files: FolderFiles) -> None:
    context = make_context(files=files, zone=BERLIN)
    context.clock.move(100)  # type: ignore[attr-defined]
    for _ in range(2):
        written = await run_step("file.write", context, path="out/notes.txt", text="x", timestamped=True)
        assert written.path == "out/notes-2026-12-02-110000.txt"
    assert await files.names() == [written.path]


async def test_files_that_are_no_text_or_lie_outside_are_refused(files: FolderFiles) -> None:
    context = make_context(files=files)
    await files.write("a.pdf", b"%PDF-1.7 x")
    with pytest.raises(RejectedError, match="not a text file"):
        await run_step("file.read", context, path="a.pdf")
    for path in ("../x", "/etc/passwd"):
        with pytest.raises(BlockedError):
            await run_step("file.read", context, path=path)
        with pytest.raises(BlockedError):
            await run_step("file.write", context, path=path, text="x")


def test_adding_is_done_once_and_replacing_is_warned_of() -> None:
    step_type = registry().find("file.write")
    assert step_type is not None
    adding = step_type.params.model_validate({"path": "a", "text": "x", "append": True})
    replacing = step_type.params.model_validate({"path": "a", "text": "x"})
    assert (step_type.effect_of(adding), step_type.risk_of(adding)) == (Effect.ONCE, Risk.NONE)
    assert (step_type.effect_of(replacing), step_type.risk_of(replacing)) == (Effect.IDEMPOTENT, Risk.LOW)


# Dates


async def test_now_is_told_in_the_zone_that_is_meant() -> None:
    result = await run_step("date.now", make_context(zone=BERLIN))
    assert (result.moment, result.date, result.time) == ("2026-12-02T11:00:00+01:00", "2026-12-02", "11:00")
    assert (result.weekday, result.week, result.is_weekend, result.zone) == ("Wednesday", 49, False, "Europe/Berlin")
    assert (await run_step("date.now", make_context(), zone="Asia/Tokyo")).time == "19:00"


@pytest.mark.parametrize(
    ("given", "moment"),
    [
        ({"moment": "2026-01-31", "months": 1}, "2026-02-28T00:00:00+01:00"),
        ({"moment": "2024-02-29", "years": 1}, "2025-02-28T00:00:00+01:00"),
        ({"moment": "2027-03-27T09:00", "days": 1}, "2027-03-28T09:00:00+02:00"),
        ({"moment": "2027-03-27T09:00", "hours": 24}, "2027-03-28T10:00:00+02:00"),
        ({"moment": "2027-03-27T02:30", "days": 1}, "2027-03-28T03:30:00+02:00"),
        ({"moment": "2026-12-04", "business_days": 1}, "2026-12-07T00:00:00+01:00"),
        ({"moment": "2026-12-07", "business_days": -1}, "2026-12-04T00:00:00+01:00"),
        ({"moment": "2026-12-03", "seconds": -90}, "2026-12-02T23:58:30+01:00"),
        ({"moment": datetime(2026, 12, 3, 9, 30, tzinfo=UTC)}, "2026-12-03T10:30:00+01:00"),
    ],
)
async def test_dates_are_calculated_as_people_mean_them(given: dict[str, Any], moment: str) -> None:
    assert (await run_step("date.add", make_context(zone=BERLIN), **given)).moment == moment


@pytest.mark.parametrize("given", [{"moment": "9999-12-31", "days": 1}, {"moment": "0500-01-01", "years": -600}])
async def test_a_date_outside_the_calendar_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(RejectedError, match="years 1 to 9999"):
        await run_step("date.add", make_context(), **given)


async def test_dates_are_written_by_a_format() -> None:
    context = make_context(zone=BERLIN)
    assert (await run_step("date.format", context, moment="2026-12-03")).text == "Thursday, 03 December 2026"
    result = await run_step(
        "date.format", context, moment="2026-12-03T09:30Z", zone="Asia/Tokyo", format="%d.%m. %H:%M %%"
    )
    assert (result.text, result.zone) == ("03.12. 18:30 %", "Asia/Tokyo")
    for wrong in ("%Q", "50%", "%-d"):
        with pytest.raises(RejectedError, match="is not understood"):
            await run_step("date.format", context, moment="2026-12-03", format=wrong)


@pytest.mark.parametrize(
    ("start", "end", "unit", "whole", "order"),
    [
        ("2026-12-03T23:00", "2026-12-04T01:00", "days", 1, "after"),
        ("2026-12-03", "2026-12-24", "weeks", 3, "after"),
        ("2026-12-03T10:00", "2026-12-03T08:30", "hours", -1, "before"),
        ("2026-12-03T10:00+01:00", "2026-12-03T09:00Z", "seconds", 0, "same"),
        ("2027-03-28T00:00", "2027-03-29T00:00", "hours", 23, "after"),
    ],
)
async def test_differences_count_whole_units(start: str, end: str, unit: str, whole: int, order: str) -> None:
    result = await run_step("date.difference", make_context(zone=BERLIN), start=start, end=end, unit=unit)
    assert (result.whole, result.order) == (whole, order)


# Waiting


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(90, 90), ("90", 90), ("10m", 600), ("1h 30m", 5400), ("2 days", 172_800), ("1 hour and 5 minutes", 3900)],
)
async def test_a_delay_is_due_counted_from_the_first_start(clock: FixedClock, seconds: Any, expected: int) -> None:
    context = make_context(clock=clock)
    started = clock.now()
    clock.move(30)  # e.g. the worker was restarted meanwhile
    pause = await run_step("flow.delay", context, seconds=seconds)
    assert pause == Pause(waiting_for="timer", until=started + timedelta(seconds=expected))
    result = await run_step("flow.delay", resumed(context), seconds=seconds)
    assert result.waited_s == expected


async def test_a_delay_that_is_over_already_does_not_pause(clock: FixedClock) -> None:
    context = make_context(clock=clock)
    clock.move(120)
    assert (await run_step("flow.delay", context, seconds=60)).waited_s == 60


@pytest.mark.parametrize("seconds", [-1, "soon", "10 parsecs", 1e12, None, "1h x"])
async def test_a_delay_that_is_none_is_refused(seconds: Any) -> None:
    with pytest.raises(ValidationError):
        await run_step("flow.delay", make_context(), seconds=seconds)


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-12-03T09:30", "2026-12-03T08:30:00+00:00"),
        ("2026-12-03T09:30Z", "2026-12-03T09:30:00+00:00"),
        ("11:01", "2026-12-02T10:01:00+00:00"),
        ("11:00", "2026-12-03T10:00:00+00:00"),
        ("9:30", "2026-12-03T08:30:00+00:00"),
    ],
)
async def test_a_time_is_waited_for_in_the_owners_zone(at: str, until: str) -> None:
    pause = await run_step("flow.wait_until", make_context(zone=BERLIN), at=at)
    assert isinstance(pause, Pause)
    assert pause.until is not None
    assert pause.until.astimezone(UTC).isoformat() == until


async def test_a_time_of_day_does_not_move_on_when_the_step_is_called_again(clock: FixedClock) -> None:
    context = make_context(clock=clock, zone=BERLIN)
    clock.move(3 * 3600)
    assert (await run_step("flow.wait_until", context, at="12:00")).until == "2026-12-02T12:00:00+01:00"


async def test_a_moment_that_is_past_or_none_is_answered_at_once() -> None:
    assert (await run_step("flow.wait_until", make_context(), at="2020-01-01")).waited_s == 0
    for wrong in ("soon", "25:00"):
        with pytest.raises(RejectedError, match="is not a date"):
            await run_step("flow.wait_until", make_context(), at=wrong)


# Asking, choosing, starting


async def test_an_approval_asks_and_goes_on_with_the_answer() -> None:
    approvals = MemoryApprovals([OPEN, ApprovalStatus(outcome="approved", by="Ada", fields={"amount": 5})])
    context = make_context(approvals=approvals)
    pause = await run_step(
        "flow.approval", context, prompt="Send it?", approvers=["Ada", {"group": "finance"}], quorum=2
    )
    assert pause == Pause(waiting_for="approval", prompt="Send it?")
    assert [(one.kind, one.name) for one in approvals.asked[0].approvers] == [("person", "Ada"), ("group", "finance")]
    yes = await run_step("flow.approval", context, prompt="Send it?")
    assert (yes.approved, yes.outcome, yes.by, yes.comment, yes.fields) == (True, "approved", "Ada", "", {"amount": 5})


async def test_an_approval_wants_to_be_looked_at_when_something_is_due(clock: FixedClock) -> None:
    approvals = MemoryApprovals([ApprovalStatus(outcome="open", next_at=clock.now())])
    pause = await run_step(
        "flow.approval",
        make_context(approvals=approvals, clock=clock),
        prompt="?",
        remind_after="4h",
        escalate={"after": "1 day", "to": [{"role": "owner"}]},
        expires_after="2 days",
    )
    assert isinstance(pause, Pause)
    assert pause.until == clock.now()
    [asked] = approvals.asked
    assert (asked.remind_after_s, asked.escalate_after_s, asked.expires_after_s) == (14_400, 86_400, 172_800)


@pytest.mark.parametrize(
    ("status", "option", "message"),
    [
        (ApprovalStatus(outcome="rejected", by="Ada", comment="too early"), "on_no", "Ada said no: too early"),
        (ApprovalStatus(outcome="expired"), "on_expiry", "Nobody decided in time"),
    ],
)
async def test_a_no_and_no_answer_stop_the_run_or_are_told_to_it(
    status: ApprovalStatus, option: str, message: str
) -> None:
    context = make_context(approvals=MemoryApprovals([status]))
    with pytest.raises(RejectedError, match=message):
        await run_step("flow.approval", context, prompt="Send it?")
    told = await run_step("flow.approval", context, prompt="Send it?", **{option: "continue"})
    assert (told.approved, told.outcome) == (False, status.outcome)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"approvers": [{"person": "a", "group": "b"}]}, "one of person, group and role"),
        ({"approvers": [{}]}, "one of person, group and role"),
        ({"editable": ["amount"]}, "amount, which is no field"),
        ({"four_eyes": True}, "four_eyes needs approvers"),
        ({"quorum": 0}, "greater than or equal to 1"),
    ],
)
async def test_an_approval_that_makes_no_sense_is_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        await run_step("flow.approval", make_context(), prompt="?", **wrong)


@pytest.mark.parametrize(
    ("first", "second", "branch"),
    [
        (False, True, "b"),
        (True, True, "a"),
        ("no", [], "none"),
        ("", "yes", "b"),
        ([0], None, "a"),
        (0, "False", "none"),
    ],
)
async def test_the_first_true_case_is_chosen(first: Any, second: Any, branch: str) -> None:
    cases = [{"name": "a", "when": first}, {"name": "b", "when": second}]
    assert (await run_step("flow.branch", make_context(), cases=cases, otherwise="none")).branch == branch


async def test_another_workflow_is_started_once_and_waited_for() -> None:
    children = MemoryChildren()
    context = make_context(children=children)
    given = {"workflow": "Export", "values": {"a": 1}}
    for _ in range(2):
        assert await run_step("flow.run_workflow", context, **given) == Pause(waiting_for="run")
    assert children.started == [("Export", {"a": 1}, "key-1")]
    children.outcomes["run_of_key-1"] = ChildOutcome(state="succeeded", text="3 rows")
    result = await run_step("flow.run_workflow", resumed(context), **given)
    assert (result.run_id, result.state, result.text) == ("run_of_key-1", "succeeded", "3 rows")


async def test_the_failure_of_another_workflow_stops_this_one_unless_it_says_otherwise() -> None:
    children = MemoryChildren(outcomes={"run_of_key-1": ChildOutcome(state="failed", text="no network")})
    context = make_context(children=children)
    with pytest.raises(RejectedError, match="“Export” failed: no network"):
        await run_step("flow.run_workflow", context, workflow="Export")
    assert (await run_step("flow.run_workflow", context, workflow="Export", on_failure="continue")).state == "failed"
    assert (await run_step("flow.run_workflow", context, workflow="Export", wait=False)).state == "started"
