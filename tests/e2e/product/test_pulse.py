"""`errand doctor --worker`: says that a worker lives only while its own loop goes round."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

from bot.pulse import STALE_S, folder_of
from core.clock import SystemClock
from tests.contract.worker.lab import until
from tests.fakes.process import Worker, errand


def backdate(pulse: Path) -> None:
    """As if the worker had been stopped for long."""
    long_ago = SystemClock().now().timestamp() - STALE_S - 1
    os.utime(pulse, (long_ago, long_ago))


async def test_a_worker_that_hangs_is_told_from_one_that_works(tmp_path: Path, redis_url: str) -> None:
    data = tmp_path / "data"
    code, _, errors = await errand(data, "doctor", "--worker")
    assert code == 1
    assert "No worker" in errors
    async with Worker(data, {"REDIS_URL": redis_url}) as worker:
        pulse = folder_of(data) / str(worker.pid)
        await until(pulse.exists)
        assert (await errand(data, "doctor", "--worker"))[0] == 0
        worker.signal(signal.SIGSTOP)
        backdate(pulse)
        code, _, errors = await errand(data, "doctor", "--worker")
        assert code == 1
        assert f"The worker {worker.pid} has been silent" in errors
        worker.signal(signal.SIGCONT)
        await until(lambda: pulse.stat().st_mtime > SystemClock().now().timestamp() - STALE_S)
        assert (await errand(data, "doctor", "--worker"))[0] == 0
    assert not pulse.exists()


async def test_a_worker_that_was_killed_leaves_nothing_that_counts(tmp_path: Path) -> None:
    data = tmp_path / "data"
    folder_of(data).mkdir(mode=0o700)
    process = await _ended_process()
    (folder_of(data) / str(process)).touch()
    code, _, errors = await errand(data, "doctor", "--worker")
    assert code == 1
    assert "No worker" in errors


async def _ended_process() -> int:
    """The id of a process that is no more."""
    process = await asyncio.create_subprocess_exec("true")
    await process.wait()
    return process.pid
