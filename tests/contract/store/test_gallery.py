"""The gallery, on each database: many cards at once are what each of them is alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from store.record import Proposal, ProposalState, TriggerKind, TriggerRecord
from tests.contract.store.world import LATER, NOON, VERSION, WORKFLOW, World, attempt

PROPOSAL = Proposal(
    id="prp_1",
    conversation_id="cnv_1",
    person_id="usr_1",
    digest="d" * 64,
    content={"steps": []},
    shown={},
    state=ProposalState.OPEN,
    created_at=NOON,
)


async def test_many_records_are_read_at_once_and_unknown_ids_are_left_out(world: World) -> None:
    async with world.store.begin() as records:
        await records.proposals.add(PROPOSAL)
        await records.workflows.add_version(replace(VERSION, version=2, digest="e" * 64), at=LATER)
    first, second = await world.add_run(), await world.add_run(version=2)
    async with world.store.begin() as records:
        gallery = records.gallery
        assert await gallery.proposals(["prp_1", "prp_9"]) == {"prp_1": PROPOSAL}
        assert await gallery.runs([first.id, second.id, "run_9"]) == {first.id: first, second.id: second}
        assert await gallery.workflows({"wfl_1", "wfl_9"}) == {"wfl_1": replace(WORKFLOW, version=2, updated_at=LATER)}
        versions = await gallery.versions([("wfl_1", 1), ("wfl_1", 2), ("wfl_1", 3), ("wfl_9", 1)])
    assert {key: version.digest[0] for key, version in versions.items()} == {("wfl_1", 1): "d", ("wfl_1", 2): "e"}


async def test_nothing_is_asked_for_and_nothing_is_found(world: World) -> None:
    async with world.store.begin() as records:
        gallery = records.gallery
        assert await gallery.proposals([]) == {}
        assert await gallery.versions([]) == {}
        assert await gallery.last_runs([]) == {}
        assert await gallery.attempts(["run_9"]) == {}


async def test_attempts_come_by_run_in_order_of_start(world: World) -> None:
    first, second = await world.add_run(), await world.add_run()
    later = attempt(first.id, step_id="put", started_at=LATER)
    earlier = attempt(first.id, step_id="get")
    other = attempt(second.id)
    for run_id, attempts in ((first.id, [later, earlier]), (second.id, [other])):
        assert await world.store.journal.claim(run_id, owner="w", now=NOON, until=LATER)
        await world.store.journal.record(owner="w", attempts=attempts)
    async with world.store.begin() as records:
        assert await records.gallery.attempts([second.id, first.id]) == {first.id: [earlier, later], second.id: [other]}


async def test_the_last_run_and_the_number_of_runs_leave_out_rehearsals(world: World) -> None:
    async with world.store.begin() as records:
        await records.workflows.add(replace(WORKFLOW, id="wfl_2"), replace(VERSION, workflow_id="wfl_2"))
        await records.workflows.add(replace(WORKFLOW, id="wfl_3"), replace(VERSION, workflow_id="wfl_3"))
    await world.add_run()
    newest = await world.add_run(created_at=LATER)
    await world.add_run(created_at=LATER + timedelta(hours=1), is_rehearsal=True)
    other = await world.add_run(workflow_id="wfl_2")
    async with world.store.begin() as records:
        found = await records.gallery.last_runs(["wfl_1", "wfl_2", "wfl_3"])
    assert found == {"wfl_1": (newest, 2), "wfl_2": (other, 1)}


async def test_triggers_come_by_workflow(world: World) -> None:
    hook = TriggerRecord(
        id="trg_1", workflow_id="wfl_1", kind=TriggerKind.WEBHOOK, config={}, is_active=True, created_at=NOON
    )
    async with world.store.begin() as records:
        await records.triggers.add(hook)
        assert await records.gallery.triggers(["wfl_1", "wfl_2"]) == {"wfl_1": [hook]}


async def test_more_ids_than_one_query_takes_are_read_all_the_same(world: World) -> None:
    run = await world.add_run()
    async with world.store.begin() as records:
        found = await records.gallery.runs([*(f"run_{number}" for number in range(1200)), run.id])
    assert found == {run.id: run}
