"""A person's office for templates: real store, engine and ports; the web, the mail servers and the clock are fakes.

A template is proposed, approved and started as it would be in chat; then the office lives on until the run has ended.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path

from pydantic import JsonValue

from catalog import decision
from catalog.decision import Answerer
from catalog.loader import SAMPLES
from catalog.proposal import ProposalContent
from catalog.schedule import Schedule
from catalog.workflow import Template, TriggerChoice, Workflow
from core.ids import new_id
from store.port import DueRun
from store.record import (
    Approval,
    AttemptState,
    Identity,
    JsonObject,
    Message,
    Place,
    Proposal,
    ProposalState,
    Run,
    RunState,
    Shows,
    StepAttempt,
    TriggerKind,
    TriggerRecord,
    Verdict,
    Waiting,
    WorkflowRecord,
    WorkflowState,
    WorkflowVersion,
)
from store.sql.store import SqlStore
from store.vault import Vault
from tests.contract.templates.web import Web
from tests.fakes.bus import LocalBus
from tests.fakes.clock import FixedClock
from tests.fakes.imap import ImapServer
from tests.fakes.record import due_run
from tests.fakes.smtp import SmtpServer
from tools.registry import StepRegistry
from worker.engine import Engine
from worker.outside import announce
from worker.poll import Poller
from worker.schedule import Scheduler
from worker.webhook import Webhooks

PERSON = "usr_ada"
CONVERSATION = "cnv_ada"
DATABASE = "shop.db"
INBOX = "inbox"
"""A folder that others put files into."""
PASSWORD = "open-sesame-4711"
SERVED = "slack"
"""The one outside surface that there is."""
HOURLY = Schedule(rrule="FREQ=HOURLY", timezone="Europe/Berlin")
FORM: dict[str, JsonValue] = {"name": "Grace", "text": "Two chairs, please."}
_MOST_WAITS = 20


@dataclass
class RecordingQueue:
    """Keeps whom to wake until the office does it."""

    woken: list[str] = field(default_factory=list)

    async def wake(self, *runs: Run | DueRun) -> None:
        self.woken.extend(run.id for run in runs)

    async def wake_scheduler(self) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A run that has ended, with its attempts."""

    run: Run
    attempts: list[StepAttempt]

    def done(self, step_id: str | None = None) -> list[StepAttempt]:
        """The attempts of a step, or of all, that succeeded; without the summary of a step that had no items."""
        return [
            one
            for one in self.attempts
            if one.state is AttemptState.SUCCEEDED and step_id in (None, one.step_id) and one.input is not None
        ]


