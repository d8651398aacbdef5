"""Runs of five steps while everything around them falls over, a person who checks what nobody knows, and the count after it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from random import Random
from typing import TypeVar

from core.clock import SystemClock
from core.errors import StoreError
from core.ids import new_id
from store.port import RunQueue, Store
from store.record import AttemptState, Run, RunState, Signal, StepAttempt, Waiting, WorkflowRecord
from store.record.note import waits_for
from tests.contract.worker.lab import PERSON, Lab
from tests.e2e.chaos.figures import Figures
from tests.e2e.chaos.recorder import Recorder
from worker.ledger import PLAIN

ITEMS = 3
MUST_HAPPEN_ONCE = [("charge", PLAIN), *(("tell", item) for item in range(ITEMS))]
CLOCK = SystemClock()
T = TypeVar("T")
ENDS_WITHIN_S = 120.0
_LOOKS_EVERY_S = 0.1
_OPEN = (RunState.QUEUED, RunState.RUNNING, RunState.WAITING)


def path_of(step_id: str, run_id: str, item: int = PLAIN) -> str:
    return f"/{step_id}/{run_id}" if item == PLAIN else f"/{step_id}/{run_id}/{item}"


class Storm:
    """Feeds runs, answers checks and sees who holds what."""

    def __init__(self, *, store: Store, queue: RunQueue, service: Recorder, figures: Figures, random: Random) -> None:
        self.lab = Lab(store, CLOCK, queue=queue)
        self.service = service
        self.figures = figures
        self.random = random
        self._store = store
        self._workflow: WorkflowRecord | None = None
        self._ids: list[str] = []
        self._open: list[Run] = []
        self._orphans: dict[str, tuple[str, float]] = {}
        self._causes: Counter[str] = Counter()
        self._answered: set[tuple[str, str, int, int]] = set()

    async def settle(self) -> None:
        """Save the workflow: read, once, wait, repeatable, and once for each of a list."""
        await self.lab.settle()
        base = "${{ params.service }}"
        marker = "${{ run.id }}"
        body = {"run": marker}
        self._workflow = await self.lab.workflow(
            {"id": "look", "uses": "http.request", "with": {"url": f"{base}/look/{marker}"}},
            {
                "id": "charge",
                "uses": "http.request",
                "with": {"method": "POST", "url": f"{base}/charge/{marker}", "json": body},
            },
            {"id": "pause", "uses": "flow.delay", "with": {"seconds": 0.3}},
            {
                "id": "note",
                "uses": "http.request",
                "with": {"method": "PUT", "url": f"{base}/note/{marker}", "json": body},
            },
            {
                "id": "tell",
                "uses": "http.request",
                "for_each": {"items": list(range(ITEMS)), "concurrency": 2},
                "with": {"method": "POST", "url": f"{base}/tell/{marker}/${{{{ item }}}}", "json": body},
            },
            params={"service": self.service.url},
        )

    async def begin(self, count: int) -> None:
        """Record runs, as a yes does, and wake a worker for each. What could not be recorded is tried again."""
        assert self._workflow is not None
        for _ in range(count):
            run_id = new_id("run")
            await insist(lambda run_id=run_id: self._queue_run(run_id))
            self._ids.append(run_id)
            self.figures.runs += 1

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """See who takes over, and answer what waits for a check."""
        watching = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

    async def judge(self) -> None:
        """Count, and hold the promise against it."""
        await self._count()
        figures = self.figures
        assert figures.doubles == 0, self.service.doubles
        assert figures.lost == 0
        assert set(self._causes) <= {"interrupted"}, self._causes  # five workers ended in one step: it is given up
        assert self.service.has_stable_keys

    async def _watch(self) -> None:
        while True:
            with suppress(StoreError):
                await self._look()
            await asyncio.sleep(_LOOKS_EVERY_S)

    async def holders(self) -> set[str]:
        """Who holds a run at this moment."""
        return {run.lease_owner for run in await insist(self._running) if run.lease_owner}

    async def orphaned(self, owner: str) -> None:
        """Remember what a worker held that has just been killed, and when."""
        killed_s = CLOCK.monotonic_s()
        for run in await insist(self._running):
            if run.lease_owner == owner:
                self._orphans[run.id] = owner, killed_s

    async def ended(self, *, within_s: float = ENDS_WITHIN_S) -> None:
        """Return when no run is open any more. What is open then is counted as lost."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while self._open or not self._ids or await insist(self._running_or_waiting):
                    await asyncio.sleep(_LOOKS_EVERY_S)

    async def _count(self) -> None:
        """Fill in the figures, and compare what the service has seen with what is recorded of each run."""
        figures = self.figures
        states: Counter[RunState] = Counter()
        for run_id in self._ids:
            run, attempts = await self._recorded(run_id)
            states[run.state if run else RunState.QUEUED] += 1
            figures.attempts += len(attempts)
            if run is not None and run.failure is not None:
                self._causes[run.failure.cause] += 1
            if run is not None and run.state is RunState.SUCCEEDED:
                self._compare(run, attempts)
        figures.succeeded, figures.failed = states[RunState.SUCCEEDED], states[RunState.FAILED]
        figures.lost = figures.runs - figures.succeeded - figures.failed
        figures.effects = sum(len(requests) for requests in self.service.requests.values())
        figures.doubles = len(self.service.doubles)

    def _compare(self, run: Run, attempts: list[StepAttempt]) -> None:
        """A run that succeeded did everything, and no change reached the service that the trace does not know."""
        made = Counter((attempt.step_id, attempt.item) for attempt in attempts)
        assert self.service.has(path_of("look", run.id))
        for step_id, item in [("note", PLAIN), *MUST_HAPPEN_ONCE]:
            seen = len(self.service.requests.get(path_of(step_id, run.id, item), ()))
            assert 1 <= seen <= made[step_id, item], (run.id, step_id, item, seen, made)
        assert {attempt.state for attempt in attempts} <= {AttemptState.SUCCEEDED, AttemptState.FAILED}, run.id

    async def _queue_run(self, run_id: str) -> None:
        assert self._workflow is not None
        async with self._store.begin() as records:
            if await records.runs.get(run_id) is not None:  # the answer to the commit got lost
                return
        run = await self.lab.queued(self._workflow, id=run_id)
        await self.lab.queue.wake(run)

    async def _look(self) -> None:
        self._open = await self._running_or_waiting()
        now_s = CLOCK.monotonic_s()
        holders = {run.id: run.lease_owner for run in self._open if run.state is RunState.RUNNING}
        for run_id, (owner, killed_s) in list(self._orphans.items()):
            if holders.get(run_id) != owner:
                self.figures.resumes.append(now_s - killed_s)
                del self._orphans[run_id]
        for run in self._open:
            if run.waiting_for is Waiting.CHECK and run.state is RunState.WAITING:
                await self._check(run)

    async def _check(self, run: Run) -> None:
        """Look at the service whether it has happened, as a person does, and say so."""
        async with self._store.begin() as records:
            attempts = await records.runs.attempts(run.id)
        newest = {(attempt.step_id, attempt.item): attempt for attempt in attempts}
        for attempt in newest.values():
            key = (run.id, attempt.step_id, attempt.item, attempt.number)
            if waits_for(attempt) is not Waiting.CHECK or key in self._answered:
                continue
            has_happened = self.service.has(path_of(attempt.step_id, run.id, attempt.item))
            signal = Signal(
                id=new_id("sig"),
                run_id=run.id,
                step_id=attempt.step_id,
                name=f"check:{attempt.item}:{attempt.number}",
                payload={"answer": "done" if has_happened else "retry", "person": "Ada"},
                person_id=PERSON,
                at=CLOCK.now(),
            )
            async with self._store.begin() as records:
                await records.runs.signal(signal)
            self._answered.add(key)
            self.figures.checks_asked += 1
            await self.lab.queue.wake(run)

    async def _recorded(self, run_id: str) -> tuple[Run | None, list[StepAttempt]]:
        async with self._store.begin() as records:
            return await records.runs.get(run_id), await records.runs.attempts(run_id)

    async def _running(self) -> list[Run]:
        async with self._store.begin() as records:
            return await records.runs.of_person(PERSON, states=[RunState.RUNNING], limit=10_000)

    async def _running_or_waiting(self) -> list[Run]:
        async with self._store.begin() as records:
            return await records.runs.of_person(PERSON, states=_OPEN, limit=10_000)


async def insist(work: Callable[[], Awaitable[T]]) -> T:
    """Try again while the database is away."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await work()
            except StoreError:
                await asyncio.sleep(0.1)
    raise AssertionError("unreachable")
