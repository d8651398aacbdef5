"""One run of 40 steps in a row on one worker, each a request that the service answers after 10 ms."""

from __future__ import annotations

from datetime import timedelta

from pydantic import JsonValue

from benchmarks.engine.errand import open_caller
from benchmarks.engine.place import Place
from benchmarks.engine.process import read, start_part
from benchmarks.engine.table import p50, show

_STEPS = 40
_SHAPES = (
    ("POST, its start and its end durable before the next", "POST"),
    ("GET, recorded with what comes after", "GET"),
)
_PUBLISHED = (("Hatchet", 1.22), ("Windmill", 2.09), ("Temporal", 2.97), ("Prefect", 4.87), ("Airflow", 116.0))


async def measure_steps(place: Place, *, rounds: int) -> None:
    rows = []
    for database in ("PostgreSQL", "SQLite"):
        for shape, method in _SHAPES:
            took = [await _run(place, method, is_postgres=database == "PostgreSQL") for _ in range(rounds)]
            rows.append((f"Errand, {database}, each step a {shape}", f"{p50(took):.2f}"))
    rows += [(f"{name} (published elsewhere, other machine, light steps)", f"{took:.2f}") for name, took in _PUBLISHED]
    show(f"{_STEPS} steps of 10 ms in a row, one worker, median of {rounds}", ("system", "seconds"), rows)


async def _run(place: Place, method: str, *, is_postgres: bool) -> float:
    """Return the seconds from the wake-up to the recorded end; a first run warms the worker up."""
    await place.empty_redis()
    url = await place.new_database(is_postgres=is_postgres)
    async with (
        open_caller(place.redis_url, url, _definition(method), {"url": place.service_url}) as caller,
        start_part("errand", place.redis_url, url, "50") as process,
    ):
        await read(process)
        await caller.one()
        ended = await caller.one()
        assert ended.ended_at is not None
        return (ended.ended_at - ended.created_at) / timedelta(seconds=1)


def _definition(method: str) -> JsonValue:
    steps: list[JsonValue] = [
        {
            "id": f"step{number}",
            "uses": "http.request",
            "with": {"method": method, "url": "${{ params.url }}/slow", "query": {"n": number}},
        }
        for number in range(_STEPS)
    ]
    return {"title": "Forty steps", "parameters": {"url": {"kind": "url"}}, "steps": steps}
