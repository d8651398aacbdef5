"""Opens the outside surfaces of one process and runs what serves them: intake, inbox, watch and delivery. Knows no vendor."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from agent.knowledge import Knowledge
from agent.live_text import LiveText
from agent.renderer import Renderer
from agent.reply import Reply
from bot.surface.closed import ClosedPlaces
from bot.surface.content import Contents
from bot.surface.delivery import Deliverer
from bot.surface.firing import Firing
from bot.surface.handed import Files
from bot.surface.inbox import InboxWorker, Turns
from bot.surface.intake import DurableIntake
from bot.surface.port import Health, Ingress, Surface
from bot.surface.reception import Reception
from bot.surface.sealing import FieldSealer
from bot.surface.services import Opener, SurfaceServices
from bot.surface.shown import RecordShown
from bot.surface.vitals import LOOKED_BACK
from bot.surface.watch import Watch
from bot.surface.writing import Writings
from catalog.expression import Expressions
from core.clock import Clock
from core.errors import StoreError
from core.settings import Settings
from store.port import EventBus, RunQueue, Store
from store.record import Backlog, InboxEntry
from tools.new_file import FilesFolder
from tools.registry import StepRegistry
from worker.outside import announce
from worker.task import end

_log = logging.getLogger(__name__)
_ANNOUNCE_S = 60.0
NOT_CONNECTED = "not connected"
"""What is said of a surface that is not, where no more is known, or as long as it is only beginning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostParts:
    """What a host is made of. `owner` names this process where it holds leases; `time_zone` is that of new people. Files that
    are handed in come into `files`, none larger than `file_limit_bytes`.
    """

    settings: Settings
    store: Store
    clock: Clock
    sealer: FieldSealer
    files: FilesFolder
    file_limit_bytes: int
    queue: RunQueue
    bus: EventBus
    registry: StepRegistry
    expressions: Expressions
    knowledge: Knowledge
    renderer: Renderer
    turns: Turns
    live: LiveText
    public_url: Callable[[], str]
    owner: str
    time_zone: str
    sweep_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HostState:
    """How the surfaces of this process are, and by surface how much waits in the records, whoever's it is, and how many
    messages of the last day were given up.
    """

    surfaces: Mapping[str, Health]
    inbox: Mapping[str, Backlog]
    postings: Mapping[str, Backlog]
    given_up: Mapping[str, int]


class SurfaceHost:
    """The outside surfaces of this process: none until they are opened."""

    def __init__(self, parts: HostParts) -> None:
        self._parts = parts
        self._surfaces: dict[str, Surface] = {}
        store, clock = parts.store, parts.clock
        contents = Contents(store=store, renderer=parts.renderer, clock=clock)
        self.intake = DurableIntake(store, clock, parts.sealer, self._arrived)
        self.deliverer = Deliverer(
            store=store,
            clock=clock,
            owner=parts.owner,
            surfaces=self._surfaces,
            contents=contents,
            closed=ClosedPlaces(store=store, bus=parts.bus, clock=clock),
            calm=self.intake.calm,
            sweep_s=parts.sweep_s,
        )
        self.writings = Writings(
            store=store,
            clock=clock,
            bus=parts.bus,
            live=parts.live,
            owner=parts.owner,
            surfaces=self._surfaces,
        )
        self.inbox = InboxWorker(
            store=store,
            clock=clock,
            surfaces=self._surfaces,
            owner=parts.owner,
            sealer=parts.sealer,
            turns=parts.turns,
            reception=Reception(store=store, clock=clock, surfaces=self._surfaces, time_zone=parts.time_zone),
            firing=Firing(
                store=store,
                queue=parts.queue,
                events=parts.bus,
                clock=clock,
                registry=parts.registry,
                expressions=parts.expressions,
                surfaces=self._surfaces,
            ),
            writings=self.writings,
            files=Files(folder=parts.files, limit_bytes=parts.file_limit_bytes, surfaces=self._surfaces),
            answered=self._answered,
            calm=self.intake.calm,
            sweep_s=parts.sweep_s,
        )
        self.watch = Watch(
            store=store, bus=parts.bus, clock=clock, news=self.deliverer.look_again, stopped=parts.live.stop
        )

    @property
    def ingress(self) -> dict[str, Sequence[Ingress]]:
        """By surface the web addresses that its vendor calls."""
        return {name: surface.ingress for name, surface in self._surfaces.items() if surface.ingress}

    async def state(self) -> HostState:
        """Raises StoreError."""
        async with self._parts.store.begin() as records:
            inbox = await records.inbox.backlog()
            postings = await records.postings.backlog()
            given_up = await records.postings.count_given_up(self._parts.clock.now() - LOOKED_BACK)
        health = {name: surface.health() for name, surface in self._surfaces.items()}
        return HostState(surfaces=health, inbox=inbox, postings=postings, given_up=given_up)

    async def problem(self, name: str) -> str:
        """What is wrong with a surface; empty when nothing is."""
        health = self._surfaces[name].health()
        return "" if health.is_connected else health.problem or NOT_CONNECTED

    @asynccontextmanager
    async def open(self, openers: Mapping[str, Opener]) -> AsyncIterator[None]:
        """Serve these surfaces while the block lasts. At the end nothing more is taken in; what was taken in is kept.

        Raises ConfigError.
        """
        if not openers:
            yield
            return
        async with AsyncExitStack() as stack:
            loops = (self.inbox.run, self.deliverer.run, self.watch.run, self._announce)
            tasks: list[asyncio.Task[None]] = []
            stack.push_async_callback(end, tasks)
            stack.push_async_callback(self.intake.drain)
            for name, opener in openers.items():
                opened = await stack.enter_async_context(opener(self._parts.settings, self._services(name)))
                self._surfaces[name] = opened
            for loop in loops:
                tasks.append(asyncio.create_task(loop(), name=f"surfaces {loop.__qualname__}"))
                tasks[-1].add_done_callback(_say_if_broken)
            yield

    def _services(self, name: str) -> SurfaceServices:
        parts = self._parts
        return SurfaceServices(
            intake=self.intake,
            shown=RecordShown(
                store=parts.store,
                knowledge=parts.knowledge,
                renderer=parts.renderer,
                clock=parts.clock,
                surface=name,
            ),
            store=parts.store,
            clock=parts.clock,
            public_url=parts.public_url,
            stop_writing=self.writings.stop,
        )

    def _arrived(self) -> None:
        self.inbox.look_again()

    def _answered(self, entry: InboxEntry, replies: Sequence[Reply]) -> None:
        self.intake.answered(entry, replies)
        if replies:
            self.deliverer.look_again()

    async def _announce(self) -> None:
        """Let all processes know that these surfaces can be posted to."""
        while True:
            try:
                async with self._parts.store.begin() as records:
                    for name in self._surfaces:
                        await announce(records, name, at=self._parts.clock.now())
            except StoreError as error:
                _log.warning("Nobody could be told of the surfaces: %s", error)
            await self._parts.clock.sleep(_ANNOUNCE_S)


def _say_if_broken(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()):
        _log.error("%s stopped", task.get_name(), exc_info=error)
