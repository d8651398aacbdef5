"""The composition root: the only module that names concrete classes and joins them to one Errand.

What serves people (`bot.serve`, `bot.terminal`) and what checks or measures opens an `App` and uses its parts.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from importlib import import_module
from random import Random

import tzlocal

from agent.inbound import Inbound
from agent.knowledge import Knowledge
from agent.live_text import LiveText
from agent.llm.interpreter import LlmInterpreter
from agent.llm.narrator import LlmNarrator
from agent.offline.general import generalise_text
from agent.offline.interpreter import OfflineInterpreter
from agent.offline.recurrence import schedule_of
from agent.renderer import Renderer
from agent.reply import Reply, TracePart
from agent.schedule_words import describe_schedule
from agent.shelf import Shelf
from agent.turn import Turn
from bot.index import BackgroundRetriever
from bot.library import Library, read_library
from bot.model import TURNS_SHOWN, make_asking, make_llm_interpreter, make_model, make_narrator
from bot.surface.host import HostParts, SurfaceHost
from bot.surface.inbox import Turns
from bot.surface.port import Opener
from catalog.expression import Expressions
from catalog.workflow import Template
from core.clock import Clock, SystemClock
from core.errors import ConfigError
from core.ids import new_id
from core.settings import Settings
from store.record import Message, Person
from store.sql.migrate import is_current, migrate
from store.sql.store import SqlStore
from store.vault import Vault, load_keys
from tools.files import FolderFiles
from tools.guard import AddressGuard
from tools.http import AioHttp
from tools.mail import SmtpImapMailBox
from tools.model import NoModel, OpenAIModel
from tools.outbound import Files
from tools.sql import SqlDatabase
from worker.ports import World
from worker.resume import Resumes
from worker.service import WorkerService, make_desk
from worker.wake.bus import RedisBus
from worker.wake.gate import RedisGate
from worker.wake.limit import RedisRateLimiter
from worker.wake.queue import ArqQueue
from worker.webhook import Webhooks

_FAVOURITES = ("chat.remind", "web.site-down", "email.recurring", "webhook.to-chat")
"""Whose sentences are suggested first to somebody who asks what Errand can do."""

_SURFACE_SWEEP_S = 1.0
"""How often a process looks for what has arrived, or is to be posted, that another one wrote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """One Errand, put together. `worker` is made, not started; `model` is there when it reads what people write."""

    settings: Settings
    clock: Clock
    library: Library
    shelf: Shelf
    store: SqlStore
    vault: Vault
    files: FolderFiles
    queue: ArqQueue
    bus: RedisBus
    retriever: BackgroundRetriever
    blocks: BackgroundRetriever
    offline: OfflineInterpreter
    live: LiveText
    model: OpenAIModel | None
    turn: Turn
    renderer: Renderer
    worker: WorkerService
    webhooks: Webhooks
    resumes: Resumes
    limiter: RedisRateLimiter
    surfaces: SurfaceHost

    @property
    def time_zone(self) -> str:
        """The time zone of people of whom nothing is known yet."""
        return time_zone_of(self.settings)

    def warm_up(self) -> None:
        """Begin to open and learn what the first message would otherwise wait for. Returns at once."""
        self.retriever.start()
        self.blocks.start()
        self.offline.start()
        if self.model is not None:
            self.model.start()

    async def answer(self, inbound: Inbound) -> list[Reply]:
        return await self.turn.handle(inbound)

    async def templates(self) -> Sequence[Template]:
        """All that are known now."""
        async with self.store.begin() as records:
            await self.shelf.refresh(records)
        return tuple(self.shelf.values())

    async def render(self, messages: list[Message], person: Person) -> list[Reply]:
        async with self.store.begin() as records:
            return await self.renderer.render(records, messages, person, self.clock.now())

    async def trace(self, run_id: str, person: Person) -> TracePart | None:
        async with self.store.begin() as records:
            return await self.renderer.trace(records, run_id, person, self.clock.now())


def time_zone_of(settings: Settings) -> str:
    return (settings.time_zone or tzlocal.get_localzone_name() or "UTC").removeprefix("Etc/")


