"""The composition root: makes one Errand of what `bot.ground` opens.

What serves people (`bot.serve`, `bot.terminal`) and what checks or measures opens an `App` and uses its parts.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from agent.inbound import Inbound
from agent.interpreter import Interpreter
from agent.live_text import LiveText
from agent.reply import Reply, TracePart
from agent.turn import Turn
from bot.ground import Ground, open_ground
from bot.library import Library
from bot.model import TURNS_SHOWN, make_asking, make_llm_interpreter, make_narrator
from bot.surface.host import HostParts, SurfaceHost
from bot.surface.inbox import Turns
from catalog.workflow import Template
from core.clock import Clock, SystemClock
from core.ids import new_id
from core.settings import Settings
from store.record import Message, Person
from worker.resume import Resumes
from worker.service import WorkerService, make_desk
from worker.webhook import Webhooks

_SURFACE_SWEEP_S = 1.0
"""How often a process looks for what has arrived, or is to be posted, that another one wrote."""


class App:
    """One Errand, put together. `worker` is made, not started."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.settings, self.clock, self.store = ground.settings, ground.clock, ground.store
        self.live = LiveText()
        self.turn = _turn(ground, self.live)
        self.worker = _worker(ground)
        self.surfaces = _surfaces(ground, self.turn, self.live)
        store, clock, vault, wake = ground.store, ground.clock, ground.vault, ground.wake
        self.webhooks = Webhooks(store=store, queue=wake.queue, events=wake.bus, clock=clock, vault=vault)
        self.resumes = Resumes(store=store, queue=wake.queue, events=wake.bus, clock=clock, vault=vault)

    async def warm_up(self) -> None:
        """Open and learn what the first message would otherwise wait for."""
        await self.ground.understanding.warm_up()
        if self.ground.model is not None:
            self.ground.model.start()

    async def answer(self, inbound: Inbound) -> list[Reply]:
        return await self.turn.handle(inbound)

    async def templates(self) -> Sequence[Template]:
        """All that are known now."""
        shelf = self.ground.understanding.shelf
        async with self.store.begin() as records:
            await shelf.refresh(records)
        return tuple(shelf.values())

    async def render(self, messages: list[Message], person: Person) -> list[Reply]:
        async with self.store.begin() as records:
            return await self.ground.renderer.render(records, messages, person, self.clock.now())

    async def trace(self, run_id: str, person: Person) -> TracePart | None:
        async with self.store.begin() as records:
            return await self.ground.renderer.trace(records, run_id, person, self.clock.now())


@asynccontextmanager
async def open_app(
    settings: Settings, library: Library, *, redis_url: str, public_url: Callable[[], str], clock: Clock | None = None
) -> AsyncIterator[App]:
    """Raises ConfigError and StoreError."""
    opening = open_ground(settings, library, redis_url=redis_url, public_url=public_url, clock=clock or SystemClock())
    async with opening as ground:
        yield App(ground)


def _turn(ground: Ground, live: LiveText) -> Turn:
    """With the model where there is one, else by rules alone."""
    model, understanding = ground.model, ground.understanding
    interpreter: Interpreter = understanding.offline
    narrator = None
    if model is not None:
        asking = make_asking(ground.settings, model, ground.store, ground.clock)
        narrator = make_narrator(
            ground.settings,
            asking,
            store=ground.store,
            knowledge=ground.knowledge,
            retriever=understanding.retriever,
            live=live,
        )
        interpreter = make_llm_interpreter(
            ground.settings,
            asking,
            offline=understanding.offline,
            library=ground.library,
            templates=understanding.shelf,
            retriever=understanding.retriever,
            expressions=ground.expressions,
        )
    return Turn(
        store=ground.store,
        knowledge=ground.knowledge,
        interpreter=interpreter,
        renderer=ground.renderer,
        queue=ground.wake.queue,
        bus=ground.wake.bus,
        turns_shown=TURNS_SHOWN if model else 0,
        narrator=narrator,
    )


def _worker(ground: Ground) -> WorkerService:
    settings, wake = ground.settings, ground.wake
    desk = make_desk(
        store=ground.store,
        queue=wake.queue,
        events=wake.bus,
        clock=ground.clock,
        registry=ground.library.steps,
        vault=ground.vault,
        public_url=ground.public_url,
        world=ground.world,
        connectors=ground.library.connectors,
        gate=wake.gate,
        pause_after=settings.pause_after_failures,
    )
    return WorkerService(
        desk=desk,
        expressions=ground.expressions,
        redis_url=wake.redis_url,
        max_jobs=settings.worker_jobs,
        lease_s=settings.lease_s,
        sweep_s=settings.sweep_s,
        retain_days=settings.retain_days,
    )


def _surfaces(ground: Ground, turn: Turn, live: LiveText) -> SurfaceHost:
    return SurfaceHost(
        HostParts(
            settings=ground.settings,
            store=ground.store,
            clock=ground.clock,
            sealer=ground.vault,
            files=ground.files,
            file_limit_bytes=ground.files.limit_bytes,
            queue=ground.wake.queue,
            bus=ground.wake.bus,
            registry=ground.library.steps,
            expressions=ground.expressions,
            knowledge=ground.knowledge,
            renderer=ground.renderer,
            turns=Turns(take=turn.handle, apologize=turn.give_up),
            live=live,
            public_url=ground.public_url,
            owner=new_id("srv"),
            time_zone=ground.time_zone,
            sweep_s=_SURFACE_SWEEP_S,
        )
    )
