"""Entry of the benchmark's processes: `python -m benchmarks.engine.part NAME ARGUMENT…`. Started by `process.py` only."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from importlib import import_module

import uvloop

Part = Callable[..., Coroutine[object, object, None]]
PARTS = {
    "service": "service:serve",
    "errand": "errand:work",
    "arq": "peer_arq:work",
    "dbos": "peer_dbos:work",
}


def main() -> None:
    name, *arguments = sys.argv[1:]
    module, _, function = PARTS[name].partition(":")
    part: Part = getattr(import_module(f"benchmarks.engine.{module}"), function)
    uvloop.run(_until_told(part, arguments))


async def _until_told(part: Part, arguments: list[str]) -> None:
    """Run a part until it returns or SIGTERM comes, which cancels it."""
    task = asyncio.ensure_future(part(*arguments))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    with suppress(asyncio.CancelledError):
        await task


if __name__ == "__main__":
    main()
