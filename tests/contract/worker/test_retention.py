"""Details of old runs are removed; what they did is remembered."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from store.record import RunState
from tests.contract.worker.lab import Lab
from tests.fakes.clock import FixedClock
from worker.retention import AT_ONCE, Retention


def _retention(lab: Lab, days: int) -> Retention:
    return Retention(store=lab.store, clock=lab.clock, retain_days=days)


async def test_only_what_ended_long_ago_loses_its_details(any_lab: Lab, clock: FixedClock) -> None:
    lab = any_lab
    old = await lab.ran({"id": "a", "with": {"say": "x"}}, result="Sent ${{ steps.a.said }}")
    clock.move(timedelta(days=20).total_seconds())
    young = await lab.ran({"id": "a"})
    assert await _retention(lab, 10).prune() == 1
    assert await lab.attempts(old) == []
    assert len(await lab.attempts(young)) == 1
    kept = await lab.run(old.id)
    assert (kept.state, kept.result, kept.pruned_at) == (RunState.SUCCEEDED, "Sent x", clock.now())
    assert (await lab.run(young.id)).pruned_at is None
    async with lab.store.begin() as records:
        assert await records.proposals.has_yes(old.digest), "approvals stay"


async def test_with_no_limit_everything_is_kept(lab: Lab, clock: FixedClock) -> None:
    run = await lab.ran({"id": "a"})
    clock.move(timedelta(days=9999).total_seconds())
    assert await _retention(lab, 0).prune() == 0
    assert len(await lab.attempts(run)) == 1


async def test_many_are_pruned_in_batches_by_several_workers_without_harm(any_lab: Lab, clock: FixedClock) -> None:
    workflow = await any_lab.workflow({"id": "a"})
    for _ in range(AT_ONCE + 30):
        await any_lab.queued(workflow, state=RunState.SUCCEEDED, ended_at=clock.now(), due_at=None)
    clock.move(timedelta(days=2).total_seconds())
    pruned = await asyncio.gather(*(_retention(any_lab, 1).prune() for _ in range(3)))
    assert sum(pruned) + await _retention(any_lab, 1).prune() == AT_ONCE + 30
