"""The single-process shape, `errand serve` on SQLite with its own Redis, is killed and started again in the middle of runs."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from random import Random

import pytest

from store.sql.store import SqlStore
from tests.contract.worker.lab import RecordingQueue
from tests.e2e.chaos.conftest import LEASE_S, RUNS, SWEEP_S
from tests.e2e.chaos.figures import Figures
from tests.e2e.chaos.recorder import Recorder
from tests.e2e.chaos.storm import Storm
from tests.fakes.process import Served

pytestmark = [pytest.mark.xdist_group("chaos"), pytest.mark.timeout(0)]

KILLS = max(2, RUNS // 80)


async def test_one_process_on_sqlite_is_killed_and_started_again(
    tmp_path: Path, figures: Figures, random: Random
) -> None:
    """Nobody wakes it for these runs: it finds them itself."""
    data = tmp_path / "data"
    async with Served(data, {"LEASE_S": str(LEASE_S), "SWEEP_S": str(SWEEP_S)}) as served, Recorder(random) as service:
        store = await SqlStore.open(f"sqlite:///{data / 'errand.db'}")
        storm = Storm(store=store, queue=RecordingQueue(), service=service, figures=figures, random=random)
        await storm.settle()
        async with storm.watched():
            for _ in range(KILLS):
                await storm.begin(RUNS // 4 // KILLS)
                await asyncio.sleep(SWEEP_S + random.uniform(0.1, 1))
                holders = await storm.holders()
                await served.stop(signal.SIGKILL)
                figures.kills += 1
                for owner in holders:
                    await storm.orphaned(owner)
                await served.start()
            await storm.ended()
        assert await served.stop() == 0
        await storm.judge()
        await store.close()
