"""Errand as a peer among peers: a whole worker in a process of its own, and runs of an approved workflow to give it."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

from pydantic import JsonValue

from benchmarks.engine.process import say
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
from worker.wake.gate import RedisGate
from worker.wake.queue import ArqQueue

CLOCK = SystemClock()
PERSON = "usr_bench"

W3: JsonValue = {
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


async def work(redis_url: str, database_url: str, max_jobs: str) -> None:
    """A worker, put together as the application does it. Works until it is told to end."""
    settings = load_settings()
    guard = AddressGuard(["127.0.0.1"])
    http = AioHttp(guard, timeout_s=30, limit_bytes=settings.outbound_limit_bytes)
    files = Path(tempfile.mkdtemp())
    async with _ports(redis_url, database_url) as (store, queue, bus):
        world = World(
            http=http,
            mail=SmtpImapMailBox(guard, timeout_s=30, clock=CLOCK),
            database=SqlDatabase(files, guard.resolve, timeout_s=30),
            files=FolderFiles(files, 1000),
            model=NoModel(),
        )
        gate = RedisGate(redis_url, CLOCK, Random())
        desk = make_desk(
            store=store,
            queue=queue,
            events=bus,
            clock=CLOCK,
            registry=load_steps(),
            vault=Vault(["A" * 43 + "="]),
            world=world,
            gate=gate,
        )
        worker = WorkerService(desk=desk, expressions=Expressions(), redis_url=redis_url, max_jobs=int(max_jobs))
        await worker.start()
        say({"ready": True})
        try:
            await worker.wait()
        finally:
            await worker.stop()
            await http.close()
            await gate.close()


@asynccontextmanager
async def _ports(redis_url: str, database_url: str) -> AsyncIterator[tuple[SqlStore, ArqQueue, RedisBus]]:
    store = await SqlStore.open(database_url)
    queue, bus = ArqQueue(redis_url, CLOCK), RedisBus(redis_url, CLOCK)
    try:
        yield store, queue, bus
    finally:
        await queue.close()
        await bus.close()
        await store.close()


class Caller:
    """Gives runs of one approved workflow to the workers, and follows them as a surface does: by events and records."""

    def __init__(self, store: SqlStore, queue: ArqQueue, bus: RedisBus, version: WorkflowVersion) -> None:
        self.store = store
        self.version = version
        self.woken_at = CLOCK.now()
        """When the last run of `one` was on record and about to be announced."""
        self._queue = queue
        self._bus = bus

    async def add(self, runs: int) -> None:
        """Record so many runs and queue them all."""
        made = [self._run() for _ in range(runs)]
        async with self.store.begin() as records:
            for run in made:
                await records.runs.add(run)
        for run in made:
            await self._queue.wake(run)

    async def one(self) -> Run:
        """Record a run, wake a worker, and return when its end is on record."""
        run = self._run()
        async with self._bus.subscribe() as events:
            async with self.store.begin() as records:
                await records.runs.add(run)
            self.woken_at = CLOCK.now()
            await self._queue.wake(run)
            async for event in events:
                if event.run_id != run.id:
                    continue
                async with self.store.begin() as records:
                    found = await records.runs.get(run.id)
                if found is not None and found.state.is_final:
                    return found
        raise AssertionError

    async def verify(self, runs: int) -> None:
        """Wait until nothing is due, and see that all runs succeeded with all their steps on record."""
        while True:
            async with self.store.begin() as records:
                if await records.runs.next_due_at() is None:
                    break
            await CLOCK.sleep(0.05)
        async with self.store.begin() as records:
            ended = await records.runs.of_person(PERSON, limit=runs + 1)
            attempts = await records.runs.attempts(ended[0].id)
        wrong = [run for run in ended if run.state is not RunState.SUCCEEDED]
        assert len(ended) == runs, len(ended)
        assert not wrong, wrong[0]
        assert len(attempts) == len(self.version.content["workflow"]["steps"])  # type: ignore[index,call-overload,arg-type]

    def _run(self) -> Run:
        now = CLOCK.now()
        return Run(
            id=new_id("run"), workflow_id=self.version.workflow_id, version=1, digest=self.version.digest,
            person_id=PERSON, conversation_id="cnv_bench", state=RunState.QUEUED, created_at=now, due_at=now,
        )  # fmt: skip


@asynccontextmanager
async def open_caller(
    redis_url: str, database_url: str, definition: JsonValue, params: Mapping[str, JsonValue]
) -> AsyncIterator[Caller]:
    """Connect, and add a person, a conversation and the approved workflow."""
    async with _ports(redis_url, database_url) as (store, queue, bus):
        yield Caller(store, queue, bus, await settle(store, definition, params))


async def settle(store: SqlStore, definition: JsonValue, params: Mapping[str, JsonValue]) -> WorkflowVersion:
    now = CLOCK.now()
    person = Person(id=PERSON, name="Bench", time_zone="UTC", locale="en", role=Role.OWNER, created_at=now)
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
        workflow=Workflow.model_validate(definition),
        params=dict(params),
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
