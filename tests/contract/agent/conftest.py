"""The whole conversation with the real catalog and the offline interpreter, on SQLite."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from agent.offline.interpreter import OfflineInterpreter
from agent.offline.recurrence import schedule_of
from agent.shelf import Shelf
from catalog.block_loader import BLOCKS, load_blocks
from catalog.loader import TEMPLATES, Catalog, load_catalog
from catalog.retrieval.embedding import LocalEmbedding
from catalog.retrieval.hybrid import HybridRetriever
from catalog.retrieval.port import Entry
from store.record import Role
from tests.fakes.clock import FixedClock
from tests.fakes.little_catalog import make_knowledge
from tests.fakes.openai_server import OpenAIServer
from tests.fakes.talk import Talk, make_store
from tools.connector import load_connectors
from tools.guard import AddressGuard
from tools.registry import load_steps


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    steps, connectors = load_steps(), load_connectors()
    return replace(load_catalog([TEMPLATES], steps, connectors), blocks=load_blocks(BLOCKS, steps, connectors))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def retriever(tmp_path_factory: pytest.TempPathFactory, catalog: Catalog) -> AsyncIterator[HybridRetriever]:
    """One for all tests: opening the index costs more than a conversation."""
    retriever = HybridRetriever(catalog, LocalEmbedding(), folder=tmp_path_factory.mktemp("index"))
    await retriever.wait_until_ready()
    yield retriever
    await retriever.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def interpreter(
    tmp_path_factory: pytest.TempPathFactory, catalog: Catalog, retriever: HybridRetriever
) -> AsyncIterator[OfflineInterpreter]:
    folder = tmp_path_factory.mktemp("blocks")
    blocks = HybridRetriever(catalog.block_templates(), LocalEmbedding(), folder=folder, name="blocks")
    await blocks.wait_until_ready()
    yield OfflineInterpreter(catalog, retriever, blocks, guard=AddressGuard([]), connectors=list(load_connectors()))
    await blocks.close()


@pytest.fixture
async def server() -> AsyncIterator[OpenAIServer]:
    async with OpenAIServer() as running:
        yield running


@asynccontextmanager
async def open_talk(
    tmp_path: Path, clock: FixedClock, catalog: Catalog, interpreter: OfflineInterpreter, retriever: HybridRetriever
) -> AsyncIterator[Talk]:
    shelf, changed = Shelf(catalog.templates), set[str]()
    for follower in (interpreter.update, retriever.update, changed.update):
        shelf.follow(follower)
    knowledge = replace(make_knowledge(clock), templates=shelf, step_types=load_steps(), read_schedule=schedule_of)
    store = await make_store(tmp_path)
    talk = Talk(store, knowledge, interpreter, tmp_path / "talk.db")
    await talk.add_person("usr_ana", "Ana", Role.MEMBER, "UTC")
    await talk.add_conversation("cnv_1", "usr_ana")
    yield talk
    await store.close()
    # What was learned here is forgotten again: the indexes are every test's.
    before = {one: Entry(template=catalog.templates[one]) if one in catalog.templates else None for one in changed}
    interpreter.update(before)
    retriever.update(before)


@pytest.fixture
async def talk(
    tmp_path: Path, clock: FixedClock, catalog: Catalog, interpreter: OfflineInterpreter, retriever: HybridRetriever
) -> AsyncIterator[Talk]:
    async with open_talk(tmp_path, clock, catalog, interpreter, retriever) as opened:
        yield opened
