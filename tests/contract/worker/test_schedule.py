"""Schedules and webhooks: one run for one fire time or delivery, whoever else is at it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.fernet import Fernet

from catalog.schedule import Schedule
from core.errors import RejectedError
from core.ids import new_id
from store.record import Priority, Run, RunState, Shows, TriggerKind, TriggerRecord, WorkflowState, reference
from store.sql.store import SqlStore
from store.vault import Vault
from tests.contract.worker.lab import CONVERSATION, Lab, LabParams, until
from tests.fakes.clock import FixedClock
from tools.step import StepContext
from worker.catch_up import missed_times
from worker.schedule import Scheduler
from worker.webhook import Webhooks

EVERY_HOUR = Schedule(cron="0 * * * *", timezone="Europe/Berlin")


def scheduler(lab: Lab) -> Scheduler:
    return Scheduler(store=lab.store, queue=lab.queue, events=lab.events, clock=lab.clock, sweep_s=5)


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 12, 2, hour, minute, tzinfo=UTC)


async def test_a_due_trigger_fires_and_is_due_again(any_lab: Lab, clock: FixedClock) -> None:
    lab = any_lab
    workflow = await lab.workflow({"id": "a", "with": {"say": "${{ trigger.fired_at }}"}})
    trigger = await lab.scheduled(workflow, EVERY_HOUR, at(11))
    assert await scheduler(lab).fire_due() == [], "not yet"
    clock.move(3600)
    (run,) = await scheduler(lab).fire_due()
    assert (run.trigger_id, run.state, run.priority, run.fire_key) == (
        trigger.id,
        RunState.QUEUED,
        Priority.SCHEDULED,
        f"{trigger.id}:2026-12-02T11:00:00+00:00",
    )
    assert lab.recorded.woken == [run.id]
    trigger = await lab.trigger(trigger)
    assert (trigger.next_at, trigger.last_at) == (at(12), at(11))
    assert await scheduler(lab).fire_due() == []
    await lab.engine().advance(run.id)
    assert lab.said == ["2026-12-02T12:00:00+01:00"], "in the schedule's own zone"


async def test_two_schedulers_fire_exactly_once(any_lab: Lab, clock: FixedClock) -> None:
    lab = any_lab
    workflow = await lab.workflow({"id": "a"})
    for _ in range(5):
        await lab.scheduled(workflow, EVERY_HOUR, at(11))
    clock.move(3600)
    fired = await asyncio.gather(*(scheduler(lab).fire_due() for _ in range(4)))
    assert sum(map(len, fired)) == 5
    assert len(await lab.runs(workflow)) == 5


async def test_missed_times_give_one_run_for_the_latest_and_then_the_future(lab: Lab, clock: FixedClock) -> None:
    workflow = await lab.workflow({"id": "a", "with": {"say": "${{ trigger.fired_at }}"}})
    trigger = await lab.scheduled(workflow, EVERY_HOUR, at(11))
    clock.move(5.5 * 3600)
    (run,) = await scheduler(lab).fire_due()
    assert run.input == {"fired_at": "2026-12-02T16:00:00+01:00"}
    assert (await lab.trigger(trigger)).next_at == at(16)
    assert await scheduler(lab).fire_due() == []


@pytest.mark.parametrize("days", [2, 40, 300])
async def test_a_long_downtime_is_caught_up_with_at_once(lab: Lab, clock: FixedClock, days: int) -> None:
    every_minute = Schedule(cron="* * * * *", timezone="UTC")
    await lab.scheduled(await lab.workflow({"id": "a"}), every_minute, at(11))
    clock.move(days * 86_400)
    (run,) = await scheduler(lab).fire_due()
    assert run.input == {"fired_at": clock.now().isoformat()}


def test_the_latest_times_are_found_however_the_schedule_is_made() -> None:
    """Each minute of each Monday: more times in a day than are computed at once."""
    mondays = Schedule(cron="* * * * 1", timezone="UTC")
    due, now = datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 12, 2, 12, tzinfo=UTC)
    last = datetime(2026, 11, 30, 23, 59, tzinfo=UTC)
    assert missed_times(mondays, due, now, 1) == [last]
    assert missed_times(mondays, due, now, 3) == [last - timedelta(minutes=2), last - timedelta(minutes=1), last]
    yearly = Schedule(rrule="FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=1", timezone="UTC")
    assert len(missed_times(yearly, due, now.replace(year=2031), 100)) == 6


async def test_all_missed_times_run_oldest_first_and_after_what_is_on_time(lab: Lab, clock: FixedClock) -> None:
    every = EVERY_HOUR.model_copy(update={"catch_up": "all"})
    workflow = await lab.workflow({"id": "a", "with": {"say": "${{ trigger.fired_at }}"}})
    trigger = await lab.scheduled(workflow, every, at(11))
    clock.move(4 * 3600)
    runs = await scheduler(lab).fire_due()
    assert [run.fire_key for run in runs] == [
        f"{trigger.id}:2026-12-02T{hour}:00:00+00:00" for hour in (11, 12, 13, 14)
    ]
    assert [run.priority for run in runs] == [Priority.BULK] * 3 + [Priority.SCHEDULED]
    assert lab.recorded.woken == [run.id for run in runs]
    assert [run.id for run in reversed(await lab.runs(workflow))] == [run.id for run in runs]
    assert (await lab.trigger(trigger)).next_at == at(15)
    for run in runs:
        await lab.engine().advance(run.id)
    assert lab.said == [f"2026-12-02T{hour}:00:00+01:00" for hour in (12, 13, 14, 15)]


async def test_catching_up_has_a_bound(lab: Lab, clock: FixedClock) -> None:
    every = Schedule(cron="* * * * *", timezone="UTC", catch_up="all")
    workflow = await lab.workflow({"id": "a"})
    await lab.scheduled(workflow, every, at(11))
    clock.move(30 * 86_400)
    runs = await scheduler(lab).fire_due()
    assert len(runs) == 100
    assert runs[-1].input == {"fired_at": clock.now().isoformat()}, "the latest ones"


@pytest.mark.parametrize(("late_s", "fires"), [(0, True), (59, True), (61, False)])
async def test_missed_times_are_passed_over_when_they_are_really_missed(
    lab: Lab, clock: FixedClock, late_s: int, fires: bool
) -> None:
    workflow = await lab.workflow({"id": "a"})
    trigger = await lab.scheduled(workflow, EVERY_HOUR.model_copy(update={"catch_up": "skip"}), at(11))
    clock.move(4 * 3600 + late_s)
    runs = await scheduler(lab).fire_due()
    assert [run.input for run in runs] == ([{"fired_at": "2026-12-02T15:00:00+01:00"}] if fires else [])
    assert (await lab.trigger(trigger)).next_at == at(15)


async def test_a_moment_that_is_passed_over_ends_its_workflow(lab: Lab, clock: FixedClock) -> None:
    workflow = await lab.workflow({"id": "a"})
    await lab.scheduled(workflow, Schedule(at=at(10, 1), timezone="UTC", catch_up="skip"), at(10, 1))
    clock.move(3600)
    assert await scheduler(lab).fire_due() == []
    assert await lab.state_of(workflow) is WorkflowState.ENDED


async def test_workers_of_many_processes_fire_each_time_once(any_url: str, clock: FixedClock) -> None:
    """Each with connections of its own, over a downtime that is caught up with and for three times after it."""
    stores = [await SqlStore.open(any_url, fsync=False) for _ in range(4)]
    lab = await Lab(stores[0], clock).settle()
    workflow = await lab.workflow({"id": "a"})
    for catch_up in ("once", "all", "skip"):
        await lab.scheduled(workflow, EVERY_HOUR.model_copy(update={"catch_up": catch_up}), at(11))
    rivals = [Scheduler(store=each, queue=lab.queue, events=lab.events, clock=clock, sweep_s=5) for each in stores]
    counts = []
    for hours in (5, 1, 1, 1):
        clock.move(hours * 3600)
        fired = await asyncio.gather(*(rival.fire_due() for rival in rivals))
        counts.append(sum(map(len, fired)))
    assert counts == [1 + 5 + 1, 3, 3, 3]
    async with stores[0].begin() as records:
        assert len(await records.runs.of_workflow(workflow.id, limit=100)) == sum(counts)
    for each in stores:
        await each.close()


async def test_a_moment_fires_once_and_its_workflow_ends_with_the_run(lab: Lab, clock: FixedClock) -> None:
    workflow = await lab.workflow({"id": "a"})
    trigger = await lab.scheduled(workflow, Schedule(at=at(10, 1), timezone="UTC"), at(10, 1))
    clock.move(60)
    (run,) = await scheduler(lab).fire_due()
    trigger = await lab.trigger(trigger)
    assert (trigger.next_at, trigger.is_active) == (None, False)
    assert await lab.state_of(workflow) is WorkflowState.ACTIVE, "its run goes on"
    await lab.engine().advance(run.id)
    assert await lab.state_of(workflow) is WorkflowState.ENDED


async def test_a_schedule_that_goes_on_does_not_end_its_workflow(lab: Lab, clock: FixedClock) -> None:
    workflow = await lab.workflow({"id": "a"})
    await lab.scheduled(workflow, EVERY_HOUR, at(11))
    clock.move(3600)
    (run,) = await scheduler(lab).fire_due()
    await lab.engine().advance(run.id)
    assert await lab.state_of(workflow) is WorkflowState.ACTIVE


@pytest.mark.parametrize("state", [WorkflowState.PAUSED, WorkflowState.DELETED, WorkflowState.DRAFT])
async def test_what_is_not_active_does_not_fire_but_moves_on(lab: Lab, clock: FixedClock, state: WorkflowState) -> None:
    workflow = await lab.workflow({"id": "a"}, state=state)
    trigger = await lab.scheduled(workflow, EVERY_HOUR, at(11))
    clock.move(3600)
    assert await scheduler(lab).fire_due() == []
    assert (await lab.trigger(trigger)).next_at == at(12)


async def test_a_workflow_without_a_yes_does_not_fire(lab: Lab, clock: FixedClock) -> None:
    await lab.scheduled(await lab.workflow({"id": "a"}, is_approved=False), EVERY_HOUR, at(11))
    clock.move(3600)
    assert await scheduler(lab).fire_due() == []


async def test_a_schedule_that_cannot_be_read_ends_itself(lab: Lab, clock: FixedClock) -> None:
    workflow = await lab.workflow({"id": "a"})
    broken = TriggerRecord(
        id="trg_broken",
        workflow_id=workflow.id,
        kind=TriggerKind.SCHEDULE,
        config={"cron": "no such thing"},
        is_active=True,
        created_at=clock.now(),
        next_at=clock.now(),
    )
    await lab.add_trigger(broken)
    assert await scheduler(lab).fire_due() == []
    assert not (await lab.trigger(broken)).is_active


async def test_the_scheduler_sleeps_until_the_next_time_and_hears_of_changes(store: SqlStore) -> None:
    """On the real clock: a time in 50 ms fires then, not with the next look."""
    from core.clock import SystemClock

    lab = await Lab(store, SystemClock()).settle()
    workflow = await lab.workflow({"id": "a"})
    patient = Scheduler(store=store, queue=lab.queue, events=lab.events, clock=lab.clock, sweep_s=60)
    running = asyncio.create_task(patient.run())
    await asyncio.sleep(0.05)
    soon = lab.clock.now() + timedelta(milliseconds=50)
    await lab.scheduled(workflow, Schedule(at=soon, timezone="UTC"), soon)
    patient.look_again()
    await until(lambda: bool(lab.recorded.woken), timeout_s=5)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    (run,) = await lab.runs(workflow)
    assert run.created_at >= soon


async def test_a_failure_of_a_scheduled_run_is_told_when_it_is_news(lab: Lab, clock: FixedClock) -> None:
    """Once for each time that it begins to fail, not for each failure."""
    states = iter(["down", "down", "up", "down"])

    async def look(_params: LabParams, _context: StepContext) -> None:
        if next(states) == "down":
            raise RejectedError("Down.")

    lab.on("look", look)
    workflow = await lab.workflow({"id": "a", "with": {"do": "look"}})
    await lab.scheduled(workflow, EVERY_HOUR, at(11))
    told = []
    for _ in range(4):
        clock.move(3600)
        (run,) = await scheduler(lab).fire_due()
        await lab.engine().advance(run.id)
        told.append(len(await lab.messages()))
        last = run
    assert told == [1, 1, 1, 2]
    message = (await lab.messages())[-1]
    assert message.parts == [reference(Shows.RUN, last.id)]
    async with lab.store.begin() as records:
        (card,) = await records.cards.of_subject(Shows.RUN, last.id)
    assert (card.conversation_id, card.message_id) == (CONVERSATION, message.id)


async def test_a_schedule_that_keeps_failing_is_paused_with_one_message(any_lab: Lab, clock: FixedClock) -> None:
    """Five in a row, whatever came before; what is queued by then still runs, and says no more."""
    lab = any_lab
    states = iter(["down", "up", *["down"] * 7])

    async def look(_params: LabParams, _context: StepContext) -> None:
        if next(states) == "down":
            raise RejectedError("Down.")

    lab.on("look", look)
    workflow = await lab.workflow({"id": "a", "with": {"do": "look"}})
    trigger = await lab.scheduled(workflow, EVERY_HOUR, at(11))
    fired: list[Run] = []
    for place in range(7):
        clock.move(3600)
        fired += await scheduler(lab).fire_due()
        if place == 6:
            fired.append(await lab.queued(workflow, trigger_id=trigger.id, created_at=clock.now()))
        for run in fired[place:]:
            assert (await lab.trigger(trigger)).is_active or place == 6
            await lab.engine().advance(run.id)
    stopped = await lab.trigger(trigger)
    assert (stopped.is_active, stopped.next_at, stopped.failures, stopped.problem) == (False, None, 5, "Down.")
    assert await lab.state_of(workflow) is WorkflowState.PAUSED
    told = [message.parts for message in await lab.messages()]
    assert told.count([reference(Shows.WORKFLOW, workflow.id)]) == 1
    clock.move(3600)
    assert await scheduler(lab).fire_due() == []


async def test_runs_that_fail_at_the_same_moment_pause_it_once(any_lab: Lab, clock: FixedClock) -> None:
    async def fail(_params: LabParams, _context: StepContext) -> None:
        raise RejectedError("Down.")

    lab = any_lab
    lab.on("fail", fail)
    workflow = await lab.workflow({"id": "a", "with": {"do": "fail"}})
    trigger = await lab.scheduled(workflow, EVERY_HOUR.model_copy(update={"catch_up": "all"}), at(11))
    clock.move(20 * 3600)
    runs = await scheduler(lab).fire_due()
    assert len(runs) == 20
    await asyncio.gather(*(lab.engine().advance(run.id) for run in runs))
    assert not (await lab.trigger(trigger)).is_active
    told = [message.parts for message in await lab.messages()]
    assert told.count([reference(Shows.WORKFLOW, workflow.id)]) == 1


async def test_failures_before_it_was_resumed_do_not_count(lab: Lab, clock: FixedClock) -> None:
    async def fail(_params: LabParams, _context: StepContext) -> None:
        raise RejectedError("Down.")

    lab.on("fail", fail)
    workflow = await lab.workflow({"id": "a", "with": {"do": "fail"}})
    trigger = await lab.scheduled(workflow, EVERY_HOUR, at(11))
    for place in range(9):
        clock.move(3600)
        for run in await scheduler(lab).fire_due():
            await lab.engine().advance(run.id)
        if place == 4:
            assert not (await lab.trigger(trigger)).is_active
            async with lab.store.begin() as records:
                await records.triggers.save(replace(trigger, next_at=at(16)))
                await records.workflows.set_state(workflow.id, WorkflowState.ACTIVE, at=clock.now())
    assert (await lab.trigger(trigger)).is_active, "four since then"


async def test_runs_by_hand_are_told_by_their_own_card(lab: Lab) -> None:
    async def fail(_params: LabParams, _context: StepContext) -> None:
        raise RejectedError("No.")

    lab.on("fail", fail)
    await lab.ran({"id": "a", "with": {"do": "fail"}})
    assert not await lab.messages()


async def webhook(lab: Lab, **changes: object) -> TriggerRecord:
    workflow = await lab.workflow({"id": "a", "with": {"say": "${{ trigger.body.name }}"}})
    fields: dict[str, object] = {
        "id": new_id("trg"),
        "workflow_id": workflow.id,
        "kind": TriggerKind.WEBHOOK,
        "config": {},
        "is_active": True,
        "created_at": lab.clock.now(),
        "secret": "s3cret",
    }
    return await lab.add_trigger(TriggerRecord(**(fields | changes)))  # type: ignore[arg-type]


async def fired(lab: Lab, secret: str = "s3cret", key: str | None = None) -> str | None:
    webhooks = Webhooks(
        store=lab.store, queue=lab.queue, events=lab.events, clock=lab.clock, vault=Vault([Fernet.generate_key()])
    )
    hook = await webhooks.find(secret)
    if hook is None:
        return None
    run = webhooks.make(hook, {"body": {"name": "Zoë"}, "headers": {}, "query": {}}, key)
    await webhooks.start(run)
    return run.id


async def test_a_webhook_starts_a_run_with_what_arrived(any_lab: Lab) -> None:
    await webhook(any_lab)
    run_id = await fired(any_lab)
    assert any_lab.recorded.woken == [run_id]
    assert run_id is not None
    await any_lab.engine().advance(run_id)
    assert any_lab.said == ["Zoë"]
    assert set((await any_lab.run(run_id)).input) == {"body", "headers", "query", "fired_at"}


async def test_a_repeated_delivery_is_the_run_that_there_is_already(any_lab: Lab) -> None:
    await webhook(any_lab)
    first = await fired(any_lab, key="d1")
    assert await fired(any_lab, key="d1") == first
    assert any_lab.recorded.woken == [first]
    assert await fired(any_lab, key="d2") != first
    assert await fired(any_lab) != await fired(any_lab), "without a key every delivery is its own"


async def test_an_unknown_or_ended_address_starts_nothing(lab: Lab) -> None:
    await webhook(lab, is_active=False)
    assert await fired(lab) is None
    assert await fired(lab, secret="guess") is None
    assert not lab.recorded.woken
