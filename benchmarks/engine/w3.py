"""Three durable steps: runs/s when all runs wait in the queue, and latency one at a time, for all systems in turn."""

from __future__ import annotations

import sys

from benchmarks.engine.place import Place
from benchmarks.engine.system import IN_FLIGHT, SYSTEMS, Result
from benchmarks.engine.table import p50, p95, show

_SINGLES = 40
_OURS = SYSTEMS[0].name


async def measure_w3(place: Place, *, runs: int, rounds: int, only: str) -> None:
    cells = [
        (system, workers) for system in SYSTEMS if only.lower() in system.name.lower() for workers in system.workers
    ]
    results: dict[tuple[str, int], list[Result]] = {}
    for number in range(rounds):
        for system, workers in cells:
            await place.empty_redis()
            await place.reset()
            result = await system.round(place, int(runs * system.share), workers, _SINGLES)
            results.setdefault((system.name, workers), []).append(result)
            print(f"round {number + 1}: {system.name}, {workers}: {result.load.runs_per_s:.0f}/s", file=sys.stderr)
    rows = [(name, workers, *_medians(found)) for (name, workers), found in results.items()]
    show(
        f"Three durable steps (GET, reshape, POST): {IN_FLIGHT} runs in flight per worker, median of {rounds} rounds",
        ("system", "workers", "runs/s", "worker CPU, ms per run", "one at a time, p50 ms", "p95 ms"),
        [
            (name, str(workers), f"{rate:.0f}", f"{cpu_ms:.2f}", f"{middle:.1f}", f"{high:.1f}")
            for name, workers, rate, cpu_ms, middle, high in rows
        ],
    )
    rates = {name: rate for name, workers, rate, *_ in rows if workers == 1}
    if _OURS in rates:
        print(f"\nOne worker, {_OURS}, beside the others:")
        for name, rate in rates.items():
            if name != _OURS:
                print(f"- {name}: {rates[_OURS] / rate:.2f}×")


def _medians(found: list[Result]) -> tuple[float, float, float, float]:
    latencies_ms = [1000 * latency for result in found for latency in result.latencies_s]
    return (
        p50(result.load.runs_per_s for result in found),
        p50(result.load.cpu_ms for result in found),
        p50(latencies_ms),
        p95(latencies_ms),
    )
