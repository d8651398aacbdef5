"""Automations behind webhooks for tests of the web surface: real records, and runs that a test ends itself."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from pydantic import JsonValue

from core.clock import SystemClock
from core.ids import new_id
from store.port import Event, Store
from store.record import (
    Approval,
    Failure,
    Identity,
    JsonObject,
    Person,
    Role,
    Run,
    RunState,
    TriggerKind,
    TriggerRecord,
    Verdict,
    WorkflowRecord,
    WorkflowState,
    WorkflowVersion,
)
from store.vault import Vault
from tests.fakes.bus import LocalBus
from tests.fakes.record import empty_conversation
from tests.fakes.talk import RecordingQueue

CLOCK = SystemClock()


@dataclass
class Hooks:
    """`add` makes an automation with an address; `runs` are what was started, `end` plays a worker."""

    store: Store
    bus: LocalBus
    vault: Vault
    queue: RecordingQueue = field(default_factory=RecordingQueue)
    workflow_ids: list[str] = field(default_factory=list)

    async def add(
        self,
        secret: str,
        *,
        scheme: str = "",
        key: str = "",
        header: str = "",
        is_active: bool = True,
        state: WorkflowState = WorkflowState.ACTIVE,
        is_approved: bool = True,
    ) -> TriggerRecord:
        now = CLOCK.now()
        person_id, conversation_id, workflow_id = new_id("usr"), new_id("cnv"), new_id("wfl")
        version = WorkflowVersion(workflow_id=workflow_id, version=1, digest=new_id("dig"), content={}, created_at=now)
        config: JsonObject = {}
        if scheme:
            sealed = self.vault.seal({"secret": key}).decode()
            config = {"signing": {"scheme": scheme, "secret": sealed, "header": header}}
        trigger = TriggerRecord(
            id=new_id("trg"),
            workflow_id=workflow_id,
            kind=TriggerKind.WEBHOOK,
            config=config,
            is_active=is_active,
            created_at=now,
            secret=secret,
        )
        person = Person(id=person_id, name="Ana", time_zone="UTC", locale="en", role=Role.MEMBER, created_at=now)
        async with self.store.begin() as records:
            await records.people.add(person, Identity(surface="web", external_id=person_id, person_id=person_id))
            await records.conversations.add(empty_conversation(conversation_id, person_id, now))
            await records.workflows.add(
                WorkflowRecord(
                    id=workflow_id,
                    name="Relay",
                    person_id=person_id,
                    conversation_id=conversation_id,
                    template_id=None,
                    state=state,
                    version=1,
                    created_at=now,
                    updated_at=now,
                ),
                version,
            )
            if is_approved:
                await records.proposals.add_approval(
                    Approval(
                        id=new_id("apv"),
                        subject_id="prp_1",
                        digest=version.digest,
                        verdict=Verdict.YES,
                        person_id=person_id,
                        surface="web",
                        at=now,
                    )
                )
            await records.triggers.add(trigger)
        self.workflow_ids.append(workflow_id)
        return trigger

    async def runs(self) -> list[Run]:
        """All that was started, oldest first."""
        async with self.store.begin() as records:
            found = [run for one in self.workflow_ids for run in await records.runs.of_workflow(one, limit=1000)]
        return sorted(found, key=lambda run: (run.created_at, run.id))

    async def seen(self) -> JsonValue:
        """What the only run saw as its trigger's body."""
        (run,) = await self.runs()
        return run.input["body"]

    async def end(self, run: Run, state: RunState = RunState.SUCCEEDED, *, is_told: bool = True) -> None:
        """Let a run end, as a worker would. `is_told` false: the event is lost."""
        now = CLOCK.now()
        claimed = await self.store.journal.claim(run.id, owner="w", now=now, until=now)
        assert claimed is not None
        failure = Failure(cause="rejected", message="No.", advice="Ask.") if state is RunState.FAILED else None
        ended = replace(claimed.run, state=state, result="Relayed 3.", ended_at=now, due_at=None, failure=failure)
        await self.store.journal.record(owner="w", run=ended)
        if is_told:
            await self.bus.publish(Event(conversation_id=run.conversation_id, run_id=run.id, is_end=True))
