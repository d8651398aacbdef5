"""The run store, on each database."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from core.errors import StoreError
from store.port import DueRun
from store.record import Failure, Priority, RunState, Waiting
from tests.contract.store.world import LATER, NOON, SOON, World, run, signal

FINAL = [state for state in RunState if state.is_final]


async def test_a_run_is_kept_with_every_field(world: World) -> None:
    made = await world.add_run(
        trigger_id="trg_1",
        fire_key="trg_1:2026-12-02T12:00:00+00:00",
        input={"body": {"grüße": ["☃", None, 1.5, True]}},
        state=RunState.FAILED,
        waiting_for=Waiting.CHECK,
        result="Sent to Zoë",
        failure=Failure(cause="rejected", message="The server said no.", advice="Ask it.", step_id="send"),
        started_at=NOON,
        ended_at=LATER,
        is_rehearsal=True,
        is_cancelling=True,
        lease_owner="worker-1",
        lease_until=SOON,
        started_by="usr_1",
        replay_of="run_0",
        dismissed_at=LATER,
        pruned_at=LATER,
    )
    assert await world.get_run(made.id) == made


async def test_a_run_that_is_not_there_is_none(world: World) -> None:
    async with world.store.begin() as records:
        assert await records.runs.get("run_0") is None
        assert await records.runs.attempts("run_0") == []
        assert await records.runs.signals("run_0") == []


async def test_a_fire_key_makes_one_run(world: World) -> None:
    async def fire(number: int) -> bool:
        async with world.store.begin() as records:
            return await records.runs.add(run(id=f"run_{number}", fire_key="trg_1:noon"))

    assert sum(await asyncio.gather(*(fire(number) for number in range(8)))) == 1
    async with world.store.begin() as records:
        assert len(await records.runs.of_workflow("wfl_1")) == 1


async def test_runs_without_a_fire_key_do_not_exclude_each_other(world: World) -> None:
    await world.add_run()
    await world.add_run()


async def test_the_same_id_twice_is_an_error_and_not_a_repeated_fire(world: World) -> None:
    made = await world.add_run()
    with pytest.raises(StoreError, match="exists already"):
        async with world.store.begin() as records:
            await records.runs.add(made)


async def test_a_run_of_a_version_that_does_not_exist_is_refused(world: World) -> None:
    with pytest.raises(StoreError, match="does not exist"):
        await world.add_run(version=2)


async def test_runs_come_newest_first_and_by_state(world: World) -> None:
    for hour, state in enumerate(RunState):
        await world.add_run(id=f"run_{state}", state=state, created_at=NOON + timedelta(hours=hour))
    async with world.store.begin() as records:
        everything = await records.runs.of_person("usr_1")
        some = await records.runs.of_person("usr_1", states=[RunState.QUEUED, RunState.FAILED])
        two = await records.runs.of_workflow("wfl_1", limit=2)
        assert await records.runs.of_person("usr_0") == []
    assert [each.id for each in everything] == [f"run_{state}" for state in reversed(RunState)]
    assert [each.id for each in some] == ["run_failed", "run_queued"]
    assert [each.id for each in two] == ["run_cancelled", "run_failed"]


async def test_due_are_those_that_want_a_worker(world: World) -> None:
    past, future = NOON - timedelta(minutes=1), NOON + timedelta(minutes=1)
    kinds: list[dict[str, object]] = [
        {"id": "run_queued", "due_at": past - timedelta(hours=2)},
        {"id": "run_queued_later", "due_at": future},
        {"id": "run_waited", "state": RunState.WAITING, "due_at": past},
        {"id": "run_waiting", "state": RunState.WAITING, "due_at": future},
        {"id": "run_asking", "state": RunState.WAITING, "due_at": None},
        {"id": "run_abandoned", "state": RunState.RUNNING, "lease_owner": "a", "lease_until": NOON},
        {"id": "run_held", "state": RunState.RUNNING, "lease_owner": "a", "lease_until": future, "due_at": past},
        {"id": "run_released", "state": RunState.RUNNING, "due_at": past - timedelta(hours=1)},
        *({"id": f"run_{state}", "state": state, "due_at": past} for state in FINAL),
    ]
    for values in kinds:
        await world.add_run(**values)
    async with world.store.begin() as records:
        due = await records.runs.due(NOON)
        assert await records.runs.due(NOON, limit=2) == due[:2]
    assert [run.id for run in due] == ["run_released", "run_abandoned", "run_queued", "run_waited"]
    assert [run.is_orphaned for run in due] == [True, True, False, False]


async def test_urgent_runs_are_due_before_those_that_have_been_due_for_longer(world: World) -> None:
    await world.add_run(id="run_bulk", due_at=NOON - timedelta(hours=2), priority=Priority.BULK)
    made = await world.add_run(id="run_chat", due_at=NOON)
    async with world.store.begin() as records:
        due = await records.runs.due(NOON)
    assert due == [
        DueRun(id="run_chat", person_id=made.person_id, priority=Priority.INTERACTIVE),
        DueRun(id="run_bulk", person_id=made.person_id, priority=Priority.BULK),
    ]


async def test_the_next_due_time_is_the_earliest_of_pending_runs_and_leases(world: World) -> None:
    async with world.store.begin() as records:
        assert await records.runs.next_due_at() is None
    await world.add_run(state=RunState.SUCCEEDED, due_at=NOON)
    await world.add_run(state=RunState.WAITING, due_at=None)
    await world.add_run(state=RunState.WAITING, due_at=LATER)
    async with world.store.begin() as records:
        assert await records.runs.next_due_at() == LATER
    await world.add_run(state=RunState.RUNNING, due_at=NOON, lease_owner="a", lease_until=SOON)
    async with world.store.begin() as records:
        assert await records.runs.next_due_at() == SOON


@pytest.mark.parametrize("state", [RunState.QUEUED, RunState.RUNNING, RunState.WAITING])
async def test_cancelling_marks_a_run_and_makes_it_due(world: World, state: RunState) -> None:
    made = await world.add_run(state=state, due_at=None)
    async with world.store.begin() as records:
        assert await records.runs.request_cancel(made.id, at=SOON)
    found = await world.get_run(made.id)
    assert found == replace(made, is_cancelling=True, due_at=SOON)
    async with world.store.begin() as records:
        assert [run.id for run in await records.runs.due(SOON)] == [made.id]


@pytest.mark.parametrize("state", FINAL)
async def test_a_final_run_cannot_be_cancelled_or_told_anything(world: World, state: RunState) -> None:
    made = await world.add_run(state=state)
    async with world.store.begin() as records:
        assert not await records.runs.request_cancel(made.id, at=SOON)
        assert not await records.runs.signal(signal(made.id))
        assert await records.runs.signals(made.id) == []
    assert await world.get_run(made.id) == made


async def test_a_run_that_is_not_there_cannot_be_cancelled_or_told_anything(world: World) -> None:
    async with world.store.begin() as records:
        assert not await records.runs.request_cancel("run_0", at=SOON)
        assert not await records.runs.signal(signal("run_0"))
        assert not await records.runs.requeue("run_0", at=SOON)


async def test_a_signal_makes_a_waiting_run_due(world: World) -> None:
    made = await world.add_run(state=RunState.WAITING, waiting_for=Waiting.APPROVAL, due_at=None)
    told = signal(made.id, payload={"verdict": "yes", "note": "gern ☃"}, at=SOON)
    async with world.store.begin() as records:
        assert await records.runs.signal(told)
        assert await records.runs.signals(made.id) == [told]
        assert [run.id for run in await records.runs.due(SOON)] == [made.id]


async def test_of_several_answers_at_once_one_counts(world: World) -> None:
    made = await world.add_run(state=RunState.WAITING, due_at=None)
    answers = await asyncio.gather(*(world.signal(made.id, payload={"by": number}) for number in range(8)))
    assert sum(answers) == 1
    assert await world.signal(made.id, name="other")
    assert await world.signal(made.id, step_id="ask_again")
    async with world.store.begin() as records:
        assert len(await records.runs.signals(made.id)) == 3


async def test_a_second_answer_changes_nothing(world: World) -> None:
    made = await world.add_run(state=RunState.WAITING, due_at=None)
    assert await world.signal(made.id, at=SOON)
    assert not await world.signal(made.id, at=LATER)
    assert (await world.get_run(made.id)).due_at == SOON


async def test_a_failed_run_is_queued_again_with_a_clean_slate(world: World) -> None:
    made = await world.add_run(
        state=RunState.FAILED,
        due_at=None,
        started_at=NOON,
        ended_at=LATER,
        failure=Failure(cause="rejected", message="no"),
        is_cancelling=True,
        paused_s=12.5,
        paused_at=NOON,
        dismissed_at=LATER,
    )
    async with world.store.begin() as records:
        assert await records.runs.requeue(made.id, at=LATER)
        assert not await records.runs.requeue(made.id, at=LATER)
    assert await world.get_run(made.id) == replace(
        made,
        state=RunState.QUEUED,
        due_at=LATER,
        started_at=None,
        ended_at=None,
        failure=None,
        is_cancelling=False,
        paused_s=0.0,
        paused_at=None,
        dismissed_at=None,
    )


async def test_a_cancelled_run_is_queued_again_behind_the_others_when_it_is_one_of_many(world: World) -> None:
    made = await world.add_run(state=RunState.CANCELLED, ended_at=LATER)
    async with world.store.begin() as records:
        assert await records.runs.requeue(made.id, at=LATER, priority=Priority.BULK)
    again = await world.get_run(made.id)
    assert (again.state, again.priority, again.ended_at) == (RunState.QUEUED, Priority.BULK, None)


async def test_a_run_whose_attempts_are_gone_is_not_queued_again(world: World) -> None:
    made = await world.add_run(state=RunState.FAILED, pruned_at=LATER)
    async with world.store.begin() as records:
        assert not await records.runs.requeue(made.id, at=LATER)


AGAIN = (RunState.FAILED, RunState.CANCELLED)


@pytest.mark.parametrize("state", [state for state in RunState if state not in AGAIN])
async def test_only_what_failed_or_was_cancelled_is_queued_again(world: World, state: RunState) -> None:
    made = await world.add_run(state=state)
    async with world.store.begin() as records:
        assert not await records.runs.requeue(made.id, at=LATER)
    assert await world.get_run(made.id) == made
