"""Forks `errand worker` processes that have loaded the program already: a start then costs a fifth, and storms stay short.

python -m tests.e2e.chaos.nursery

Reads one JSON line for each worker that is wanted, `{"folder", "environment", "log"}`; writes `{"pid"}` for it, and
`{"ended", "code"}` when one has ended. What a worker prints goes to its log. Ends, and ends them all, when its input does.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import sys
from typing import NoReturn

import asyncpg
import uvloop

import bot.serve
from bot.cli import main

assert asyncpg, uvloop
assert bot.serve

_LOOKS_EVERY_S = 0.05


def tend() -> None:
    alive: set[int] = set()
    gc.collect()
    gc.freeze()
    _say({"ready": os.getpid()})
    while True:
        readable, _, _ = select.select([sys.stdin], [], [], _LOOKS_EVERY_S)
        if readable:
            line = sys.stdin.readline()
            if not line:
                break
            alive.add(_fork(json.loads(line)))
        while alive:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                break
            alive.discard(pid)
            _say({"ended": pid, "code": os.waitstatus_to_exitcode(status)})
    for pid in alive:
        os.kill(pid, signal.SIGKILL)


def _fork(wanted: dict[str, object]) -> int:
    pid = os.fork()
    if not pid:
        _become_worker(str(wanted["folder"]), dict(wanted["environment"]), str(wanted["log"]))
    _say({"pid": pid})
    return pid


def _become_worker(folder: str, environment: dict[str, str], log: str) -> NoReturn:
    code = 1
    try:
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        written = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(written, 1)
        os.dup2(written, 2)
        main(["worker"])
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    finally:
        sys.stdout.flush()
        os._exit(code)


def _say(told: dict[str, object]) -> None:
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    # One line at a time, unbuffered: what was read ahead would not be seen by select.
    sys.stdin = os.fdopen(0, "r", buffering=1, closefd=False)
    tend()
