"""A person, a conversation, approved workflows and step types whose behaviour a test scripts, around a real store."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

from pydantic import JsonValue

from catalog import decision
from catalog.decision import Answerer, Decision
from catalog.expression import Expressions
from catalog.proposal import ProposalContent
from catalog.schedule import Schedule
from catalog.workflow import Workflow
from core.clock import Clock
from core.ids import new_id
from store.port import DueRun, EventBus, RunQueue, Store
from store.record import (
    Approval,
    ApprovalRequest,
    Identity,
    JsonObject,
    Message,
    Person,
    Role,
    Run,
    Signal,
    StepAttempt,
    TriggerKind,
    TriggerRecord,
    Verdict,
    WorkflowRecord,
    WorkflowState,
    WorkflowVersion,
)
from store.vault import Vault
from tests.fakes.bus import LocalBus
from tests.fakes.record import due_run, empty_conversation
from tests.fakes.step_context import MemoryDatabase, MemoryFiles, MemoryHttp, MemoryMailBox, MemoryModel
from tools.outbound import Http
from tools.registry import StepRegistry
from tools.source import AnySourceType
from tools.step import AnyStepType, Effect, Pause, StepContext, StepParams, StepResult, StepType
from worker.desk import Desk
from worker.engine import Engine
from worker.gate import Gate
from worker.ports import World
from worker.service import make_desk

PERSON = "usr_lab"
CONVERSATION = "cnv_lab"
KEY = "x" * 43 + "="


class LabParams(StepParams):
    """`say` comes back as `said`; `do` names a behaviour that the test has set."""

    say: JsonValue = None
    do: str = ""


class LabResult(StepResult):
    said: JsonValue


Behaviour = Callable[[LabParams, StepContext], Awaitable[LabResult | Pause | None]]


@dataclass
class Call:
    step_id: str
    say: JsonValue
    key: str


@dataclass
class RecordingQueue:
    """Keeps wake-ups for the test to drive."""

    woken: list[str] = field(default_factory=list)
    scheduler_woken: int = 0

    async def wake(self, *runs: Run | DueRun) -> None:
        self.woken.extend(run.id for run in runs)

    async def wake_scheduler(self) -> None:
        self.scheduler_woken += 1


class Lab:
    """Step types `lab.read`, `lab.idempotent` and `lab.once`, and the built-in ones beside them."""

    def __init__(
        self, store: Store, clock: Clock, *, queue: RunQueue | None = None, events: EventBus | None = None
    ) -> None:
        self.store = store
        self.clock = clock
        self.recorded = RecordingQueue()
        self.queue = queue or self.recorded
        self.events = events or LocalBus()
        self.http: Http = MemoryHttp()
        self.files = MemoryFiles()
        self.calls: list[Call] = []
        self.behaviours: dict[str, Behaviour] = {}
        self.more: list[AnyStepType] = []
        self.gate: Gate | None = None
        self.sources: list[AnySourceType] = []
        self.mail = MemoryMailBox()
        self.database = MemoryDatabase()

    async def settle(self) -> Lab:
        now = self.clock.now()
        person = Person(id=PERSON, name="Ada", time_zone="Europe/Berlin", locale="en", role=Role.OWNER, created_at=now)
        async with self.store.begin() as records:
            await records.people.add(person, Identity(surface="web", external_id="ada", person_id=PERSON))
            await records.conversations.add(empty_conversation(CONVERSATION, PERSON, now))
        return self

    def on(self, name: str, behaviour: Behaviour) -> None:
        """Set what a step with `do: name` does; returning none means success."""
        self.behaviours[name] = behaviour

    @property
    def said(self) -> list[JsonValue]:
        return [call.say for call in self.calls]

    def desk(self, *, random: Random | None = None) -> Desk:
        return make_desk(
            store=self.store,
            queue=self.queue,
            events=self.events,
            clock=self.clock,
            registry=self.registry(),
            vault=Vault([KEY.replace("x", "A")]),
            world=World(http=self.http, mail=self.mail, database=self.database, files=self.files, model=MemoryModel()),
            random=random or Random(1),
            gate=self.gate,
        )

    def engine(self, *, lease_s: float = 15.0) -> Engine:
        """A new worker, as after a restart."""
        return Engine(desk=self.desk(), expressions=Expressions(), lease_s=lease_s)

    def registry(self) -> StepRegistry:
        return StepRegistry([*(self._step_type(effect) for effect in Effect), *self.more], self.sources)

    def _step_type(self, effect: Effect) -> AnyStepType:
        return StepType(
            name=f"lab.{effect.value}",
            title="Work in the lab",
            description="Does what the test says.",
            params=LabParams,
            result=LabResult,
            effect=effect,
            run=self._run,
            summarize=lambda params: f"Say {params.say}",
            timeout_s=30,
        )

    async def _run(self, params: LabParams, context: StepContext) -> LabResult | Pause:
        self.calls.append(Call(context.step_id, params.say, context.idempotency_key))
        behaviour = self.behaviours.get(params.do)
        outcome = await behaviour(params, context) if behaviour else None
        return outcome or LabResult(said=params.say)

    async def workflow(
        self,
        *steps: dict[str, Any],
        params: dict[str, JsonValue] | None = None,
        result: str = "",
        is_approved: bool = True,
        name: str = "In the lab",
        connections: dict[str, str] | None = None,
        state: WorkflowState = WorkflowState.ACTIVE,
        source: dict[str, JsonValue] | None = None,
        **fields: Any,
    ) -> WorkflowRecord:
        """Save a workflow, approved unless said otherwise; `fields` are more of its definition."""
        now = self.clock.now()
        definition = Workflow.model_validate(
            {
                "title": name,
                "parameters": {key: {"kind": "text", "default": None} for key in params or {}},
                "steps": [{"uses": "lab.read", **step} for step in steps],
                "result": result,
                "trigger": {"allowed": ["event"], "source": source} if source else {},
                **fields,
            }
        )
        record = WorkflowRecord(
            id=new_id("wfl"),
            name=name,
            person_id=PERSON,
            conversation_id=CONVERSATION,
            template_id=None,
            state=state,
            version=1,
            created_at=now,
            updated_at=now,
        )
        content = ProposalContent(
            workflow_id=record.id,
            version=1,
            template_id=None,
            workflow=definition,
            params=params or {},
            trigger="event" if source else "manual",
            connections=connections or {},
        )
        version = WorkflowVersion(
            workflow_id=record.id,
            version=1,
            digest=content.digest(),
            content=content.model_dump(mode="json", by_alias=True),
            created_at=now,
        )
        async with self.store.begin() as records:
            await records.workflows.add(record, version)
            if is_approved:
                await records.proposals.add_approval(self._yes(version.digest))
        return record

    def _yes(self, digest: str) -> Approval:
        return Approval(
            id=new_id("apv"),
            subject_id="prp_lab",
            digest=digest,
            verdict=Verdict.YES,
            person_id=PERSON,
            surface="web",
            at=self.clock.now(),
        )

    async def queued(self, workflow: WorkflowRecord, **changes: Any) -> Run:
        """Add a run that is due."""
        now = self.clock.now()
        async with self.store.begin() as records:
            version = await records.workflows.version(workflow.id, 1)
            assert version is not None
            run = due_run(workflow, version, now, **changes)
            assert await records.runs.add(run)
        return run

    async def ran(self, *steps: dict[str, Any], engine: Engine | None = None, **options: Any) -> Run:
        """Save, queue and advance a workflow once; returns the run as it is then recorded."""
        run = await self.queued(await self.workflow(*steps, **options))
        await (engine or self.engine()).advance(run.id)
        return await self.run(run.id)

    async def run(self, run_id: str) -> Run:
        async with self.store.begin() as records:
            found = await records.runs.get(run_id)
        assert found is not None
        return found

    async def attempts(self, run: Run, step_id: str | None = None) -> list[StepAttempt]:
        async with self.store.begin() as records:
            found = await records.runs.attempts(run.id)
        return [attempt for attempt in found if step_id in (None, attempt.step_id)]

    async def states(self, run: Run) -> dict[str, str]:
        """The state of each step's newest attempt."""
        return {attempt.step_id: attempt.state.value for attempt in await self.attempts(run)}

    async def messages(self) -> list[Message]:
        async with self.store.begin() as records:
            return await records.conversations.messages(CONVERSATION)

    async def tell(self, run: Run, step_id: str, name: str, **payload: JsonValue) -> bool:
        """Signal a run as the dialogue does."""
        signal = Signal(
            id=new_id("sig"),
            run_id=run.id,
            step_id=step_id,
            name=name,
            payload=dict(payload),
            person_id=PERSON,
            at=self.clock.now(),
        )
        async with self.store.begin() as records:
            return await records.runs.signal(signal)

    async def add_person(self, name: str, role: Role = Role.MEMBER) -> Person:
        """Somebody else, by the id `usr_<name>`, without a conversation."""
        person_id = f"usr_{name.lower()}"
        person = Person(id=person_id, name=name, time_zone="UTC", locale="en", role=role, created_at=self.clock.now())
        async with self.store.begin() as records:
            identity = Identity(surface="web", external_id=f"{name.lower()}@example.com", person_id=person_id)
            await records.people.add(person, identity)
        return person

    async def request(self, run: Run) -> ApprovalRequest:
        """What the newest approval step of a run asks."""
        async with self.store.begin() as records:
            found = [
                await records.approval_requests.of_step(run.id, one.step_id, item=one.item, number=number)
                for one in await records.runs.attempts(run.id)
                for number in range(1, one.number + 1)
            ]
        return [one for one in found if one is not None][-1]

    async def answer(
        self, run: Run, verdict: Verdict = Verdict.YES, *, by: str = PERSON, comment: str = "", digest: str = ""
    ) -> Decision:
        """Answer an approval step as the dialogue does."""
        request = await self.request(run)
        async with self.store.begin() as records:
            person = await records.people.get(by)
            assert person is not None
            answerer = Answerer(person=person, surface="web", at=self.clock.now())
            return await decision.vote(
                records,
                request.id,
                by=answerer,
                digest=digest or request.digest,
                verdict=verdict,
                comment=comment,
            )

    async def cancel(self, run: Run) -> bool:
        async with self.store.begin() as records:
            return await records.runs.request_cancel(run.id, at=self.clock.now())

    async def scheduled(self, workflow: WorkflowRecord, schedule: Schedule, next_at: datetime) -> TriggerRecord:
        trigger = TriggerRecord(
            id=new_id("trg"),
            workflow_id=workflow.id,
            kind=TriggerKind.SCHEDULE,
            config=schedule.model_dump(mode="json"),
            is_active=True,
            created_at=self.clock.now(),
            next_at=next_at,
        )
        return await self.add_trigger(trigger)

    async def add_trigger(self, trigger: TriggerRecord) -> TriggerRecord:
        async with self.store.begin() as records:
            await records.triggers.add(trigger)
        return trigger

    async def trigger(self, trigger: TriggerRecord) -> TriggerRecord:
        async with self.store.begin() as records:
            found = await records.triggers.get(trigger.id)
        assert found is not None
        return found

    async def runs(self, workflow: WorkflowRecord) -> list[Run]:
        async with self.store.begin() as records:
            return await records.runs.of_workflow(workflow.id)

    async def state_of(self, workflow: WorkflowRecord) -> WorkflowState:
        async with self.store.begin() as records:
            found = await records.workflows.get(workflow.id)
        assert found is not None
        return found.state


async def until(condition: Callable[[], Awaitable[bool]] | Callable[[], bool], *, timeout_s: float = 10.0) -> None:
    """Wait for something that other tasks or processes bring about."""
    async with asyncio.timeout(timeout_s):
        while True:
            holds = condition()
            if await holds if isinstance(holds, Awaitable) else holds:
                return
            await asyncio.sleep(0.005)


def events_of(lab: Lab) -> list[JsonObject]:
    assert isinstance(lab.events, LocalBus)
    return [{"run": event.run_id, "message": event.message_id} for event in lab.events.published]


@dataclass
class Crowd:
    """A behaviour that counts how many steps are at work at the same time."""

    busy: int = 0
    most: int = 0

    async def count(self, _params: LabParams, _context: StepContext) -> None:
        self.busy += 1
        self.most = max(self.most, self.busy)
        for _ in range(5):
            await asyncio.sleep(0)
        self.busy -= 1
