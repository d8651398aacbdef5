"""The run's state machine against every order of events that hypothesis finds: crashes before and after an effect, workers
that freeze and wake up too late, retries, cancellations, answers, expiries, replays, and time that passes.

One run of a workflow with all kinds of effects is driven by two workers over one real database. After each event the records
must be sound, and no effect that must happen once may have happened more often than people asked for.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections import Counter
from collections.abc import Coroutine
from contextvars import ContextVar
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from core.errors import OutcomeUnknownError, RejectedError, UnavailableError
from store.record import AttemptState, Run, RunState, StepAttempt, Verdict, Waiting
from store.sql.migrate import migrate
from store.sql.store import SqlStore
from tests.contract.worker.lab import Lab, LabParams, LabResult
from tests.fakes.clock import FixedClock
from tools.registry import load_steps
from tools.step import StepContext
from worker.engine import Engine

T = TypeVar("T")

LEASE_S = 15.0
FATES = ("done", "done", "done", "unavailable", "rejected", "unknown", "died before", "died after", "frozen")
HUMAN = (Waiting.APPROVAL, Waiting.CHECK)
_OPEN = (AttemptState.STARTED, AttemptState.WAITING)
_TRANSITIONS = {
    RunState.QUEUED: {RunState.RUNNING, RunState.WAITING, RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED},
    RunState.RUNNING: {RunState.WAITING, RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED},
    RunState.WAITING: {RunState.RUNNING, RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED},
    RunState.SUCCEEDED: set(),
    RunState.FAILED: {RunState.QUEUED},
    RunState.CANCELLED: {RunState.QUEUED},
}
_REPLAYABLE = (RunState.FAILED, RunState.CANCELLED)
STEPS: list[dict[str, Any]] = [
    {"id": "look", "uses": "lab.read", "with": {"do": "act"}},
    {"id": "send", "uses": "lab.once", "with": {"do": "act"}},
    {"id": "ask", "uses": "flow.approval", "with": {"prompt": "Go on?", "expires_after": "1h"}},
    {"id": "each", "uses": "lab.once", "with": {"do": "act"}, "for_each": {"items": [1, 2], "concurrency": 2}},
    {"id": "rest", "uses": "flow.delay", "with": {"seconds": 60}},
    {"id": "tell", "uses": "lab.once", "with": {"do": "act"}},
]
_SETTLED_S = 0.03
_fates: ContextVar[list[str]] = ContextVar("fates")
"""What befalls the next steps of the worker in whose tasks it is looked at."""
_template: list[Path] = []


def _migrated(runner: asyncio.Runner) -> Path:
    """A migrated database file, made once."""
    if not _template:
        path = Path(tempfile.mkdtemp()) / "template.db"
        runner.run(migrate(f"sqlite:///{path}"))
        _template.append(path)
    return _template[0]


class RunModel(RuleBasedStateMachine):
    """One run, two workers, and everything that may befall them."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp())
        self.clock = FixedClock()
        self.effects: Counter[str] = Counter()
        """How often each effect happened in the world, by idempotency key."""
        self.wanted_again: Counter[str] = Counter()
        """How often a person said that one of which nobody knew whether it had happened is to be done again."""
        self.thaw = asyncio.Event()
        self.zombies: list[asyncio.Task[None]] = []
        self.has_stopped = asyncio.Event()
        self.is_dead = False

    # -- the world ------------------------------------------------------------------------------------------------

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    @initialize()
    def begin(self) -> None:
        shutil.copy(_migrated(self.runner), self.folder / "errand.db")
        self.do(self._begin())

    async def _begin(self) -> None:
        self.store = await SqlStore.open(f"sqlite:///{self.folder / 'errand.db'}", fsync=False)
        self.lab = await Lab(self.store, self.clock).settle()
        self.lab.on("act", self._act)
        self.lab.more = [one for one in load_steps() if one.name.startswith("flow.")]
        workflow = await self.lab.workflow(*STEPS)
        self.run_id = (await self.lab.queued(workflow)).id
        self.before = await self.lab.run(self.run_id)
        self.workers = [self._worker(), self._worker()]

    def _worker(self) -> Engine:
        return self.lab.engine(lease_s=LEASE_S)

    async def _act(self, _params: LabParams, context: StepContext) -> LabResult | None:
        fates = _fates.get()
        fate = fates.pop(0) if fates else "done"
        key = f"{context.step_id} {context.idempotency_key}"
        if fate == "died before":
            await self._die()
        if fate == "unavailable":
            raise UnavailableError("The service does not answer.")
        if fate == "rejected":
            raise RejectedError("The service does not want it.")
        self.effects[key] += 1
        if fate == "died after":
            await self._die()
        if fate == "unknown":
            raise OutcomeUnknownError("The line broke before the answer came.")
        if fate == "frozen":
            fates.clear()
            self.has_stopped.set()
            await self.thaw.wait()
        return None

    async def _die(self) -> None:
        self.is_dead = True
        self.has_stopped.set()
        await asyncio.Event().wait()

    # -- what may happen ------------------------------------------------------------------------------------------

    @rule(
        which=st.integers(0, 1),
        later_s=st.sampled_from([0.0, LEASE_S + 1, 61.0]),
        fates=st.lists(st.sampled_from(FATES), max_size=6),
    )
    def a_worker_is_woken(self, which: int, later_s: float, fates: list[str]) -> None:
        self.clock.move(later_s)
        self.do(self._advance(which, fates))

    async def _advance(self, which: int, fates: list[str]) -> None:
        """Advance until the run is put down, or the worker dies or freezes; then another takes its place."""
        self.has_stopped.clear()
        self.is_dead = False
        _fates.set(list(fates))
        working = asyncio.create_task(self.workers[which].advance(self.run_id))
        stopping = asyncio.create_task(self.has_stopped.wait())
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if working.done():
            working.result()
            return
        if self.is_dead:
            working.cancel()
            await asyncio.wait({working})
        else:
            self.zombies.append(working)
            await asyncio.sleep(_SETTLED_S)  # what it had written before it froze is written
        self.workers[which] = self._worker()

    @rule()
    def an_hour_passes(self) -> None:
        self.clock.move(3601)

    @rule(fates=st.lists(st.sampled_from(FATES), max_size=3))
    def a_worker_oversleeps_its_lease(self, fates: list[str]) -> None:
        """Freezes in what it does, another goes on with the run, then the first one wakes up."""
        self.a_worker_is_woken(which=0, later_s=0.0, fates=["frozen"])
        self.a_worker_is_woken(which=1, later_s=LEASE_S + 1, fates=fates)
        self.do(self._thaw())

    @rule()
    def frozen_workers_wake_up(self) -> None:
        """They may have lost their lease by now; then they must not write and not begin anything."""
        self.do(self._thaw())

    async def _thaw(self) -> None:
        self.thaw.set()
        if self.zombies:
            _, left = await asyncio.wait(self.zombies, timeout=60)
            assert not left
        self.zombies = []
        self.thaw = asyncio.Event()

    @rule(is_meant=st.integers(0, 9).map(lambda number: number == 9))
    def somebody_cancels(self, is_meant: bool) -> None:
        """Seldom: most of a run's life lies before its end."""
        if is_meant:
            self.do(self.lab.cancel(self.run))

    @rule(verdicts=st.lists(st.sampled_from(Verdict), min_size=1, max_size=3))
    def people_answer_the_question(self, verdicts: list[Verdict]) -> None:
        if self.waits_for(Waiting.APPROVAL):
            decisions = [self.do(self.lab.answer(self.run, verdict)) for verdict in verdicts]
            assert sum(one.refusal is None for one in decisions) <= 1, "of several answers only the first may count"

    @rule(answer=st.sampled_from(["done", "retry", "stop"]))
    def somebody_answers_a_check(self, answer: str) -> None:
        if self.waits_for(Waiting.CHECK):
            self._answer(next(one for one in self.newest if _waits(one) == "check"), answer)

    def _answer(self, attempt: StepAttempt, answer: str) -> None:
        name = f"check:{attempt.item}:{attempt.number}"
        if self.do(self.lab.tell(self.run, attempt.step_id, name, answer=answer)) and answer == "retry":
            self.wanted_again[f"{attempt.step_id} {attempt.idempotency_key}"] += 1

    @rule()
    def somebody_replays_from_where_it_ended(self) -> None:
        self.do(self._requeue())

    async def _requeue(self) -> None:
        async with self.store.begin() as records:
            is_again = await records.runs.requeue(self.run_id, at=self.clock.now())
        assert is_again == (self.before.state in _REPLAYABLE)

    # -- what must hold -------------------------------------------------------------------------------------------

    @property
    def run(self) -> Run:
        return self.do(self.lab.run(self.run_id))

    def waits_for(self, what: Waiting) -> bool:
        run = self.run
        return run.state is RunState.WAITING and run.waiting_for is what

    @property
    def newest(self) -> list[StepAttempt]:
        attempts = self.do(self.lab.attempts(self.run))
        return list({(one.step_id, one.item): one for one in attempts}.values())

    @invariant()
    def states_follow_the_plan(self) -> None:
        run, before = self.run, self.before
        if run.state is not before.state and not before.state.is_final:
            assert run.state in _TRANSITIONS[before.state], f"{before.state} → {run.state}"
        if before.state.is_final and run.state is not before.state:
            assert before.state in _REPLAYABLE, "what succeeded never begins again"
        self.before = run

    @invariant()
    def what_has_ended_is_at_rest(self) -> None:
        run = self.run
        if run.state.is_final:
            assert (run.due_at, run.lease_owner, run.waiting_for) == (None, None, None)
            assert not [one for one in self.newest if one.state in _OPEN]
            assert run.ended_at is not None
        assert (run.failure is not None) == (run.state is RunState.FAILED)

    @invariant()
    def what_has_not_ended_is_found_again(self) -> None:
        run = self.run
        match run.state:
            case RunState.QUEUED:
                assert run.due_at is not None
            case RunState.RUNNING:
                assert run.lease_until is not None
            case RunState.WAITING:
                assert run.due_at is not None or run.waiting_for in HUMAN
                assert [one for one in self.newest if one.state is AttemptState.WAITING or one.due_at is not None]

    @invariant()
    def what_succeeded_did_all_its_steps(self) -> None:
        if self.run.state is RunState.SUCCEEDED:
            done = {(one.step_id, one.item) for one in self.newest if one.state is AttemptState.SUCCEEDED}
            assert {
                ("look", -1),
                ("send", -1),
                ("ask", -1),
                ("each", 0),
                ("each", 1),
                ("rest", -1),
                ("tell", -1),
            } <= done

    @invariant()
    def once_means_once(self) -> None:
        for key, happened in self.effects.items():
            if not key.startswith("look "):
                assert happened <= 1 + self.wanted_again[key], f"{key} happened {happened} times"

    # -- the end --------------------------------------------------------------------------------------------------

    def teardown(self) -> None:
        try:
            if hasattr(self, "store"):
                self._see_it_through()
        finally:
            if hasattr(self, "store"):
                self.do(self.store.close())
            self.runner.close()
            shutil.rmtree(self.folder)

    def _see_it_through(self) -> None:
        """Nothing is lost: with healthy workers and answered questions every run comes to its end."""
        self.do(self._thaw())
        for _ in range(40):
            run = self.run
            if run.state.is_final:
                break
            if self.waits_for(Waiting.CHECK):
                for attempt in self.newest:
                    if _waits(attempt) == "check":
                        self._answer(attempt, "done")
            self.clock.move(3601)
            self.do(self._advance(0, []))
            self.once_means_once()
        assert self.run.state.is_final, "the run was lost"
        self.what_has_ended_is_at_rest()


def _waits(attempt: StepAttempt) -> str:
    if attempt.state is not AttemptState.WAITING or not isinstance(attempt.output, dict):
        return ""
    return str(attempt.output.get("waiting_for", ""))


TestRunModel = RunModel.TestCase
TestRunModel.settings = settings(
    max_examples=50, stateful_step_count=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
