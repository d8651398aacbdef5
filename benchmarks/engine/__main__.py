"""Reads the options, starts the servers, measures part after part, prints the tables."""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Awaitable, Callable

import uvloop

from benchmarks import engine
from benchmarks.engine.idle import measure_idle
from benchmarks.engine.place import Place, open_place
from benchmarks.engine.steps import measure_steps
from benchmarks.engine.w3 import measure_w3
from benchmarks.engine.webhook import measure_webhook

Part = Callable[[Place, argparse.Namespace], Awaitable[None]]
PARTS: dict[str, Part] = {
    "w3": lambda place, options: measure_w3(place, runs=options.runs, rounds=options.rounds, only=options.only),
    "steps": lambda place, options: measure_steps(place, rounds=options.rounds),
    "idle": lambda place, options: measure_idle(place, idle_s=options.idle),
    "webhook": lambda place, options: measure_webhook(place, requests=options.requests),
}


async def measure(options: argparse.Namespace) -> None:
    async with open_place() as place:
        print(f"\n{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}; {place.described}")
        for name in options.parts or PARTS:
            await PARTS[name](place, options)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.engine",
        description=engine.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="part", help=f"any of: {', '.join(PARTS)}")
    parser.add_argument(
        "--runs", type=int, default=600, help="w3: runs for each system and round; the slow ones do a fifth"
    )
    parser.add_argument(
        "--rounds", type=int, default=3, help="w3 and steps: rounds in turn, of which the median is shown"
    )
    parser.add_argument("--only", default="", help="w3: systems whose name holds this text")
    parser.add_argument("--requests", type=int, default=5000, help="webhook: requests in all")
    parser.add_argument("--idle", type=float, default=10.0, help="idle: seconds of doing nothing")
    uvloop.run(measure(parser.parse_args()))


if __name__ == "__main__":
    main()
