"""Opens what all of Errand stands on: records, world, Redis, understanding. Makes no turn, no worker and no surface of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import tzlocal

from agent.knowledge import Knowledge
from agent.renderer import Renderer
from bot.knowledge import make_knowledge
from bot.library import Library
from bot.records import open_store, open_vault
from bot.understanding import Understanding, open_understanding
from bot.wake import Wake, open_wake
from bot.world import open_world
from catalog.expression import Expressions
from core.clock import Clock
from core.settings import Settings
from store.sql.store import SqlStore
from store.vault import Vault
from tools.files import FolderFiles
from tools.guard import AddressGuard
from tools.model import OpenAIModel
from worker.ports import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """All of it, open. `public_url` is where people reach the web panel."""

    settings: Settings
    clock: Clock
    library: Library
    public_url: Callable[[], str]
    store: SqlStore
    vault: Vault
    files: FolderFiles
    world: World
    wake: Wake
    understanding: Understanding
    expressions: Expressions
    knowledge: Knowledge
    renderer: Renderer

    @property
    def model(self) -> OpenAIModel | None:
        """There when it reads what people write."""
        model = self.world.model
        return model if self.settings.has_llm and isinstance(model, OpenAIModel) else None

    @property
    def time_zone(self) -> str:
        """The time zone of people of whom nothing is known yet."""
        return (self.settings.time_zone or tzlocal.get_localzone_name() or "UTC").removeprefix("Etc/")


@asynccontextmanager
async def open_ground(
    settings: Settings, library: Library, *, redis_url: str, public_url: Callable[[], str], clock: Clock
) -> AsyncIterator[Ground]:
    """Open all parts, close them in reverse order. The indexes open in the background.

    Raises ConfigError and StoreError.
    """
    async with AsyncExitStack() as stack:
        store = await open_store(settings)
        stack.push_async_callback(store.close)
        vault, expressions, guard = open_vault(settings), Expressions(), AddressGuard(settings.allow_hosts)
        files = FolderFiles(settings.files, settings.outbound_limit_bytes)
        wake = await stack.enter_async_context(open_wake(settings, redis_url, clock))
        world = await stack.enter_async_context(open_world(settings, files, clock))
        understanding = await stack.enter_async_context(open_understanding(settings, library, guard))
        async with store.begin() as records:
            await understanding.shelf.refresh(records)
        knowledge = make_knowledge(
            library,
            understanding.shelf,
            sealer=vault,
            expressions=expressions,
            public_url=public_url,
            clock=clock,
            guard=guard,
            learns=settings.learning,
        )
        yield Ground(
            settings=settings,
            clock=clock,
            library=library,
            public_url=public_url,
            store=store,
            vault=vault,
            files=files,
            world=world,
            wake=wake,
            understanding=understanding,
            expressions=expressions,
            knowledge=knowledge,
            renderer=Renderer(knowledge),
        )
