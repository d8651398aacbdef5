"""The journal's leases and records, on each database."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from core.errors import StaleError, StoreError
from store.port import Claimed
from store.record import AttemptState, Failure, Run, RunState, Waiting
from store.sql.database import RefusedError
from store.sql.store import SqlStore
from tests.contract.store.world import LATER, NOON, SOON, World, attempt
from tests.contract.store.world import run as new_run

FINAL = [state for state in RunState if state.is_final]


async def claim(
    world: World, run_id: str, owner: str = "a", now: datetime = NOON, until: datetime = SOON
) -> Claimed | None:
    return await world.store.journal.claim(run_id, owner=owner, now=now, until=until)


async def claimed(world: World, run_id: str, owner: str = "a", now: datetime = NOON) -> Claimed:
    found = await claim(world, run_id, owner, now, now + timedelta(seconds=15))
    assert found is not None
    return found


async def test_a_queued_run_is_claimed_and_starts(world: World) -> None:
    made = await world.add_run(input={"body": "☃"})
    found = await claimed(world, made.id)
    assert found.run == replace(
        made, state=RunState.RUNNING, started_at=NOON, lease_owner="a", lease_until=NOON + timedelta(seconds=15)
    )
    assert (found.attempts, found.signals) == ([], [])
    assert await world.get_run(made.id) == found.run


async def test_a_held_run_is_not_claimed(world: World) -> None:
    """Not by another worker, and not by a second job of the same worker."""
    made = await world.add_run()
    await claimed(world, made.id)
    assert await claim(world, made.id, "b") is None
    assert await claim(world, made.id, "a") is None
    assert (await world.get_run(made.id)).lease_owner == "a"


@pytest.mark.parametrize("state", FINAL)
async def test_a_final_run_is_not_claimed(world: World, state: RunState) -> None:
    made = await world.add_run(state=state)
    assert await claim(world, made.id) is None
    assert await world.get_run(made.id) == made


async def test_a_run_that_does_not_exist_is_not_claimed(world: World) -> None:
    assert await claim(world, "run_0") is None


async def test_a_waiting_run_is_claimed_when_its_time_has_come(world: World) -> None:
    made = await world.add_run(state=RunState.WAITING, waiting_for=Waiting.TIMER, due_at=SOON, started_at=NOON)
    asking = await world.add_run(state=RunState.WAITING, waiting_for=Waiting.APPROVAL, due_at=None)
    assert await claim(world, made.id, now=SOON - timedelta(microseconds=1)) is None
    found = await claimed(world, made.id, now=SOON)
    assert (found.run.state, found.run.started_at) == (RunState.RUNNING, NOON)
    assert await claim(world, asking.id, now=LATER) is None


async def test_of_many_claims_at_once_one_wins(url: str, world: World) -> None:
    """Two stores on one database stand for two processes; each asks several times for each run."""
    other = await SqlStore.open(url)
    runs = [await world.add_run() for _ in range(10)]
    asked = [
        store.journal.claim(run.id, owner=owner, now=NOON, until=SOON)
        for _ in range(3)
        for run in runs
        for owner, store in (("a", world.store), ("b", other), ("c", world.store))
    ]
    won = [each for each in await asyncio.gather(*asked) if each is not None]
    await other.close()
    assert sorted(each.run.id for each in won) == sorted(run.id for run in runs)
    for each in won:
        assert (await world.get_run(each.run.id)).lease_owner == each.run.lease_owner


async def test_an_expired_lease_is_taken_over_with_all_that_was_recorded(world: World) -> None:
    made = await world.add_run()
    await claimed(world, made.id, "a")
    done = attempt(made.id, output={"status": 200}, ended_at=NOON)
    begun = attempt(made.id, step_id="send", state=AttemptState.STARTED, idempotency_key="k")
    await world.store.journal.record(owner="a", attempts=[done, begun])
    assert await claim(world, made.id, "b", now=NOON + timedelta(seconds=14)) is None
    found = await claimed(world, made.id, "b", now=NOON + timedelta(seconds=15))
    assert found.attempts == [done, begun]
    assert (found.run.lease_owner, found.run.started_at) == ("b", NOON)


async def test_who_lost_its_lease_writes_nothing(world: World) -> None:
    made = await world.add_run()
    old = await claimed(world, made.id, "a")
    await claimed(world, made.id, "b", now=LATER)
    before = await world.get_run(made.id)
    finished = replace(old.run, state=RunState.SUCCEEDED, result="mine")
    with pytest.raises(StaleError):
        await world.store.journal.record(owner="a", run=finished, attempts=[attempt(made.id)])
    async with world.store.begin() as records:
        assert await records.runs.attempts(made.id) == []
    assert await world.get_run(made.id) == before


async def test_who_never_had_the_lease_writes_nothing(world: World) -> None:
    made = await world.add_run()
    with pytest.raises(StaleError):
        await world.store.journal.record(owner="a", attempts=[attempt(made.id)])
    with pytest.raises(StaleError):
        await world.store.journal.record(owner="a", attempts=[attempt("run_0")])


async def test_one_record_may_not_touch_the_run_of_another(world: World) -> None:
    """One stale part makes the whole call stale."""
    mine, other = await world.add_run(), await world.add_run()
    await claimed(world, mine.id, "a")
    await claimed(world, other.id, "b")
    with pytest.raises(StaleError):
        await world.store.journal.record(owner="a", attempts=[attempt(mine.id), attempt(other.id)])
    async with world.store.begin() as records:
        assert await records.runs.attempts(mine.id) == []


async def test_an_attempt_is_replaced_by_its_key_and_keeps_its_place(world: World) -> None:
    made = await world.add_run()
    await claimed(world, made.id)
    first = attempt(made.id, step_id="z", state=AttemptState.STARTED)
    second = attempt(made.id, step_id="a", item=0)
    failed = replace(
        first,
        state=AttemptState.FAILED,
        ended_at=SOON,
        due_at=LATER,
        input={"url": "https://example.org"},
        output=["partly"],
        requests=[{"service": "http", "method": "GET", "url": "https://example.org", "headers": {}, "body": None}],
        failure=Failure(cause="temporary", message="503", step_id="z"),
    )
    retried = replace(first, number=2)
    journal = world.store.journal
    await journal.record(owner="a", attempts=[first])
    await journal.record(owner="a", attempts=[second, failed])
    await journal.record(owner="a", attempts=[retried])
    async with world.store.begin() as records:
        assert await records.runs.attempts(made.id) == [failed, second, retried]


async def test_attempts_come_in_the_order_of_their_start(world: World) -> None:
    made = await world.add_run()
    await claimed(world, made.id)
    late, early = attempt(made.id, number=1, started_at=LATER), attempt(made.id, number=2, started_at=NOON)
    await world.store.journal.record(owner="a", attempts=[late, early])
    async with world.store.begin() as records:
        assert await records.runs.attempts(made.id) == [early, late]


async def test_a_running_run_keeps_its_lease_when_it_is_recorded(world: World) -> None:
    made = await world.add_run()
    found = await claimed(world, made.id)
    await world.store.journal.renew([made.id], owner="a", until=LATER)
    await world.store.journal.record(owner="a", run=found.run)
    assert await world.get_run(made.id) == replace(found.run, lease_until=LATER)


@pytest.mark.parametrize("state", [*FINAL, RunState.WAITING, RunState.QUEUED])
async def test_a_run_that_stops_running_gives_its_lease_back(world: World, state: RunState) -> None:
    made = await world.add_run()
    found = await claimed(world, made.id)
    stopped = replace(
        found.run,
        state=state,
        due_at=LATER if state in (RunState.WAITING, RunState.QUEUED) else None,
        waiting_for=Waiting.CHECK if state is RunState.WAITING else None,
        result="Done ☃",
        failure=Failure(cause="rejected", message="no"),
        ended_at=SOON if state.is_final else None,
    )
    await world.store.journal.record(owner="a", run=stopped)
    assert await world.get_run(made.id) == replace(stopped, lease_owner=None, lease_until=None)
    with pytest.raises(StaleError):
        await world.store.journal.record(owner="a", attempts=[attempt(made.id)])


async def test_recording_changes_nothing_that_is_fixed(world: World) -> None:
    """Digest, version, owner and input are what was approved: no worker can change them."""
    made = await world.add_run(input={"is": "fixed"})
    found = await claimed(world, made.id)
    forged = replace(
        found.run, digest="f" * 64, input={}, person_id="usr_0", version=9, is_rehearsal=True, fire_key="x"
    )
    await world.store.journal.record(owner="a", run=forged)
    assert await world.get_run(made.id) == found.run


async def test_recording_never_undoes_a_cancellation(world: World) -> None:
    made = await world.add_run()
    found = await claimed(world, made.id)
    async with world.store.begin() as records:
        assert await records.runs.request_cancel(made.id, at=SOON)
    await world.store.journal.record(owner="a", run=replace(found.run, is_cancelling=False))
    assert await world.store.journal.cancelling([made.id, "run_0"]) == {made.id}
    assert (await world.get_run(made.id)).is_cancelling


async def test_no_run_is_cancelling_unless_it_was_asked_to(world: World) -> None:
    made = await world.add_run()
    assert await world.store.journal.cancelling([made.id]) == set()
    assert await world.store.journal.cancelling([]) == set()


async def test_a_run_that_was_told_something_while_it_ran_does_not_fall_asleep(world: World) -> None:
    """The signal came between the claim and the record that waits for it: it is due at once, not never."""
    made = await world.add_run()
    found = await claimed(world, made.id)
    assert await world.signal(made.id, at=SOON)
    asleep = replace(found.run, state=RunState.WAITING, waiting_for=Waiting.APPROVAL, due_at=None)
    await world.store.journal.record(owner="a", run=asleep)
    again = await claimed(world, made.id, "b", now=SOON)
    assert [each.name for each in again.signals] == ["answer"]
    await world.store.journal.record(owner="b", run=replace(asleep, due_at=LATER))
    assert (await world.get_run(made.id)).due_at == LATER, "what a claim has seen does not wake the run again"


async def test_a_run_that_was_cancelled_while_it_ran_does_not_fall_asleep(world: World) -> None:
    made = await world.add_run()
    found = await claimed(world, made.id)
    async with world.store.begin() as records:
        await records.runs.request_cancel(made.id, at=SOON)
    asleep = replace(found.run, state=RunState.WAITING, waiting_for=Waiting.TIMER, due_at=LATER)
    await world.store.journal.record(owner="a", run=asleep)
    async with world.store.begin() as records:
        assert [each.id for each in await records.runs.due(SOON)] == [made.id]
    assert (await claimed(world, made.id, now=SOON)).run.is_cancelling


async def test_a_queued_run_that_was_told_something_already_brings_it(world: World) -> None:
    """Though it was never claimed, there is something to read."""
    made = await world.add_run()
    assert await world.signal(made.id)
    assert len((await claimed(world, made.id)).signals) == 1


async def test_a_requeued_run_brings_its_attempts(world: World) -> None:
    made = await world.add_run()
    found = await claimed(world, made.id)
    done = attempt(made.id)
    failed = replace(found.run, state=RunState.FAILED, due_at=None, failure=Failure(cause="x", message="y"))
    await world.store.journal.record(owner="a", run=failed, attempts=[done])
    async with world.store.begin() as records:
        assert await records.runs.requeue(made.id, at=SOON)
    assert (await claimed(world, made.id, "b", now=SOON)).attempts == [done]


async def test_renewing_reaches_only_ones_own_leases(world: World) -> None:
    mine, other, free = await world.add_run(), await world.add_run(), await world.add_run()
    await claimed(world, mine.id, "a")
    await claimed(world, other.id, "b")
    renewed = await world.store.journal.renew([mine.id, other.id, free.id, "run_0"], owner="a", until=LATER)
    assert renewed == {mine.id}
    assert await world.store.journal.renew([], owner="a", until=LATER) == set()
    leases = [(await world.get_run(each.id)).lease_until for each in (mine, other, free)]
    assert leases == [LATER, SOON, None]


async def test_a_released_lease_is_taken_over_at_once(world: World) -> None:
    mine, other = await world.add_run(), await world.add_run()
    await claimed(world, mine.id, "a")
    await claimed(world, other.id, "b")
    done = attempt(mine.id)
    await world.store.journal.record(owner="a", attempts=[done])
    await world.store.journal.release(owner="a")
    async with world.store.begin() as records:
        assert [each.id for each in await records.runs.due(NOON)] == [mine.id]
        assert await records.runs.next_due_at() == NOON
    with pytest.raises(StaleError):
        await world.store.journal.record(owner="a", attempts=[done])
    assert (await claimed(world, mine.id, "c")).attempts == [done]
    assert await claim(world, other.id, "c") is None


async def test_a_record_without_anything_writes_nothing(world: World) -> None:
    await world.store.journal.record(owner="a")


async def test_callers_that_write_together_share_commits_and_each_gets_its_own_answer(world: World) -> None:
    """Two of fifty lost their leases: they alone are told so."""
    runs = [await world.add_run() for _ in range(50)]
    await asyncio.gather(*(claimed(world, run.id, "a") for run in runs))
    for run in runs[:2]:
        await claimed(world, run.id, "b", now=LATER)
    outcomes = await asyncio.gather(
        *(world.store.journal.record(owner="a", attempts=[attempt(run.id)]) for run in runs), return_exceptions=True
    )
    assert [isinstance(each, StaleError) for each in outcomes] == [True, True] + [False] * 48
    async with world.store.begin() as records:
        counts = [len(await records.runs.attempts(run.id)) for run in runs]
    assert counts == [0, 0] + [1] * 48


async def test_records_of_one_run_that_are_written_together_keep_their_order(world: World) -> None:
    """The later one of an attempt stands, and after the end of the run nothing more is taken."""
    made = await world.add_run()
    run = (await claimed(world, made.id)).run
    begun = attempt(made.id, state=AttemptState.STARTED)
    record = world.store.journal.record
    outcomes = await asyncio.gather(
        record(owner="a", attempts=[attempt(made.id, step_id="other")]),
        record(owner="a", attempts=[begun]),
        record(owner="a", attempts=[replace(begun, state=AttemptState.SUCCEEDED, ended_at=NOON)]),
        record(owner="a", run=replace(run, state=RunState.SUCCEEDED, ended_at=NOON)),
        record(owner="a", attempts=[attempt(made.id, step_id="late")]),
        return_exceptions=True,
    )
    assert [type(each) for each in outcomes] == [type(None)] * 4 + [StaleError]
    async with world.store.begin() as records:
        kept = await records.runs.attempts(made.id)
    assert [(each.step_id, each.state) for each in kept] == [
        ("other", AttemptState.SUCCEEDED),
        ("get", AttemptState.SUCCEEDED),
    ]


async def test_a_value_that_cannot_be_stored_fails_its_own_caller_only(world: World) -> None:
    good, bad = await world.add_run(), await world.add_run()
    await claimed(world, good.id)
    await claimed(world, bad.id)
    outcomes = await asyncio.gather(
        world.store.journal.record(owner="a", attempts=[attempt(good.id)]),
        world.store.journal.record(owner="a", attempts=[attempt(bad.id, output=2**70)]),
        return_exceptions=True,
    )
    assert outcomes[0] is None
    assert isinstance(outcomes[1], StoreError)


async def test_what_the_database_refuses_fails_its_own_caller_only(world: World) -> None:
    """The refusal comes from the database itself, in the middle of a shared transaction: a number out of range."""
    runs = [await world.add_run() for _ in range(5)]
    await asyncio.gather(*(claimed(world, run.id) for run in runs))
    outcomes = await asyncio.gather(
        *(
            world.store.journal.record(owner="a", attempts=[attempt(run.id, number=2**65 if run is runs[2] else 1)])
            for run in runs
        ),
        return_exceptions=True,
    )
    assert [isinstance(each, StoreError) for each in outcomes] == [False, False, True, False, False]
    async with world.store.begin() as records:
        counts = [len(await records.runs.attempts(run.id)) for run in runs]
    assert counts == [1, 1, 0, 1, 1]


async def test_two_processes_that_claim_and_record_at_once_do_not_block_each_other(url: str, world: World) -> None:
    """Every run is advanced by exactly one of them, and nobody waits for a deadlock to be found."""
    other = await SqlStore.open(url)
    runs = [await world.add_run() for _ in range(30)]

    async def advance(store: SqlStore, owner: str, run: Run) -> int:
        found = await store.journal.claim(run.id, owner=owner, now=NOON, until=SOON)
        if found is None:
            return 0
        for number in range(3):
            await store.journal.record(owner=owner, attempts=[attempt(run.id, number=number)])
        await store.journal.record(owner=owner, run=replace(found.run, state=RunState.SUCCEEDED, due_at=None))
        return 1

    assert isinstance(world.store, SqlStore)
    async with asyncio.timeout(20):
        counts = await asyncio.gather(
            *(advance(world.store, "a", run) for run in runs), *(advance(other, "b", run) for run in reversed(runs))
        )
    await other.close()
    assert sum(counts) == 30
    for run in runs:
        assert (await world.get_run(run.id)).state is RunState.SUCCEEDED


async def test_a_run_is_added_once_for_each_fire_key(world: World) -> None:
    """Whoever comes with the same key, in the same commit or later, is told that it is there."""
    made = [new_run(id=f"run_{number}", fire_key=f"trg_1:{number % 3}") for number in range(9)]
    assert await world.store.journal.add(new_run(id="run_first", fire_key="trg_1:first"))
    added = await asyncio.gather(*(world.store.journal.add(one) for one in made))
    assert added == [True] * 3 + [False] * 6
    assert await world.get_run("run_0") == made[0]
    assert not await world.store.journal.add(replace(made[0], id="run_x"))
    assert (await claimed(world, "run_2")).run.fire_key == "trg_1:2"


async def test_only_the_run_that_is_refused_is_refused(world: World) -> None:
    good, bad = new_run(id="run_a"), new_run(id="run_b", workflow_id="wfl_none")
    assert await world.store.journal.add(new_run(id="run_c"))
    results = await asyncio.gather(
        *(world.store.journal.add(one) for one in (good, bad, new_run(id="run_d"))), return_exceptions=True
    )
    assert [type(result) for result in results] == [bool, RefusedError, bool]