def surface_openers(settings: Settings) -> dict[str, Opener]:
    """What opens the outside surfaces that are set up. Their libraries are loaded here, and only theirs.

    Raises ConfigError.
    """
    return {name: _opener(name) for name in settings.surfaces}


def _opener(name: str) -> Opener:
    try:
        opener: Opener = import_module(f"bot.surfaces.{name}").open_surface
    except ModuleNotFoundError as error:
        missing = f"{name.capitalize()} needs the Python package of the module {error.name}, which is not installed."
        raise ConfigError(f"{missing} Install Errand again, or serve without it: errand serve --only web.") from error
    return opener


def database_url(settings: Settings) -> str:
    return settings.database_url or f"sqlite:///{settings.data / 'errand.db'}"


def open_vault(settings: Settings) -> Vault:
    return Vault(load_keys(settings.data, [key.get_secret_value() for key in settings.secret_keys]))


async def open_store(settings: Settings) -> SqlStore:
    """Bring the database to this version and open it."""
    url = database_url(settings)
    if not await is_current(url):
        await migrate(url)
    return await SqlStore.open(url, fsync=settings.fsync)


def make_knowledge(
    library: Library,
    shelf: Shelf,
    *,
    sealer: Vault,
    expressions: Expressions,
    public_url: Callable[[], str],
    clock: Clock,
    guard: AddressGuard,
    learns: bool = True,
) -> Knowledge:
    """What the conversation knows besides the records."""
    return Knowledge(
        templates=shelf,
        step_types=library.steps,
        connectors=library.connectors,
        sealer=sealer,
        expressions=expressions,
        describe_schedule=describe_schedule,
        read_schedule=schedule_of,
        public_url=public_url,
        clock=clock,
        generalise=generalise_text,
        leads_inside=guard.foresees_refusal_of,
        learns=learns,
        favourites=_FAVOURITES,
    )


@asynccontextmanager
async def open_reader(settings: Settings) -> AsyncIterator[tuple[SqlStore, Renderer]]:
    """The records and who renders them, without Redis, worker or index: for commands that only look."""
    store = await open_store(settings)
    clock = SystemClock()
    try:
        knowledge = make_knowledge(
            library := read_library(settings),
            Shelf(library.catalog.templates),
            sealer=open_vault(settings),
            expressions=Expressions(),
            public_url=lambda: settings.public_url,
            clock=clock,
            guard=AddressGuard(settings.allow_hosts),
        )
        yield store, Renderer(knowledge)
    finally:
        await store.close()


@asynccontextmanager
async def open_world(settings: Settings, files: Files, clock: Clock) -> AsyncIterator[World]:
    """The ports to everything outside."""
    guard = AddressGuard(settings.allow_hosts)
    timeout_s = settings.outbound_timeout_s
    http = AioHttp(guard, timeout_s=timeout_s, limit_bytes=settings.outbound_limit_bytes)
    model = make_model(settings, timeout_s=4 * timeout_s) if settings.model_name else NoModel()
    try:
        yield World(
            http=http,
            mail=SmtpImapMailBox(guard, timeout_s=timeout_s, clock=clock),
            database=SqlDatabase(settings.files, guard.resolve, timeout_s=timeout_s),
            files=files,
            model=model,
        )
    finally:
        await http.close()
        if isinstance(model, OpenAIModel):
            await model.close()


