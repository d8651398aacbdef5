"""What the conversation knows besides the records, and who renders them: also for commands that only look."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from agent.knowledge import Knowledge
from agent.offline.general import generalise_text
from agent.offline.recurrence import schedule_of
from agent.renderer import Renderer
from agent.schedule_words import describe_schedule
from agent.shelf import Shelf
from bot.library import Library, read_library
from bot.records import open_store, open_vault
from catalog.expression import Expressions
from core.clock import Clock, SystemClock
from core.settings import Settings
from store.sql.store import SqlStore
from store.vault import Vault
from tools.guard import AddressGuard

_FAVOURITES = ("chat.remind", "web.site-down", "email.recurring", "webhook.to-chat")
"""Whose sentences are suggested first to somebody who asks what Errand can do."""


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
    """The records and who renders them, without Redis, worker or index."""
    store = await open_store(settings)
    try:
        library = read_library(settings)
        knowledge = make_knowledge(
            library,
            Shelf(library.catalog.templates),
            sealer=open_vault(settings),
            expressions=Expressions(),
            public_url=lambda: settings.public_url,
            clock=SystemClock(),
            guard=AddressGuard(settings.allow_hosts),
        )
        yield store, Renderer(knowledge)
    finally:
        await store.close()
