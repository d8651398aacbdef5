"""How soon an idle worker picks a run up, and the processor time that it uses while there is none."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from benchmarks.engine.errand import W3, open_caller
from benchmarks.engine.place import Place
from benchmarks.engine.process import cpu_s, read, start_part
from benchmarks.engine.table import p50, p95, show

_RUNS = 100
_SETTLES_S = 1.0


async def measure_idle(place: Place, *, idle_s: float) -> None:
    rows = [await _measure(place, database, idle_s) for database in ("PostgreSQL", "SQLite")]
    show(
        f"An idle worker: {_RUNS} runs one at a time, then {idle_s:.0f} s of nothing",
        ("database", "pick-up p50 ms", "pick-up p95 ms", "idle CPU, % of a core"),
        rows,
    )


async def _measure(place: Place, database: str, idle_s: float) -> tuple[str, ...]:
    """Pick-up is from the wake-up of a recorded run to its start, as the worker records it."""
    await place.empty_redis()
    url = await place.new_database(is_postgres=database == "PostgreSQL")
    async with (
        open_caller(place.redis_url, url, W3, {"url": place.service_url}) as caller,
        start_part("errand", place.redis_url, url, "50") as process,
    ):
        await read(process)
        picked_ms = []
        for _ in range(_RUNS):
            run = await caller.one()
            assert run.started_at is not None
            picked_ms.append((run.started_at - caller.woken_at) / timedelta(milliseconds=1))
        await asyncio.sleep(_SETTLES_S)  # noqa: TID251  a benchmark waits
        before_s = cpu_s([process.pid])
        await asyncio.sleep(idle_s)  # noqa: TID251  a benchmark waits
        used = 100 * (cpu_s([process.pid]) - before_s) / idle_s
    return database, f"{p50(picked_ms):.1f}", f"{p95(picked_ms):.1f}", f"{used:.2f}"
