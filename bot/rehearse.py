"""`errand rehearse`: runs templates as rehearsals on records of their own. Nothing leaves this machine, nothing is kept."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from cryptography.fernet import Fernet
from pydantic import JsonValue

from agent.watched import sample_input
from bot.library import Library, read_library
from bot.records import open_store
from bot.rehearsal import Rehearsal
from bot.world import open_world
from catalog.expression import Expressions
from catalog.kind import check_value
from catalog.loader import SAMPLES
from catalog.proposal import ProposalContent
from catalog.workflow import Template
from core.clock import Clock, SystemClock
from core.errors import BlockedError, InvalidValueError
from core.ids import new_id
from core.settings import Settings
from store.port import DueRun, Event, Store
from store.record import (
    Conversation,
    Identity,
    JsonObject,
    Person,
    Role,
    Run,
    RunState,
    WorkflowRecord,
    WorkflowState,
    WorkflowVersion,
)
from store.vault import Vault
from tools.files import FolderFiles
from tools.registry import StepRegistry
from worker.engine import Engine
from worker.service import make_desk

_SAMPLE_LIMIT_BYTES = 1_000_000
_BODY: JsonObject = {"name": "Sample", "text": "A sample entry."}


async def rehearse(settings: Settings, *, template: str | None, values: Mapping[str, JsonValue]) -> list[Rehearsal]:
    """Rehearse one template, or all with their samples.

    Raises NotFoundError for an unknown template, InvalidValueError for a value that does not fit.
    """
    library = read_library(settings)
    chosen = [library.catalog.get(template)] if template else list(library.catalog)
    async with _stage(settings, library) as stage:
        return [await stage.rehearse(one, values if template else {}) for one in chosen]


@asynccontextmanager
async def _stage(settings: Settings, library: Library) -> AsyncIterator[Stage]:
    """Records in a folder that is removed afterwards; reading files sees the real files folder."""
    clock = SystemClock()
    with tempfile.TemporaryDirectory(prefix="errand-rehearsal-") as folder:
        store = await open_store(settings.model_copy(update={"data": Path(folder), "database_url": "", "fsync": False}))
        files = WithSamples(FolderFiles(settings.files, settings.outbound_limit_bytes))
        try:
            async with open_world(settings, files, clock) as world:
                desk = make_desk(
                    store=store,
                    queue=Nobody(),
                    events=Nobody(),
                    clock=clock,
                    registry=library.steps,
                    vault=Vault([Fernet.generate_key()]),
                    world=world,
                    connectors=library.connectors,
                    random=Random(0),  # noqa: S311  jitter, not a secret
                )
                engine = Engine(desk=desk, expressions=Expressions(), lease_s=600.0)
                yield Stage(store, engine, clock, library.steps)
        finally:
            await store.close()


class Stage:
    """Where templates are rehearsed, one after the other."""

    def __init__(self, store: Store, engine: Engine, clock: Clock, registry: StepRegistry) -> None:
        self._store = store
        self._engine = engine
        self._clock = clock
        self._registry = registry

    async def rehearse(self, template: Template, values: Mapping[str, JsonValue]) -> Rehearsal:
        """Run it with the given values, the sample's for the rest, and a sample entry from its trigger."""
        run = await self._add(template, _resolved(template, values))
        await self._engine.advance(run.id)
        async with self._store.begin() as records:
            ended = await records.runs.get(run.id)
            attempts = await records.runs.attempts(run.id)
        assert ended is not None
        return Rehearsal(template=template, run=ended, attempts=attempts)

    async def _add(self, template: Template, params: dict[str, JsonValue]) -> Run:
        now = self._clock.now()
        person = Person(
            id=new_id("usr"), name="Rehearsal", time_zone="UTC", locale="en", role=Role.OWNER, created_at=now
        )
        conversation = Conversation.begun(
            surface="terminal", person_id=person.id, at=now, external_id=new_id("tty"), title=template.title
        )
        workflow = WorkflowRecord(
            id=new_id("wfl"),
            name=template.title,
            person_id=person.id,
            conversation_id=conversation.id,
            template_id=template.id,
            state=WorkflowState.DRAFT,
            version=1,
            created_at=now,
            updated_at=now,
        )
        content = ProposalContent(
            workflow_id=workflow.id,
            version=1,
            template_id=template.id,
            workflow=template.workflow(),
            params=params,
            trigger="manual",
        )
        version = WorkflowVersion(
            workflow_id=workflow.id,
            version=1,
            digest=content.digest(),
            content=content.model_dump(mode="json", by_alias=True),
            created_at=now,
        )
        run = Run(
            id=new_id("run"),
            workflow_id=workflow.id,
            version=1,
            digest=version.digest,
            person_id=person.id,
            conversation_id=conversation.id,
            state=RunState.QUEUED,
            created_at=now,
            due_at=now,
            input={
                "body": _BODY,
                "query": {},
                "headers": {},
                "fired_at": now.isoformat(),
                **sample_input(self._registry, content.workflow),
            },
            is_rehearsal=True,
        )
        async with self._store.begin() as records:
            await records.people.add(person, Identity(surface="rehearsal", external_id=person.id, person_id=person.id))
            await records.conversations.add(conversation)
            await records.workflows.add(workflow, version)
            await records.runs.add(run)
        return run


def _resolved(template: Template, values: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """The given values, the sample's for the rest, defaults for what neither has; raises InvalidValueError."""
    if unknown := sorted(set(values) - set(template.parameters)):
        raise InvalidValueError(f"{template.id} has no parameter “{unknown[0]}”.")
    given = {**template.sample, **values}
    zone = ZoneInfo("UTC")
    return {
        name: parameter.default
        if name not in given or given[name] == parameter.default
        else check_value(given[name], parameter, zone)
        for name, parameter in template.parameters.items()
    }


class WithSamples:
    """The files folder, and the sample files that templates' samples speak of where it has no file of that name."""

    def __init__(self, files: FolderFiles) -> None:
        self._files = files
        self._samples = FolderFiles(SAMPLES, _SAMPLE_LIMIT_BYTES)

    async def read(self, path: str) -> bytes:
        return await (self._files if await self._files.exists(path) else self._samples).read(path)

    async def write(self, path: str, content: bytes, *, append: bool = False) -> None:
        raise BlockedError(f"A rehearsal does not {'append to' if append else 'write'} {path} ({len(content)} bytes).")

    async def exists(self, path: str) -> bool:
        return await self._files.exists(path) or await self._samples.exists(path)

    async def names(self, pattern: str = "**/*") -> list[str]:
        return sorted({*await self._files.names(pattern), *await self._samples.names(pattern)})

    async def modified_at(self, path: str) -> datetime:
        return await (self._files if await self._files.exists(path) else self._samples).modified_at(path)


class Nobody:
    """Stands where nobody waits to be woken or told."""

    async def wake(self, *runs: Run | DueRun) -> None: ...

    async def wake_scheduler(self) -> None: ...

    async def publish(self, *events: Event) -> None: ...

    @asynccontextmanager
    async def subscribe(self) -> AsyncIterator[AsyncIterator[Event]]:
        yield _silence()


async def _silence() -> AsyncIterator[Event]:
    return
    yield
