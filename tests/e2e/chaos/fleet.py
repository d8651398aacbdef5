"""Real worker processes that are killed, paused and replaced. Knows no run."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Self

from tests.fakes.process import environment

_READY = re.compile(r"worker (wrk_\w+) is ready")
_STARTS_WITHIN_S = 120.0


@dataclass(kw_only=True)
class OneWorker:
    """`owner` is the name under which it holds leases."""

    pid: int
    owner: str


class Nursery:
    """`with Nursery() as nursery:`. Bears the processes, see `tests.e2e.chaos.nursery`. `codes` are those that have ended."""

    def __init__(self) -> None:
        self.codes: dict[int, int] = {}
        self._born: Queue[int] = Queue()

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.e2e.chaos.nursery"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert b"ready" in self._process.stdout.readline()
        self._listening = Thread(target=self._listen)
        self._listening.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()
        self._process.wait()
        self._listening.join()
        self._process.stdout.close()

    def bear(self, folder: Path, variables: dict[str, str], log: Path) -> int:
        """Return the id of a new worker process."""
        wanted = {"folder": str(folder), "environment": variables, "log": str(log)}
        self._process.stdin.write(json.dumps(wanted).encode() + b"\n")
        self._process.stdin.flush()
        return self._born.get(timeout=_STARTS_WITHIN_S)

    async def ended(self, pid: int) -> int:
        """Return its exit code once it has ended."""
        async with asyncio.timeout(_STARTS_WITHIN_S):
            while pid not in self.codes:
                await asyncio.sleep(0.01)
        return self.codes.pop(pid)

    def _listen(self) -> None:
        for line in self._process.stdout:
            told = json.loads(line)
            if "pid" in told:
                self._born.put(told["pid"])
            else:
                self.codes[told["ended"]] = told["code"]


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
            await self.nursery.ended(worker.pid)

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
        await self.nursery.ended(worker.pid)

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
            return [await self.nursery.ended(worker.pid) for worker in stopped]

    async def _start(self) -> None:
        """What cannot start because the database is away is started again, as an init system does."""
        self.data.mkdir(parents=True, exist_ok=True)
        async with asyncio.timeout(_STARTS_WITHIN_S):
            while True:
                log = self.data.parent / f"worker-{next(self._numbers)}.log"
                variables = environment(self.data, **self.settings)
                pid = self.nursery.bear(self.data.parent, variables, log)
                while pid not in self.nursery.codes:
                    if log.exists() and (found := _READY.search(log.read_text())):
                        self.alive.append(OneWorker(pid=pid, owner=found[1]))
                        return
                    await asyncio.sleep(0.02)
