"""Worker processes that are killed in the middle of their work: what goes on, what is asked, and what never doubles."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from core.clock import SystemClock
from store.record import Run, RunState, Waiting
from store.sql.migrate import migrate
from store.sql.store import SqlStore
from tests.contract.worker.lab import Lab, until
from worker.wake.queue import ArqQueue

CLOCK = SystemClock()


class Workers:
    """Starts and ends worker processes; reads what their steps wrote."""

    def __init__(self, url: str, redis_url: str, log: Path) -> None:
        self._arguments = [url, redis_url, str(log)]
        self._log = log
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen([sys.executable, "-m", "tests.e2e.worker_process", *self._arguments])
        self._processes.append(process)
        return process

    def lines(self, word: str = "", step: str = "") -> list[list[str]]:
        lines = [line.split() for line in self._log.read_text().splitlines()] if self._log.exists() else []
        return [line for line in lines if line[0].startswith(word) and line[1].startswith(step)]

    def end(self) -> None:
        for process in self._processes:
            if process.poll() is None:
                process.kill()
            process.wait()


@pytest.fixture
async def lab(tmp_path: Path, redis_url: str) -> AsyncIterator[Lab]:
    url = f"sqlite:///{tmp_path / 'errand.db'}"
    await migrate(url)
    store = await SqlStore.open(url)
    queue = ArqQueue(redis_url, CLOCK)
    yield await Lab(store, CLOCK, queue=queue).settle()
    await queue.close()
    await store.close()


@pytest.fixture
def workers(lab: Lab, tmp_path: Path, redis_url: str) -> AsyncIterator[Workers]:
    made = Workers(f"sqlite:///{tmp_path / 'errand.db'}", redis_url, tmp_path / "steps.log")
    yield made
    made.end()


async def begun(workers: Workers, step: str, count: int = 1) -> None:
    await until(lambda: len(workers.lines("begin", step)) >= count, timeout_s=30)


async def settled(lab: Lab, run: Run, is_settled: Callable[[Run], bool]) -> Run:
    async def holds() -> bool:
        return is_settled(await lab.run(run.id))

    await until(holds, timeout_s=30)
    return await lab.run(run.id)


async def test_another_worker_goes_on_with_what_a_killed_one_was_reading(lab: Lab, workers: Workers) -> None:
    """The steps before are not repeated; the one in flight is, under the same key."""
    run = await lab.queued(
        await lab.workflow(
            {"id": "send", "uses": "lab.once", "with": {"do": "work", "say": 0}},
            {"id": "look", "uses": "lab.read", "with": {"do": "work", "say": 1.5}},
            {"id": "tell", "uses": "lab.once", "with": {"do": "work", "say": 0}},
        )
    )
    first = workers.start()
    await lab.queue.wake(run)
    await begun(workers, "look")
    first.send_signal(signal.SIGKILL)
    first.wait()
    workers.start()
    run = await settled(lab, run, lambda run: run.state.is_final)
    assert run.state is RunState.SUCCEEDED
    assert [line[1] for line in workers.lines("begin")] == ["send", "look", "look", "tell"]
    assert len({line[3] for line in workers.lines("begin", "look")}) == 1


async def test_a_step_that_must_happen_once_waits_for_a_person_after_a_kill(lab: Lab, workers: Workers) -> None:
    run = await lab.queued(
        await lab.workflow(
            {"id": "send", "uses": "lab.once", "with": {"do": "work", "say": 20}},
            {"id": "tell", "uses": "lab.once", "with": {"do": "work", "say": 0}},
        )
    )
    first = workers.start()
    await lab.queue.wake(run)
    await begun(workers, "send")
    first.send_signal(signal.SIGKILL)
    first.wait()
    workers.start()
    run = await settled(lab, run, lambda run: run.waiting_for is Waiting.CHECK)
    assert len(workers.lines("begin", "send")) == 1
    await lab.tell(run, "send", "check:-1:1", answer="done", person="Ada")
    await lab.queue.wake(run)
    run = await settled(lab, run, lambda run: run.state.is_final)
    assert run.state is RunState.SUCCEEDED
    assert [line[:2] for line in workers.lines()] == [["begin", "send"], ["begin", "tell"], ["end", "tell"]]


async def test_a_worker_that_is_told_to_stop_hands_over(lab: Lab, workers: Workers) -> None:
    run = await lab.queued(
        await lab.workflow({"id": "look", "uses": "lab.idempotent", "with": {"do": "work", "say": 2}})
    )
    first = workers.start()
    await lab.queue.wake(run)
    await begun(workers, "look")
    first.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(first.wait, 10) == 0
    workers.start()
    run = await settled(lab, run, lambda run: run.state.is_final)
    assert run.state is RunState.SUCCEEDED
    assert len(workers.lines("begin", "look")) == 2


async def test_under_kills_nothing_is_lost_and_nothing_that_must_happen_once_is_doubled(
    lab: Lab, workers: Workers
) -> None:
    """Three kills among twenty runs on two workers: each run ends, or waits for a check."""
    workflow = await lab.workflow(
        {"id": "a", "uses": "lab.read", "with": {"do": "work", "say": 0.05}},
        {"id": "b", "uses": "lab.once", "with": {"do": "work", "say": 0.05}},
        {"id": "c", "uses": "lab.once", "with": {"do": "work", "say": 0.05}},
    )
    runs = [await lab.queued(workflow) for _ in range(20)]
    workers.start()
    victim = workers.start()
    for run in runs:
        await lab.queue.wake(run)
    for kill in range(3):
        await begun(workers, "a", 4 * (kill + 1))
        victim.kill()
        victim.wait()
        victim = workers.start()
    states = [
        await settled(lab, run, lambda run: run.state.is_final or run.waiting_for is Waiting.CHECK) for run in runs
    ]
    assert {run.state for run in states} <= {RunState.SUCCEEDED, RunState.WAITING}
    once = [tuple(line[2:4]) for line in workers.lines("begin") if line[1] in "bc"]
    assert len(once) == len(set(once))
    succeeded = {run.id for run in states if run.state is RunState.SUCCEEDED}
    ended = {line[2] for line in workers.lines("end", "c")}
    assert succeeded <= ended
