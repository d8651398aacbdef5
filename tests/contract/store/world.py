"""Records for tests of the store, all of which belong to each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from core.ids import new_id
from store.port import Store
from store.record import (
    AttemptState,
    Author,
    Conversation,
    Identity,
    Message,
    Person,
    Role,
    Run,
    RunState,
    Signal,
    StepAttempt,
    WorkflowRecord,
    WorkflowState,
    WorkflowVersion,
)

NOON = datetime(2026, 12, 2, 12, 0, 0, 123456, tzinfo=UTC)
SOON = NOON + timedelta(seconds=15)
LATER = NOON + timedelta(hours=1)

PERSON = Person(id="usr_1", name="Zoë", time_zone="Europe/Berlin", locale="de-DE", role=Role.OWNER, created_at=NOON)
IDENTITY = Identity(surface="web", external_id="zoe", person_id="usr_1")
CONVERSATION = Conversation(
    id="cnv_1",
    surface="web",
    external_id="tab-1",
    person_id="usr_1",
    title="",
    state={},
    revision=0,
    created_at=NOON,
    updated_at=NOON,
)
WORKFLOW = WorkflowRecord(
    id="wfl_1",
    name="Remind me",
    person_id="usr_1",
    conversation_id="cnv_1",
    template_id="time.remind-me",
    state=WorkflowState.ACTIVE,
    version=1,
    created_at=NOON,
    updated_at=NOON,
)
VERSION = WorkflowVersion(workflow_id="wfl_1", version=1, digest="d" * 64, content={"steps": []}, created_at=NOON)


@dataclass
class World:
    """The store with one person, one conversation and one workflow in it."""

    store: Store
    added: list[str] = field(default_factory=list)

    async def settle(self) -> None:
        async with self.store.begin() as records:
            await records.people.add(PERSON, IDENTITY)
            await records.conversations.add(CONVERSATION)
            await records.workflows.add(WORKFLOW, VERSION)

    async def add_run(self, **values: object) -> Run:
        made = run(**values)
        async with self.store.begin() as records:
            assert await records.runs.add(made)
        return made

    async def get_run(self, run_id: str) -> Run:
        async with self.store.begin() as records:
            found = await records.runs.get(run_id)
        assert found is not None
        return found

    async def signal(self, run_id: str, **values: object) -> bool:
        async with self.store.begin() as records:
            return await records.runs.signal(signal(run_id, **values))


def run(**values: object) -> Run:
    default: dict[str, object] = {
        "id": new_id("run"),
        "workflow_id": "wfl_1",
        "version": 1,
        "digest": "d" * 64,
        "person_id": "usr_1",
        "conversation_id": "cnv_1",
        "state": RunState.QUEUED,
        "created_at": NOON,
        "due_at": NOON,
    }
    return Run(**(default | values))  # type: ignore[arg-type]  # fields by name


def attempt(run_id: str, **values: object) -> StepAttempt:
    default: dict[str, object] = {
        "run_id": run_id,
        "step_id": "get",
        "item": -1,
        "number": 1,
        "state": AttemptState.SUCCEEDED,
        "idempotency_key": f"{run_id}:get",
        "started_at": NOON,
    }
    return StepAttempt(**(default | values))  # type: ignore[arg-type]  # fields by name


def signal(run_id: str, **values: object) -> Signal:
    default: dict[str, object] = {
        "id": new_id("sig"),
        "run_id": run_id,
        "step_id": "ask",
        "name": "answer",
        "payload": {"yes": True},
        "person_id": "usr_1",
        "at": NOON,
    }
    return Signal(**(default | values))  # type: ignore[arg-type]  # fields by name


def message(text: str = "hello", **values: object) -> Message:
    default: dict[str, object] = {
        "id": new_id("msg"),
        "conversation_id": "cnv_1",
        "author": Author.ERRAND,
        "parts": [{"kind": "text", "text": text}],
        "at": NOON,
    }
    return Message(**(default | values))  # type: ignore[arg-type]  # fields by name
