"""A worker in a process of its own, for tests that kill it. Its steps write what they do to a file, line by line.

python -m tests.e2e.worker_process DATABASE_URL REDIS_URL LOG_FILE
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from catalog.expression import Expressions
from core.clock import SystemClock
from store.sql.store import SqlStore
from tests.contract.worker.lab import Lab, LabParams
from tools.step import StepContext
from worker.service import WorkerService
from worker.wake.bus import RedisBus
from worker.wake.queue import ArqQueue

LEASE_S = 1.0


async def main(database_url: str, redis_url: str, log: Path) -> None:
    clock = SystemClock()
    store = await SqlStore.open(database_url)
    queue, bus = ArqQueue(redis_url, clock), RedisBus(redis_url, clock)
    lab = Lab(store, clock, queue=queue, events=bus)

    def write(word: str, params: LabParams, context: StepContext) -> None:
        line = f"{word} {context.step_id} {context.run_id} {context.idempotency_key} {params.say} {os.getpid()}\n"
        with log.open("a") as file:
            file.write(line)

    async def work(params: LabParams, context: StepContext) -> None:
        """Takes a while: begins, is in the middle of it, ends."""
        write("begin", params, context)
        await asyncio.sleep(float(str(params.say)))
        write("end", params, context)

    lab.on("work", work)
    service = WorkerService(
        desk=lab.desk(), expressions=Expressions(), redis_url=redis_url, lease_s=LEASE_S, sweep_s=0.2
    )
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    await service.start()
    await stopped.wait()
    await service.stop(0.1)
    await queue.close()
    await bus.close()
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
