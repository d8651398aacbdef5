"""Builds what one attempt of a step may use: the world's ports, and those that are scoped to its run. Runs nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from pydantic import JsonValue

from catalog.proposal import ProposalContent
from core.clock import Clock
from core.errors import ConnectionNeededError, StoreError
from store.port import EventBus, RunQueue, Store
from store.record import Run, Said
from store.vault import Vault
from tools.connector import Connector
from tools.outbound import (
    Confirm,
    Database,
    Files,
    Http,
    HttpRequest,
    HttpResponse,
    Mail,
    MailBox,
    MailSearch,
    Model,
    ReceivedMail,
)
from tools.redact import Redactor
from tools.rehearsal import OverlayFiles, Recorded, rehearse
from tools.step import Resumption, StepContext
from worker.approval import StoreApprovals
from worker.attempt import Call
from worker.chat import StoreChat
from worker.children import StoreChildren
from worker.gate import Service, service_of


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The ports that all runs share."""

    http: Http
    mail: MailBox
    database: Database
    files: Files
    model: Model


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """The context of one attempt. `requests` fills with what a rehearsal would have sent."""

    context: StepContext
    requests: Sequence[Recorded] = ()


class ConfirmedHttp:
    """Sends only what this worker may still send."""

    def __init__(self, http: Http, confirm: Confirm) -> None:
        self._http = http
        self._confirm = confirm

    async def send(self, request: HttpRequest) -> HttpResponse:
        return await self._http.send(replace(request, confirm=self._confirm))


class ConfirmedMailBox:
    """Hands over only what this worker may still hand over."""

    def __init__(self, mail: MailBox, confirm: Confirm) -> None:
        self._mail = mail
        self._confirm = confirm

    async def send(self, mail: Mail, account: Mapping[str, str]) -> str:
        return await self._mail.send(replace(mail, confirm=self._confirm), account)

    async def search(self, query: MailSearch, account: Mapping[str, str]) -> list[ReceivedMail]:
        return await self._mail.search(query, account)


class ScopedMemory:
    """What one step of one workflow remembers."""

    def __init__(self, store: Store, clock: Clock, scope: str) -> None:
        self._store = store
        self._clock = clock
        self._scope = scope

    async def get(self, key: str) -> JsonValue:
        async with self._store.begin() as records:
            return await records.memory.get(self._scope, key)

    async def put(self, key: str, value: JsonValue) -> None:
        async with self._store.begin() as records:
            await records.memory.put(self._scope, key, value, at=self._clock.now())


class ScopedAccounts:
    """The accounts that were part of what was approved, and no others. What it hands out is redacted from then on."""

    def __init__(
        self, store: Store, vault: Vault, *, connections: Mapping[str, str], person_id: str, redactor: Redactor
    ) -> None:
        self._store = store
        self._vault = vault
        self._connections = connections
        self._person_id = person_id
        self._redactor = redactor

    async def get(self, connector: str) -> Mapping[str, str]:
        connection_id = self._connections.get(connector)
        if connection_id is None:
            raise ConnectionNeededError(f"No {connector} account belongs to this workflow.", connector=connector)
        async with self._store.begin() as records:
            connection = await records.connections.get(connection_id)
            person = await records.people.get(self._person_id)  # who may have turned out to be another since this began
        if (
            connection is None
            or person is None
            or connection.person_id != person.id
            or connection.connector != connector
        ):
            raise ConnectionNeededError(f"The {connector} account was disconnected.", connector=connector)
        try:
            fields = self._vault.open(connection.secret)
        except StoreError as error:
            raise ConnectionNeededError(error.message, connector=connector, advice=error.advice) from error
        self._redactor.add(value for name, value in fields.items() if name not in connection.public)
        return {**{name: str(value) for name, value in connection.public.items()}, **fields}


class ContextMaker:
    """Makes the contexts of all attempts."""

    def __init__(
        self,
        *,
        store: Store,
        queue: RunQueue,
        events: EventBus,
        clock: Clock,
        vault: Vault,
        world: World,
        connectors: Mapping[str, Connector],
    ) -> None:
        self.store = store
        self.queue = queue
        self.events = events
        self.clock = clock
        self.vault = vault
        self.world = world
        self.connectors = connectors

    def of(self, run: Run, content: ProposalContent, zone: tzinfo) -> RunContexts:
        return RunContexts(self, run, content, zone)


class RunContexts:
    """The contexts of one run. Nothing leaves from those of a rehearsal; its steps share one overlay of the files."""

    def __init__(self, maker: ContextMaker, run: Run, content: ProposalContent, zone: tzinfo) -> None:
        self._maker = maker
        self._run = run
        self._content = content
        self._zone = zone
        self._overlay = OverlayFiles(maker.world.files) if run.is_rehearsal else None
        self._has_private = any(one.private for one in content.workflow.parameters.values())

    def service_of(self, call: Call) -> Service | None:
        """What an attempt would call; none when nothing leaves this machine."""
        if self._run.is_rehearsal:
            return None
        return service_of(
            call.step_type, call.params, connections=self._content.connections, connectors=self._maker.connectors
        )

    def visit(
        self,
        *,
        step_id: str,
        item: int,
        go: int,
        key: str,
        started_at: datetime,
        resumption: Resumption | None,
        redactor: Redactor,
        confirm: Confirm,
    ) -> Visit:
        """Return what one attempt may use. `go` is the number of the first attempt that counts.

        `confirm` raises when the run is no longer this worker's.
        """
        made, run, world = self._maker, self._run, self._maker.world
        context = StepContext(
            run_id=run.id,
            step_id=step_id,
            idempotency_key=key,
            started_at=started_at,
            zone=self._zone,
            clock=made.clock,
            http=ConfirmedHttp(world.http, confirm),
            mail=ConfirmedMailBox(world.mail, confirm),
            database=world.database,
            files=world.files,
            chat=StoreChat(
                store=made.store,
                events=made.events,
                clock=made.clock,
                conversation_id=run.conversation_id,
                person_id=run.person_id,
                said=Said(run_id=run.id, step_id=step_id) if self._has_private else None,
            ),
            model=world.model,
            memory=ScopedMemory(made.store, made.clock, f"{run.workflow_id}:{step_id}"),
            accounts=ScopedAccounts(
                made.store,
                made.vault,
                connections=self._content.connections,
                person_id=run.person_id,
                redactor=redactor,
            ),
            children=StoreChildren(
                store=made.store,
                queue=made.queue,
                events=made.events,
                clock=made.clock,
                parent=run,
                step_id=step_id,
                since=started_at,
            ),
            approvals=StoreApprovals(
                store=made.store,
                events=made.events,
                clock=made.clock,
                run=run,
                step_id=step_id,
                item=item,
                number=go,
                title=self._content.workflow.title,
            ),
            resumption=resumption,
        )
        if self._overlay is None:
            return Visit(context=context)
        requests: list[Recorded] = []
        rehearsed = rehearse(context, requests, redactor=redactor, connectors=made.connectors, files=self._overlay)
        return Visit(context=rehearsed, requests=requests)
