"""The list of failed runs, and what is removed of old ones, on each database."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from store.record import DeadLetters, Delivery, Failure, Run, RunState
from tests.contract.store.world import LATER, NOON, World, attempt, run

TIMED_OUT = Failure(cause="timed out", message="It took too long.", advice="Wait.", step_id="get")
DAY = timedelta(days=1)


async def failed(world: World, hour: int = 0, **values: object) -> Run:
    given = {"state": RunState.FAILED, "due_at": None, "failure": TIMED_OUT, "ended_at": NOON + timedelta(hours=hour)}
    return await world.add_run(**(given | values))


async def listed(world: World) -> list[DeadLetters]:
    async with world.store.begin() as records:
        return await records.dead_letters.of_person("usr_1")


async def test_failed_runs_are_grouped_by_workflow_step_and_cause(world: World) -> None:
    first = await failed(world, 1)
    newer = Failure(cause="timed out", message="It took even longer.", advice="Wait more.", step_id="get")
    second = await failed(world, 3, failure=newer)
    other_cause = Failure(cause="rejected", message="No.", step_id="get")
    third = await failed(world, 2, failure=other_cause)
    whole = Failure(cause="rejected", message="Nobody said yes.")
    fourth = await failed(world, 4, failure=whole)
    groups = await listed(world)
    assert groups == [
        DeadLetters(
            workflow_id="wfl_1", newest_run_id=fourth.id, failure=whole, last_at=NOON + timedelta(hours=4), count=1
        ),
        DeadLetters(
            workflow_id="wfl_1", newest_run_id=second.id, failure=newer, last_at=NOON + timedelta(hours=3), count=2
        ),
        DeadLetters(
            workflow_id="wfl_1", newest_run_id=third.id, failure=other_cause, last_at=NOON + timedelta(hours=2), count=1
        ),
    ]
    async with world.store.begin() as records:
        assert await records.dead_letters.run_ids("usr_1", groups[0], limit=9) == [fourth.id]
        assert await records.dead_letters.run_ids("usr_1", groups[1], limit=9) == [first.id, second.id]
        assert await records.dead_letters.run_ids("usr_1", groups[1], limit=1) == [first.id]
        assert await records.dead_letters.run_ids("usr_0", groups[1], limit=9) == []
        assert await records.dead_letters.of_person("usr_0") == []


@pytest.mark.parametrize(
    "values",
    [
        {"state": RunState.CANCELLED},
        {"state": RunState.QUEUED},
        {"is_rehearsal": True},
        {"dismissed_at": LATER},
        {"pruned_at": LATER},
    ],
)
async def test_what_needs_nobody_is_not_listed(world: World, values: dict[str, object]) -> None:
    await failed(world, **values)
    assert await listed(world) == []


@pytest.mark.parametrize("state", list(RunState))
async def test_a_replay_stands_for_what_it_repeats(world: World, state: RunState) -> None:
    """Unless it was cancelled: then the failed run is back."""
    original = await failed(world)
    failure = TIMED_OUT if state is RunState.FAILED else None
    ended_at = LATER if state.is_final else None
    replay = await failed(world, state=state, failure=failure, ended_at=ended_at, replay_of=original.id)
    shown = {RunState.FAILED: [replay.id], RunState.CANCELLED: [original.id]}.get(state, [])
    assert [group.newest_run_id for group in await listed(world)] == shown
    async with world.store.begin() as records:
        assert await records.runs.replays(original.id) == [replay]
        assert await records.runs.replays(replay.id) == []


async def test_a_dismissed_run_leaves_the_list_until_it_fails_again(world: World) -> None:
    made = await failed(world)
    other = await world.add_run()
    async with world.store.begin() as records:
        assert await records.dead_letters.dismiss([made.id, other.id, "run_0"], at=LATER) == 1
        assert await records.dead_letters.dismiss([made.id], at=LATER) == 0
        assert await records.dead_letters.dismiss([], at=LATER) == 0
    assert await listed(world) == []
    assert (await world.get_run(made.id)).dismissed_at == LATER
    assert (await world.get_run(other.id)).dismissed_at is None


async def test_details_of_old_runs_are_removed_and_the_run_stays(world: World) -> None:
    payload = {"body": {"name": "Ana"}}
    old = await failed(world, -48, fire_key="trg_1:monday", input=payload, result="Sent", lease_owner="w")
    young = await failed(world, 0, lease_owner="w")
    going = await world.add_run(state=RunState.WAITING, created_at=NOON - 9 * DAY, due_at=None, lease_owner="w")
    for each in (old, young, going):
        await world.store.journal.record(owner="w", attempts=[attempt(each.id)])
    async with world.store.begin() as records:
        assert await records.retention.prune_runs(before=NOON - DAY, at=LATER, limit=10) == 1
        assert await records.retention.prune_runs(before=NOON - DAY, at=LATER, limit=10) == 0
        assert await records.runs.attempts(old.id) == []
        assert await records.runs.signals(old.id) == []
        assert len(await records.runs.attempts(young.id)) == 1
        assert len(await records.runs.attempts(going.id)) == 1
        assert not await records.runs.add(run(fire_key="trg_1:monday")), "it fires no second time"
    pruned = await world.get_run(old.id)
    assert (pruned.pruned_at, pruned.input) == (LATER, {})
    assert (pruned.state, pruned.failure, pruned.result) == (RunState.FAILED, TIMED_OUT, "Sent")
    assert [group.newest_run_id for group in await listed(world)] == [young.id]


async def test_many_may_prune_at_once_and_each_run_is_pruned_once(world: World) -> None:
    for hour in range(20):
        await failed(world, -100 - hour)

    async def prune() -> int:
        pruned = 0
        for _ in range(6):
            async with world.store.begin() as records:
                pruned += await records.retention.prune_runs(before=NOON, at=LATER, limit=4)
        return pruned

    assert sum(await asyncio.gather(*(prune() for _ in range(3)))) == 20


async def test_old_deliveries_are_forgotten_a_few_at_a_time(world: World) -> None:
    async with world.store.begin() as records:
        for day in range(5):
            delivery = Delivery(
                surface="web", delivery_id=f"d{day}", conversation_id="cnv_1", message_ids=[], at=NOON + day * DAY
            )
            await records.conversations.add_delivery(delivery)
        assert await records.retention.prune_deliveries(before=NOON + 3 * DAY, limit=2) == 2
        assert await records.retention.prune_deliveries(before=NOON + 3 * DAY, limit=2) == 1
        assert await records.retention.prune_deliveries(before=NOON + 3 * DAY, limit=2) == 0
        assert await records.conversations.delivery("web", "d2") is None
        assert await records.conversations.delivery("web", "d3") is not None
