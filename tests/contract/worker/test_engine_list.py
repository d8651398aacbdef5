"""The list of a `for_each` step is the same for each worker that goes on with it, whatever time it is by then."""

from __future__ import annotations

import asyncio

import pytest

from store.record import RunState
from tests.contract.worker.lab import Lab, LabParams
from tests.fakes.clock import FixedClock
from tools.step import StepContext

DAY_S = 86_400
DAY = "{} | string | truncate(10, '')"


@pytest.mark.parametrize("steps_before", [0, 1])
async def test_a_list_that_reads_the_time_is_continued_and_not_made_anew(
    any_lab: Lab, clock: FixedClock, steps_before: int
) -> None:
    lab = any_lab
    started = asyncio.Event()

    async def die_once(params: LabParams, _context: StepContext) -> None:
        if str(params.say).startswith("b") and not started.is_set():
            started.set()
            await asyncio.Event().wait()

    lab.on("die once", die_once)
    workflow = await lab.workflow(
        *[{"id": "before"}][:steps_before],
        {
            "id": "each",
            "uses": "lab.idempotent",
            "if": f"({DAY.format('now')}) == ({DAY.format('run.started_at')})",
            "for_each": {"items": "${{ ['a ' ~ now, 'b ' ~ now, 'c ' ~ now] }}", "concurrency": 1},
            "with": {"say": "${{ item }}", "do": "die once"},
        },
    )
    run = await lab.queued(workflow)
    clock.move(60)
    advancing = asyncio.create_task(lab.engine().advance(run.id))
    async with asyncio.timeout(5):
        await started.wait()
    advancing.cancel()
    await asyncio.gather(advancing, return_exceptions=True)
    clock.move(DAY_S)
    await lab.engine().advance(run.id)
    assert (await lab.run(run.id)).state is RunState.SUCCEEDED
    said = [str(each) for each in lab.said if each is not None]
    assert [each[0] for each in said] == ["a", "b", "b", "c"]
    assert len({each[2:] for each in said}) == 1
