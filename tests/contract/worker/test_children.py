"""What becomes of a parent's cancellation and of its retry in the runs that it has started."""

from __future__ import annotations

from core.errors import RejectedError
from store.record import Priority, Run, RunState
from tests.contract.worker.lab import Lab, LabParams
from tools.step import StepContext
from tools.steps.flow_run_workflow import STEPS as RUN_WORKFLOW
from tools.steps.flow_wait import STEPS as WAITS


async def _family(lab: Lab, *child_steps: dict[str, object]) -> tuple[Run, Run]:
    """A parent that has started a child and waits for it; both as they are then recorded."""
    lab.more += [*RUN_WORKFLOW, *WAITS]
    child_of = await lab.workflow(*child_steps, name="Child")
    parent = await lab.ran({"id": "call", "uses": "flow.run_workflow", "with": {"workflow": "Child"}}, name="Parent")
    (child,) = await lab.runs(child_of)
    assert parent.state is RunState.WAITING
    return parent, child


async def test_the_children_of_a_cancelled_run_are_cancelled(lab: Lab) -> None:
    parent, child = await _family(lab, {"id": "wait", "uses": "flow.delay", "with": {"seconds": "1h"}})
    await lab.engine().advance(child.id)
    assert (await lab.run(child.id)).state is RunState.WAITING
    assert await lab.cancel(parent)
    await lab.engine().advance(parent.id)
    assert (await lab.run(parent.id)).state is RunState.CANCELLED
    assert child.id in lab.recorded.woken
    await lab.engine().advance(child.id)
    assert (await lab.run(child.id)).state is RunState.CANCELLED


async def test_a_child_that_has_ended_is_left_as_it_is(lab: Lab) -> None:
    parent, child = await _family(lab, {"id": "a"})
    await lab.engine().advance(child.id)
    assert await lab.cancel(parent)
    await lab.engine().advance(parent.id)
    assert (await lab.run(parent.id)).state is RunState.CANCELLED
    assert (await lab.run(child.id)).state is RunState.SUCCEEDED


async def test_retrying_the_parent_goes_on_with_its_failed_child(lab: Lab) -> None:
    """What the child had done is not done again."""
    errors = [RejectedError("No.")]

    async def once_refused(_params: LabParams, _context: StepContext) -> None:
        if errors:
            raise errors.pop()

    lab.on("refuse", once_refused)
    parent, child = await _family(
        lab, {"id": "sent", "uses": "lab.once", "with": {"say": "sent"}}, {"id": "b", "with": {"do": "refuse"}}
    )
    await lab.engine().advance(child.id)
    await lab.engine().advance(parent.id)
    assert [(await lab.run(one.id)).state for one in (parent, child)] == [RunState.FAILED, RunState.FAILED]
    lab.clock.move(1)  # type: ignore[attr-defined]  # a fixed clock in tests
    async with lab.store.begin() as records:
        assert await records.runs.requeue(parent.id, at=lab.clock.now(), priority=Priority.BULK)
    await lab.engine().advance(parent.id)
    await lab.engine().advance(child.id)
    await lab.engine().advance(parent.id)
    assert [(await lab.run(one.id)).state for one in (parent, child)] == [RunState.SUCCEEDED, RunState.SUCCEEDED]
    assert lab.said.count("sent") == 1
