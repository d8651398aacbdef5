"""Opens what understands without a model: the shelf of templates, the indexes that find them, the offline interpreter."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from agent.offline.interpreter import OfflineInterpreter
from agent.shelf import Shelf
from bot.index import BackgroundRetriever
from bot.library import Library
from core.settings import Settings
from tools.guard import AddressGuard


@dataclass(frozen=True, slots=True, kw_only=True)
class Understanding:
    """What is put on the shelf is found and understood from then on. `blocks` finds what automations are composed of."""

    shelf: Shelf
    retriever: BackgroundRetriever
    blocks: BackgroundRetriever
    offline: OfflineInterpreter

    async def warm_up(self) -> None:
        """Open and learn what the first message would otherwise wait for: one after the other, because what is learned
        takes the processor from those who are answered meanwhile.
        """
        await self.offline.wait_until_ready()
        await self.retriever.wait_until_ready()
        await self.blocks.wait_until_ready()


@asynccontextmanager
async def open_understanding(settings: Settings, library: Library, guard: AddressGuard) -> AsyncIterator[Understanding]:
    """The indexes open in the background."""
    shelf = Shelf(library.catalog.templates, uses_words=settings.learning)
    retriever = BackgroundRetriever(settings, library.catalog)
    blocks = BackgroundRetriever(settings, library.catalog.block_templates(), name="blocks")
    async with AsyncExitStack() as stack:
        stack.push_async_callback(retriever.close)
        stack.push_async_callback(blocks.close)
        offline = OfflineInterpreter(
            library.catalog, retriever, blocks, guard=guard, connectors=list(library.connectors)
        )
        shelf.follow(offline.update)
        shelf.follow(retriever.update)
        yield Understanding(shelf=shelf, retriever=retriever, blocks=blocks, offline=offline)