@asynccontextmanager
async def open_app(
    settings: Settings, library: Library, *, redis_url: str, public_url: Callable[[], str], clock: Clock | None = None
) -> AsyncIterator[App]:
    """Open all parts, close them in reverse order. The retriever opens its index in the background.

    Raises ConfigError and StoreError.
    """
    clock = clock or SystemClock()
    async with AsyncExitStack() as stack:
        store = await open_store(settings)
        stack.push_async_callback(store.close)
        vault = open_vault(settings)
        queue, bus = ArqQueue(redis_url, clock), RedisBus(redis_url, clock)
        stack.push_async_callback(queue.close)
        stack.push_async_callback(bus.close)
        gate = RedisGate(
            redis_url,
            clock,
            Random(),  # noqa: S311  jitter, not a secret
            failures=settings.breaker_failures,
            open_s=settings.breaker_open_s,
            longest_s=settings.breaker_longest_s,
        )
        limiter = RedisRateLimiter(redis_url, clock)
        stack.push_async_callback(gate.close)
        stack.push_async_callback(limiter.close)
        files = FolderFiles(settings.files, settings.outbound_limit_bytes)
        world = await stack.enter_async_context(open_world(settings, files, clock))
        guard = AddressGuard(settings.allow_hosts)
        shelf = Shelf(library.catalog.templates, uses_words=settings.learning)
        retriever = BackgroundRetriever(settings, library.catalog)
        blocks = BackgroundRetriever(settings, library.catalog.block_templates(), name="blocks")
        stack.push_async_callback(retriever.close)
        stack.push_async_callback(blocks.close)
        expressions = Expressions()
        knowledge = make_knowledge(
            library,
            shelf,
            sealer=vault,
            expressions=expressions,
            public_url=public_url,
            clock=clock,
            guard=guard,
            learns=settings.learning,
        )
        renderer = Renderer(knowledge)
        desk = make_desk(
            store=store,
            queue=queue,
            events=bus,
            clock=clock,
            registry=library.steps,
            vault=vault,
            public_url=public_url,
            world=world,
            connectors=library.connectors,
            gate=gate,
            pause_after=settings.pause_after_failures,
        )
        worker = WorkerService(
            desk=desk,
            expressions=expressions,
            redis_url=redis_url,
            max_jobs=settings.worker_jobs,
            lease_s=settings.lease_s,
            sweep_s=settings.sweep_s,
            retain_days=settings.retain_days,
        )
        offline = OfflineInterpreter(
            library.catalog,
            retriever,
            blocks,
            guard=guard,
            connectors=list(library.connectors),
        )
        shelf.follow(offline.update)
        shelf.follow(retriever.update)
        async with store.begin() as records:
            await shelf.refresh(records)
        live = LiveText()
        llm: LlmInterpreter | None = None
        narrator: LlmNarrator | None = None
        if settings.has_llm and isinstance(world.model, OpenAIModel):
            asking = make_asking(settings, world.model, store, clock)
            narrator = make_narrator(settings, asking, store=store, knowledge=knowledge, retriever=retriever, live=live)
            llm = make_llm_interpreter(
                settings,
                asking,
                offline=offline,
                library=library,
                templates=shelf,
                retriever=retriever,
                expressions=expressions,
            )
        turn = Turn(
            store=store,
            knowledge=knowledge,
            interpreter=llm or offline,
            renderer=renderer,
            queue=queue,
            bus=bus,
            turns_shown=TURNS_SHOWN if llm else 0,
            narrator=narrator,
        )
        yield App(
            settings=settings,
            clock=clock,
            library=library,
            shelf=shelf,
            store=store,
            vault=vault,
            files=files,
            queue=queue,
            bus=bus,
            retriever=retriever,
            blocks=blocks,
            offline=offline,
            live=live,
            model=world.model if llm and isinstance(world.model, OpenAIModel) else None,
            turn=turn,
            renderer=renderer,
            worker=worker,
            limiter=limiter,
            webhooks=Webhooks(store=store, queue=queue, events=bus, clock=clock, vault=vault),
            resumes=Resumes(store=store, queue=queue, events=bus, clock=clock, vault=vault),
            surfaces=SurfaceHost(
                HostParts(
                    settings=settings,
                    store=store,
                    clock=clock,
                    sealer=vault,
                    queue=queue,
                    bus=bus,
                    registry=library.steps,
                    expressions=expressions,
                    knowledge=knowledge,
                    renderer=renderer,
                    turns=Turns(take=turn.handle, apologize=turn.give_up),
                    live=live,
                    public_url=public_url,
                    owner=new_id("srv"),
                    time_zone=time_zone_of(settings),
                    sweep_s=_SURFACE_SWEEP_S,
                )
            ),
        )
