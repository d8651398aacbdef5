"""Real worker processes that are killed, paused and replaced. Knows no run."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Self

from tests.fakes.process import environment

_READY = re.compile(r"worker (wrk_\w+) is ready")
_STARTS_WITHIN_S = 120.0


@dataclass(kw_only=True)
class OneWorker:
    """`owner` is the name under which it holds leases; `ended` gives its exit code."""

    pid: int
    owner: str
    ended: asyncio.Future[int]


class Nursery:
    """`async with Nursery() as nursery:`. Bears the processes, see `tests.e2e.chaos.nursery`."""

    async def __aenter__(self) -> Self:
        self._born: asyncio.Queue[int] = asyncio.Queue()
        self._ended: dict[int, asyncio.Future[int]] = {}
        self._turn = asyncio.Lock()
        self._process: Process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.e2e.chaos.nursery", stdin=PIPE, stdout=PIPE
        )
        async with asyncio.timeout(_STARTS_WITHIN_S):
            assert b"ready" in await self._process.stdout.readline()
        self._listening = asyncio.create_task(self._listen())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._process.stdin.close()
        await self._process.wait()
        await self._listening

    async def bear(self, folder: Path, variables: dict[str, str], log: Path) -> tuple[int, asyncio.Future[int]]:
        wanted = {"folder": str(folder), "environment": variables, "log": str(log)}
        async with self._turn:
            self._process.stdin.write(json.dumps(wanted).encode() + b"\n")
            pid = await self._born.get()
        return pid, self._ended[pid]

    async def _listen(self) -> None:
        while line := await self._process.stdout.readline():
            told = json.loads(line)
            if "pid" in told:
                self._ended[told["pid"]] = asyncio.get_running_loop().create_future()
                self._born.put_nowait(told["pid"])
            else:
                self._ended[told["ended"]].set_result(told["code"])


@dataclass
class Fleet:
    """`async with Fleet(nursery, folder, settings) as fleet:`. `alive` are those that may be killed."""

    nursery: Nursery
    data: Path
    settings: dict[str, str]
    alive: list[OneWorker] = field(default_factory=list)
    _frozen: list[OneWorker] = field(default_factory=list)
    _starting: set[asyncio.Task[None]] = field(default_factory=set)
    _numbers: count[int] = field(default_factory=count)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._starting:
            task.cancel()
        await asyncio.gather(*self._starting, return_exceptions=True)
        for worker in [*self.alive, *self._frozen]:
            os.kill(worker.pid, signal.SIGKILL)
            await worker.ended

    async def start(self, number: int = 1) -> None:
        await asyncio.gather(*(self._start() for _ in range(number)))

    def replace(self) -> None:
        """Start one more in the background."""
        task = asyncio.create_task(self._start())
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)

    async def several(self) -> None:
        """Return when there is one to kill and one that can go on."""
        async with asyncio.timeout(_STARTS_WITHIN_S):
            while len(self.alive) < 2:
                await asyncio.sleep(0.02)

    async def kill(self, worker: OneWorker) -> None:
        self.alive.remove(worker)
        os.kill(worker.pid, signal.SIGKILL)
        await worker.ended

    def freeze(self, worker: OneWorker) -> None:
        """It stands still and does not know it."""
        self.alive.remove(worker)
        self._frozen.append(worker)
        os.kill(worker.pid, signal.SIGSTOP)

    def thaw(self, worker: OneWorker) -> None:
        self._frozen.remove(worker)
        self.alive.append(worker)
        os.kill(worker.pid, signal.SIGCONT)

    async def stop(self) -> list[int]:
        """End all as a person would; returns their exit codes."""
        await asyncio.gather(*self._starting)
        stopped, self.alive = self.alive, []
        for worker in stopped:
            os.kill(worker.pid, signal.SIGTERM)
        async with asyncio.timeout(_STARTS_WITHIN_S):
            return [await worker.ended for worker in stopped]

    async def _start(self) -> None:
        """What cannot start because the database is away is started again, as an init system does."""
        self.data.mkdir(parents=True, exist_ok=True)
        async with asyncio.timeout(_STARTS_WITHIN_S):
            while True:
                log = self.data.parent / f"worker-{next(self._numbers)}.log"
                variables = environment(self.data, **self.settings)
                pid, ended = await self.nursery.bear(self.data.parent, variables, log)
                while not ended.done():
                    if log.exists() and (found := _READY.search(log.read_text())):
                        self.alive.append(OneWorker(pid=pid, owner=found[1], ended=ended))
                        return
                    await asyncio.sleep(0.02)
