"""A worker's pulse: a file that is touched only while the worker's own loop goes round, and the look at it from outside.

For workers that have no HTTP (`errand worker`). Says nothing of the database or Redis: a worker that waits for them lives.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from core.clock import Clock

STALE_S = 30.0
"""A worker that was silent for so long hangs."""

_BEAT_S = 2.0


def folder_of(data: Path) -> Path:
    """Where the workers of a data folder on this machine keep their pulse. Another container has its own."""
    name = hashlib.sha256(str(data.resolve()).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"errand-pulse-{os.getuid()}-{name}"


async def beat(data: Path, clock: Clock, is_going_round: Callable[[], bool]) -> None:
    """Touch this process's file while the worker goes round, until cancelled."""
    path = folder_of(data) / str(os.getpid())
    path.parent.mkdir(mode=0o700, exist_ok=True)
    try:
        while True:
            if is_going_round():
                path.touch()
            await clock.sleep(_BEAT_S)
    finally:
        path.unlink(missing_ok=True)


def problem(data: Path, clock: Clock) -> str:
    """Return why not every worker here is well, or the empty string. A worker that was killed is none."""
    now_s = clock.now().timestamp()
    pulses = {int(path.name): path for path in folder_of(data).glob("*") if path.name.isdigit()}
    living = {pid: path for pid, path in pulses.items() if _lives(pid)}
    if not living:
        return "No worker of this data folder runs on this machine."
    silent = sorted(pid for pid, path in living.items() if now_s - path.stat().st_mtime > STALE_S)
    return f"The worker {silent[0]} has been silent for more than {STALE_S:.0f} s." if silent else ""


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
