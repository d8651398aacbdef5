"""A webhook that starts a run of one step and answers with the run's result: requests/s and how long an answer takes."""

from __future__ import annotations

import asyncio
import json
import re
import time
from urllib.parse import urlsplit

from pydantic import JsonValue

from benchmarks.engine.errand import CLOCK, settle
from benchmarks.engine.place import Place
from benchmarks.engine.process import start
from benchmarks.engine.table import p50, p99, show
from store.record import TriggerKind, TriggerRecord
from store.sql.store import SqlStore

_CONNECTIONS = 25
_WARM_UP = 100
_STARTS_WITHIN_S = 60.0
_SECRET = "benchmark-benchmark-benchmark-benchmark"
_PUBLISHED = ("Activepieces (published elsewhere, 8 cores, `ab -c 25 -n 5000`)", "95", "", "337")

_DEFINITION: JsonValue = {
    "title": "Answer",
    "trigger": {"allowed": ["manual", "webhook"]},
    "steps": [
        {
            "id": "sum",
            "uses": "json.transform",
            "with": {"data": "${{ trigger.body }}", "expression": "{total: sum(items[].price)}"},
        }
    ],
    "result": "${{ steps.sum.value.total }}",
}
_BODY = json.dumps({"items": [{"id": number, "price": number * 3} for number in range(10)]}).encode()


async def measure_webhook(place: Place, *, requests: int) -> None:
    rows = [await _measure(place, database, requests) for database in ("SQLite", "PostgreSQL")]
    show(
        f"Webhook, one step, answer: {_CONNECTIONS} kept-alive connections, {requests:,} requests, one process for all",
        ("system", "requests/s", "p50 ms", "p99 ms"),
        [*rows, _PUBLISHED],
    )


async def _measure(place: Place, database: str, requests: int) -> tuple[str, ...]:
    await place.empty_redis()
    url = await place.new_database(is_postgres=database == "PostgreSQL")
    store = await SqlStore.open(url)
    version = await settle(store, _DEFINITION, {})
    trigger = TriggerRecord(
        id="trg_bench", workflow_id=version.workflow_id, kind=TriggerKind.WEBHOOK, config={}, is_active=True,
        created_at=CLOCK.now(), secret=_SECRET,
    )  # fmt: skip
    async with store.begin() as records:
        await records.triggers.add(trigger)
    await store.close()
    serving = start(
        *(
            "-c",
            "from bot.cli import main; main()",
            "serve",
            "--port",
            "0",
            "--data",
            str(place.folder / f"serve-{database}"),
        ),
        ERRAND_DATABASE_URL=url,
        ERRAND_REDIS_URL=place.redis_url,
        ERRAND_HOOK_RATE="1000000/minute",
    )
    async with serving as process:
        address = await _address(process)
        await _load(address, _WARM_UP)
        begun_s = time.perf_counter()
        took_ms = [1000 * each for each in await _load(address, requests)]
        seconds = time.perf_counter() - begun_s
    return f"Errand, {database}", f"{requests / seconds:.0f}", f"{p50(took_ms):.1f}", f"{p99(took_ms):.1f}"


async def _address(process: asyncio.subprocess.Process) -> tuple[str, int]:
    """Read where it listens from what it prints."""
    assert process.stdout
    async with asyncio.timeout(_STARTS_WITHIN_S):
        async for line in process.stdout:
            if found := re.search(rb"http://\S+", line):
                parts = urlsplit(found[0].decode())
                return str(parts.hostname), int(parts.port or 80)
    raise SystemExit("errand serve did not start")


async def _load(address: tuple[str, int], requests: int) -> list[float]:
    """Send all requests over a few connections; returns how long each took."""
    left = iter(range(requests))
    took: list[float] = []
    head = (
        f"POST /hooks/{_SECRET}?wait=20 HTTP/1.1\r\nHost: {address[0]}:{address[1]}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(_BODY)}\r\n\r\n"
    ).encode()

    async def lane() -> None:
        reader, writer = await asyncio.open_connection(*address)
        for _ in left:
            begun_s = time.perf_counter()
            writer.write(head + _BODY)
            status, answer = await _answer(reader)
            took.append(time.perf_counter() - begun_s)
            if status != 200 or b"135" not in answer:
                raise SystemExit(f"The webhook answered {status}: {answer.decode()[:200]}")
        writer.close()

    await asyncio.gather(*(lane() for _ in range(_CONNECTIONS)))
    return took


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    size = int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0])
    return int(head.split(b" ", 2)[1]), await reader.readexactly(size)