@dataclass(kw_only=True)
class Office:
    store: SqlStore
    clock: FixedClock
    files: Path
    registry: StepRegistry
    vault: Vault
    smtp: SmtpServer
    imap: ImapServer
    web: Web
    engine: Engine
    poller: Poller
    queue: RecordingQueue
    events: LocalBus
    serves: Sequence[str] = (SERVED,)

    def receive(self, sender: str, subject: str, text: str, **attachments: bytes) -> None:
        """Put a message into the mailbox; `_` in a name of an attachment stands for a dot."""
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = sender, "ada@example.com", subject
        mail["Date"] = "Wed, 02 Dec 2026 09:00:00 +0000"
        mail.set_content(text)
        for name, content in attachments.items():
            mail.add_attachment(content, maintype="application", subtype="pdf", filename=name.replace("_", "."))
        self.imap.add(mail.as_bytes())

    # what a person does -----------------------------------------------------------------------------------------

    async def approve(
        self, template: Template, params: Mapping[str, JsonValue], *, trigger: TriggerChoice | None = None
    ) -> WorkflowRecord:
        """Propose the template's workflow with these values and say yes to exactly that."""
        return await self.save(
            template.workflow(),
            params,
            name=template.title,
            template_id=template.id,
            trigger=trigger or template.trigger.allowed[0],
        )

    async def save(
        self,
        workflow: Workflow,
        params: Mapping[str, JsonValue],
        *,
        name: str,
        template_id: str | None = None,
        trigger: TriggerChoice = "manual",
    ) -> WorkflowRecord:
        now = self.clock.now()
        record = WorkflowRecord(
            id=new_id("wfl"),
            name=name,
            person_id=PERSON,
            conversation_id=CONVERSATION,
            template_id=template_id,
            state=WorkflowState.DRAFT,
            version=1,
            created_at=now,
            updated_at=now,
        )
        source = workflow.trigger.source
        types = [self.registry.find(step.uses) for step in workflow.steps]
        used = [*types, self.registry.source(source.uses) if source else None]
        content = ProposalContent(
            workflow_id=record.id,
            version=1,
            template_id=template_id,
            workflow=workflow,
            params=dict(params),
            trigger=trigger,
            schedule=HOURLY if trigger == "schedule" or workflow.trigger.is_polled else None,
            connections={found.connector: f"con_{found.connector}" for found in used if found and found.connector},
        )
        shown = content.model_dump(mode="json", by_alias=True)
        version = WorkflowVersion(
            workflow_id=record.id, version=1, digest=content.digest(), content=shown, created_at=now
        )
        proposal = Proposal(
            id=new_id("prp"),
            conversation_id=CONVERSATION,
            person_id=PERSON,
            digest=content.digest(),
            content=shown,
            shown={},
            state=ProposalState.OPEN,
            created_at=now,
        )
        async with self.store.begin() as records:
            await records.workflows.add(record, version)
            await records.proposals.add(proposal)
        await self._say_yes(proposal, content)
        return record

    async def _say_yes(self, proposal: Proposal, content: ProposalContent) -> None:
        now = self.clock.now()
        approval = Approval(
            id=new_id("apv"),
            subject_id=proposal.id,
            digest=proposal.digest,
            verdict=Verdict.YES,
            person_id=PERSON,
            surface="web",
            at=now,
        )
        async with self.store.begin() as records:
            assert await records.proposals.move(proposal.id, expected=ProposalState.OPEN, to=ProposalState.APPROVED)
            await records.proposals.add_approval(approval)
            await records.workflows.set_state(content.workflow_id, WorkflowState.ACTIVE, at=now)
            if content.trigger != "manual":
                await records.triggers.add(
                    TriggerRecord(
                        id=new_id("trg"),
                        workflow_id=content.workflow_id,
                        kind=_kind(content),
                        config=content.schedule.model_dump(mode="json") if content.schedule else {},
                        is_active=True,
                        created_at=now,
                        next_at=content.schedule.next_times(now, 1)[0] if content.schedule else None,
                        secret=f"secret-of-{content.workflow_id}" if content.trigger == "webhook" else None,
                    )
                )

    async def _item(self, workflow: WorkflowRecord) -> JsonObject:
        """What happens, as its source would hand it over; a message is the keyword."""
        async with self.store.begin() as records:
            version = await records.workflows.version(workflow.id, workflow.version)
        assert version is not None
        spec = ProposalContent.model_validate(version.content).workflow.trigger.source
        source = self.registry.source(spec.uses) if spec else None
        assert source is not None
        return {**source.sample, **({"text": "standup"} if source.name == "chat.message" else {})}

    # what the world does ----------------------------------------------------------------------------------------

    async def happen(
        self,
        workflow: WorkflowRecord,
        *,
        answer: str = "yes",
        body: JsonValue = None,
        meanwhile: Callable[[], None] = lambda: None,
        appear: Callable[[], Awaitable[None]] | None = None,
    ) -> Ended:
        """Let its trigger happen once, and wait until the run has ended; approval steps are answered.

        `meanwhile` is what else happens whenever the run waits.
        """
        async with self.store.begin() as records:
            triggers = await records.triggers.of_workflow(workflow.id)
        match triggers:
            case [TriggerRecord(kind=TriggerKind.SCHEDULE, next_at=due_at)]:
                assert due_at is not None
                self.clock.move((due_at - self.clock.now()).total_seconds())
                scheduler = Scheduler(
                    store=self.store, queue=self.queue, events=self.events, clock=self.clock, sweep_s=5.0
                )
                [run] = [one for one in await scheduler.fire_due() if one.workflow_id == workflow.id]
            case [TriggerRecord(kind=TriggerKind.EVENT)]:
                run = await self._start(workflow, {"item": await self._item(workflow)})
            case [TriggerRecord(kind=TriggerKind.POLL)]:
                assert await self.look_at_sources() == []
                assert appear is not None, "something new has to appear"
                await appear()
                [run] = await self.look_at_sources()
                self.web.service.requests.clear()  # the looks themselves are tried elsewhere
                self.imap.commands.clear()
            case [TriggerRecord(kind=TriggerKind.WEBHOOK, secret=secret)]:
                assert secret is not None
                webhooks = Webhooks(
                    store=self.store, queue=self.queue, events=self.events, clock=self.clock, vault=self.vault
                )
                hook = await webhooks.find(secret)
                assert hook is not None
                payload: JsonObject = {"body": FORM if body is None else body, "headers": {}, "query": {}}
                run = webhooks.make(hook, payload, None)
                assert await webhooks.start(run)
            case _:
                run = await self._start(workflow)
        async with self.store.begin() as records:
            for surface in self.serves:
                await announce(records, surface, at=self.clock.now())
        return await self._until_ended(run.id, answer, meanwhile)

    async def look_at_sources(self) -> list[Run]:
        """Let the time of all looks come; returns the runs of what was new."""
        self.clock.move(3600)
        return await self.poller.look_due()

    async def _start(self, workflow: WorkflowRecord, given: JsonObject | None = None) -> Run:
        now = self.clock.now()
        async with self.store.begin() as records:
            version = await records.workflows.version(workflow.id, 1)
            assert version is not None
            run = due_run(workflow, version, now, input=given or {})
            assert await records.runs.add(run)
        return run

    async def _until_ended(self, run_id: str, answer: str, meanwhile: Callable[[], None]) -> Ended:
        for _ in range(_MOST_WAITS):
            await self.engine.advance(run_id)
            while self.queue.woken:
                await self.engine.advance(self.queue.woken.pop(0))
            ended = await self.look(run_id)
            if ended.run.state.is_final:
                return ended
            assert ended.run.state is RunState.WAITING, f"{run_id} neither ended nor waits: {ended.run}"
            meanwhile()
            await self._wait_for(ended, answer)
        raise AssertionError(f"{run_id} waits without end")

    async def _wait_for(self, waiting: Ended, answer: str) -> None:
        run = waiting.run
        if run.waiting_for is Waiting.TIMER:
            assert run.due_at is not None
            self.clock.move(max(0.0, (run.due_at - self.clock.now()).total_seconds()))
        elif run.waiting_for is Waiting.APPROVAL:
            await self._answer(run, Verdict(answer))
        else:
            assert run.waiting_for is Waiting.RUN, f"{run.id} waits for {run.waiting_for}: {waiting.attempts}"

    async def _answer(self, run: Run, verdict: Verdict) -> None:
        """All who are asked say the same, one after the other, until it is decided."""
        async with self.store.begin() as records:
            for request in await records.approval_requests.open_of_run(run.id):
                for person_id in request.approvers:
                    person = await records.people.get(person_id)
                    assert person is not None
                    by = Answerer(person=person, surface="web", at=self.clock.now())
                    await decision.vote(records, request.id, by=by, digest=request.digest, verdict=verdict)

    # what is seen afterwards ------------------------------------------------------------------------------------

    async def look(self, run_id: str) -> Ended:
        async with self.store.begin() as records:
            run = await records.runs.get(run_id)
            attempts = await records.runs.attempts(run_id)
        assert run is not None
        return Ended(run=run, attempts=attempts)

    async def messages(self) -> list[Message]:
        async with self.store.begin() as records:
            return await records.conversations.messages(CONVERSATION)

    async def posts(self) -> list[str]:
        """The texts of the conversation, oldest first; beside them only questions are expected."""
        parts = [part for message in await self.messages() for part in message.parts]
        return [str(part["text"]) for part in parts if part.get("subject") != Shows.APPROVAL]

    async def have_outside(self, name: str) -> None:
        """Somebody of the house has an account of their name on the outside surface, too."""
        async with self.store.begin() as records:
            await records.people.link(Identity(surface=SERVED, external_id=name, person_id=f"usr_{name}"))

    async def posts_to(self, destination: str) -> list[str]:
        """The texts that were posted into a channel of an outside surface (`slack:#ops`) or to a person, oldest first."""
        surface, _, name = destination.rpartition(":")
        surface = surface or SERVED
        async with self.store.begin() as records:
            is_person = name.startswith("@")
            place = Place.direct(surface, name[1:]) if is_person else Place(surface=surface, channel=name)
            there = await records.conversations.by_external(place.surface, place.key)
            messages = await records.conversations.messages(there.id) if there else []
        return [str(part["text"]) for message in messages for part in message.parts]

    def contents(self) -> dict[str, bytes]:
        """The files of the files folder, without the samples and the database."""
        known = {path.name for path in SAMPLES.iterdir()} | {DATABASE}
        found = (path for path in self.files.rglob("*") if path.is_file())
        return {
            str(path.relative_to(self.files)): path.read_bytes()
            for path in found
            if str(path.relative_to(self.files)) not in known and path.parent.name != INBOX
        }

    def people(self) -> list[tuple[str, str, str]]:
        with sqlite3.connect(self.files / DATABASE) as database:
            rows = database.execute("select name, email, city from people").fetchall()
        database.close()
        return rows


def _kind(content: ProposalContent) -> TriggerKind:
    is_polled = content.trigger == "event" and content.schedule is not None
    return TriggerKind.POLL if is_polled else TriggerKind(content.trigger)
