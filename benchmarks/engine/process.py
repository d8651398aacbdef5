"""Parts of the benchmark in processes of their own: starts them, reads what they say, measures what they use."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

import psutil

_LINE_LIMIT = 1_000_000
_ENDS_WITHIN_S = 20.0


@asynccontextmanager
async def start(*command: str, **more: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run `python …` with more environment variables; it is told to end when the block ends."""
    environment = {**os.environ, **more}  # noqa: TID251  a child's environment is no setting of ours
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *command),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        limit=_LINE_LIMIT,
        env=environment,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(_ENDS_WITHIN_S):
                await process.communicate()
        except TimeoutError:
            process.kill()
            await process.wait()


@asynccontextmanager
async def start_part(name: str, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a part of `benchmarks.engine.part`."""
    async with start("-m", "benchmarks.engine.part", name, *arguments) as process:
        yield process


async def read(process: asyncio.subprocess.Process) -> dict[str, Any]:
    """Return the next thing that a part says."""
    assert process.stdout
    line = await process.stdout.readline()
    if not line:
        raise SystemExit("A part of the benchmark ended early; what it printed stands above.")
    found: dict[str, Any] = json.loads(line)
    return found


def say(value: Mapping[str, object]) -> None:
    """In a part: tell the measuring process something."""
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def cpu_s(pids: list[int]) -> float:
    """Processor time that processes and their children have used so far."""
    total = 0.0
    for pid in pids:
        parent = psutil.Process(pid)
        for process in (parent, *parent.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                used = process.cpu_times()
                total += used.user + used.system
    return total
