"""Nothing is executed that nobody said yes to."""

from __future__ import annotations

from dataclasses import replace

from core.canonical import digest
from store.record import RunState, WorkflowVersion
from tests.contract.worker.lab import Lab


async def test_a_run_without_a_yes_is_refused(lab: Lab) -> None:
    run = await lab.ran({"id": "a"}, is_approved=False)
    assert run.state is RunState.FAILED
    assert run.failure is not None
    assert run.failure.cause == "not approved"
    assert not lab.calls
    assert not await lab.attempts(run)


async def test_a_yes_that_comes_later_counts(lab: Lab) -> None:
    """A refusal is not remembered as the last word."""
    engine = lab.engine()
    workflow = await lab.workflow({"id": "a"}, is_approved=False)
    first = await lab.queued(workflow)
    await engine.advance(first.id)
    assert (await lab.run(first.id)).state is RunState.FAILED
    async with lab.store.begin() as records:
        await records.proposals.add_approval(lab._yes(first.digest))
    second = await lab.queued(workflow)
    await engine.advance(second.id)
    assert (await lab.run(second.id)).state is RunState.SUCCEEDED


async def test_a_run_with_another_digest_than_its_version_is_refused(lab: Lab) -> None:
    """Even when that digest has a yes of its own."""
    other = await lab.queued(await lab.workflow({"id": "a", "with": {"say": "other"}}))
    workflow = await lab.workflow({"id": "a"})
    run = await lab.queued(workflow, digest=other.digest)
    await lab.engine().advance(run.id)
    run = await lab.run(run.id)
    assert run.failure is not None
    assert run.failure.cause == "not approved"
    assert not lab.calls


async def test_content_that_was_changed_after_the_yes_is_refused(lab: Lab) -> None:
    """Also in a rehearsal, which needs no yes but the right content."""
    workflow = await lab.workflow({"id": "a"})
    run = await lab.queued(workflow)
    async with lab.store.begin() as records:
        version = await records.workflows.version(workflow.id, 1)
        assert version is not None
        content = {**version.content, "params": {"to": "somebody else"}}
        forged = WorkflowVersion(
            workflow_id=workflow.id, version=2, digest=version.digest, content=content, created_at=lab.clock.now()
        )
        await records.workflows.add_version(forged, at=lab.clock.now())
    assert digest(content) != run.digest
    for is_rehearsal in (False, True):
        forged_run = replace(run, id=f"run_{is_rehearsal}", version=2, is_rehearsal=is_rehearsal)
        async with lab.store.begin() as records:
            await records.runs.add(forged_run)
        await lab.engine().advance(forged_run.id)
        assert (await lab.run(forged_run.id)).state is RunState.FAILED
    assert not lab.calls


async def test_many_versions_are_verified_and_kept_within_bounds(lab: Lab) -> None:
    engine = lab.engine()
    for number in range(5):
        run = await lab.queued(await lab.workflow({"id": "a", "with": {"say": number}}))
        await engine.advance(run.id)
    assert lab.said == [0, 1, 2, 3, 4]
