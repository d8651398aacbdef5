"""The workflow and trigger stores, on each database."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from core.errors import StoreError
from store.record import TriggerKind, TriggerRecord, WorkflowState
from tests.contract.store.world import LATER, NOON, SOON, VERSION, WORKFLOW, World

TRIGGER = TriggerRecord(
    id="trg_1",
    workflow_id="wfl_1",
    kind=TriggerKind.SCHEDULE,
    config={"rrule": "FREQ=DAILY", "timezone": "Europe/Berlin"},
    is_active=True,
    created_at=NOON,
    next_at=SOON,
)


async def test_a_workflow_is_kept_with_its_version(world: World) -> None:
    async with world.store.begin() as records:
        assert await records.workflows.get("wfl_1") == WORKFLOW
        assert await records.workflows.version("wfl_1", 1) == VERSION
        assert await records.workflows.version("wfl_1", 2) is None
        assert await records.workflows.get("wfl_0") is None


async def test_a_new_version_becomes_the_newest_and_the_old_one_stays(world: World) -> None:
    second = replace(VERSION, version=2, digest="e" * 64, content={"steps": [1]}, created_at=LATER)
    async with world.store.begin() as records:
        await records.workflows.add_version(second, at=LATER)
        assert await records.workflows.get("wfl_1") == replace(WORKFLOW, version=2, updated_at=LATER)
        assert await records.workflows.version("wfl_1", 1) == VERSION
        assert await records.workflows.version("wfl_1", 2) == second


async def test_a_frozen_version_cannot_be_written_again(world: World) -> None:
    with pytest.raises(StoreError, match="exists already"):
        async with world.store.begin() as records:
            await records.workflows.add_version(replace(VERSION, content={"steps": ["other"]}), at=LATER)


async def test_workflows_of_a_person_leave_out_drafts_and_deleted_ones(world: World) -> None:
    async with world.store.begin() as records:
        for hour, state in enumerate(WorkflowState, 1):
            made = replace(WORKFLOW, id=f"wfl_{state}", state=state, created_at=NOON + timedelta(hours=hour))
            await records.workflows.add(made, replace(VERSION, workflow_id=made.id))
        found = await records.workflows.of_person("usr_1")
    assert [each.id for each in found] == ["wfl_ended", "wfl_paused", "wfl_active", "wfl_1"]


async def test_a_workflow_changes_state_and_name(world: World) -> None:
    async with world.store.begin() as records:
        await records.workflows.set_state("wfl_1", WorkflowState.PAUSED, at=SOON)
        await records.workflows.rename("wfl_1", "Stretch!", at=LATER)
        assert await records.workflows.get("wfl_1") == replace(
            WORKFLOW, state=WorkflowState.PAUSED, name="Stretch!", updated_at=LATER
        )


async def test_a_workflow_that_is_not_there_cannot_change(world: World) -> None:
    with pytest.raises(StoreError, match="wfl_9"):
        async with world.store.begin() as records:
            await records.workflows.set_state("wfl_9", WorkflowState.PAUSED, at=SOON)


async def test_a_trigger_is_found_by_id_secret_and_workflow(world: World) -> None:
    hook = replace(TRIGGER, id="trg_2", kind=TriggerKind.WEBHOOK, secret="s3cret", next_at=None, created_at=LATER)
    async with world.store.begin() as records:
        await records.triggers.add(hook)
        await records.triggers.add(TRIGGER)
        assert await records.triggers.get("trg_1") == TRIGGER
        assert await records.triggers.with_workflow("s3cret") == (hook, WORKFLOW)
        assert await records.triggers.with_workflow("other") is None
        assert await records.triggers.of_kind(TriggerKind.WEBHOOK) == [hook]
        assert await records.triggers.of_workflow("wfl_1") == [TRIGGER, hook]
        await records.triggers.delete("trg_1")
        assert await records.triggers.get("trg_1") is None


async def test_a_trigger_is_saved_whole(world: World) -> None:
    paused = replace(TRIGGER, is_active=False, next_at=None, last_at=NOON, config={"cron": "0 9 * * 1"})
    async with world.store.begin() as records:
        await records.triggers.add(TRIGGER)
        await records.triggers.save(paused)
        assert await records.triggers.get("trg_1") == paused


async def test_active_triggers_whose_time_has_come_are_due_oldest_first(world: World) -> None:
    async with world.store.begin() as records:
        for name, next_at, is_active in (
            ("late", NOON - timedelta(minutes=5), True),
            ("exact", NOON, True),
            ("older", NOON - timedelta(hours=5), True),
            ("future", NOON + timedelta(microseconds=1), True),
            ("paused", NOON - timedelta(hours=9), False),
            ("never", None, True),
        ):
            await records.triggers.add(replace(TRIGGER, id=f"trg_{name}", next_at=next_at, is_active=is_active))
        due = await records.triggers.due(TriggerKind.SCHEDULE, NOON)
        two = await records.triggers.due(TriggerKind.SCHEDULE, NOON, limit=2)
        assert await records.triggers.next_at(TriggerKind.SCHEDULE) == NOON - timedelta(hours=5)
    assert [each.id for each in due] == ["trg_older", "trg_late", "trg_exact"]
    assert two == due[:2]


async def test_nothing_is_next_without_triggers(world: World) -> None:
    async with world.store.begin() as records:
        assert await records.triggers.next_at(TriggerKind.SCHEDULE) is None


async def test_of_two_schedulers_one_advances_a_trigger(world: World) -> None:
    async with world.store.begin() as records:
        await records.triggers.add(TRIGGER)

    async def fire() -> bool:
        async with world.store.begin() as records:
            return await records.triggers.advance("trg_1", expected=SOON, next_at=LATER, last_at=SOON)

    assert sum(await asyncio.gather(*(fire() for _ in range(8)))) == 1
    async with world.store.begin() as records:
        assert await records.triggers.get("trg_1") == replace(TRIGGER, next_at=LATER, last_at=SOON)


async def test_a_trigger_without_a_next_time_has_ended(world: World) -> None:
    async with world.store.begin() as records:
        await records.triggers.add(TRIGGER)
        assert await records.triggers.advance("trg_1", expected=SOON, next_at=None, last_at=SOON)
        assert await records.triggers.get("trg_1") == replace(TRIGGER, next_at=None, last_at=SOON, is_active=False)


async def test_polls_and_schedules_are_due_apart(world: World) -> None:
    async with world.store.begin() as records:
        await records.triggers.add(TRIGGER)
        poll = replace(TRIGGER, id="trg_2", kind=TriggerKind.POLL, next_at=NOON, cursor={"seen": ["a"]})
        await records.triggers.add(poll)
        assert await records.triggers.due(TriggerKind.POLL, LATER) == [poll]
        assert [one.id for one in await records.triggers.due(TriggerKind.SCHEDULE, LATER)] == ["trg_1"]
        assert await records.triggers.next_at(TriggerKind.POLL) == NOON


async def test_what_came_of_a_claim_is_saved_unless_it_was_claimed_again(world: World) -> None:
    claimed = replace(TRIGGER, next_at=LATER, last_at=SOON, cursor=["b"], failures=2, problem="No answer.")
    async with world.store.begin() as records:
        await records.triggers.add(replace(TRIGGER, last_at=SOON))
        assert await records.triggers.settle(claimed)
        assert await records.triggers.get("trg_1") == claimed
        assert not await records.triggers.settle(replace(claimed, last_at=NOON, cursor=[]))
        await records.triggers.save(replace(claimed, is_active=False))
        assert not await records.triggers.settle(claimed)


async def test_what_listens_for_a_person_is_active_and_of_their_active_workflows(world: World) -> None:
    event = replace(TRIGGER, kind=TriggerKind.EVENT, config={}, next_at=None)
    async with world.store.begin() as records:
        await records.triggers.add(event)
        await records.triggers.add(replace(event, id="trg_2", is_active=False))
        await records.triggers.add(replace(TRIGGER, id="trg_3"))
        assert await records.triggers.listening("usr_1") == [event]
        assert await records.triggers.listening("usr_2") == []
        await records.workflows.set_state("wfl_1", WorkflowState.PAUSED, at=LATER)
        assert await records.triggers.listening("usr_1") == []


async def test_a_trigger_is_stopped_for_its_failures_once(world: World) -> None:
    async with world.store.begin() as records:
        await records.triggers.add(TRIGGER)

    async def stop() -> bool:
        async with world.store.begin() as records:
            return await records.triggers.stop("trg_1", failures=5, problem="No answer.")

    assert sum(await asyncio.gather(*(stop() for _ in range(4)))) == 1
    async with world.store.begin() as records:
        assert await records.triggers.get("trg_1") == replace(
            TRIGGER, is_active=False, next_at=None, failures=5, problem="No answer."
        )


async def test_a_paused_trigger_does_not_fire(world: World) -> None:
    async with world.store.begin() as records:
        await records.triggers.add(replace(TRIGGER, is_active=False))
        assert not await records.triggers.advance("trg_1", expected=SOON, next_at=LATER, last_at=SOON)
