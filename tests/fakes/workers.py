"""Workers that work when they are told to, in a world that stays in memory, but for the files folder."""

from __future__ import annotations

from catalog.expression import Expressions
from store.port import EventBus
from store.vault import Vault
from tests.fakes.clock import FixedClock
from tests.fakes.step_context import MemoryDatabase, MemoryHttp, MemoryMailBox, MemoryModel
from tests.fakes.talk import Talk
from tools.outbound import Files
from worker.engine import Engine
from worker.ports import World
from worker.service import make_desk


class Workers:
    """Those of one conversation. `events` is where it is told what they changed."""

    def __init__(self, talk: Talk, clock: FixedClock, events: EventBus, files: Files) -> None:
        self._store = talk.store
        self._clock = clock
        world = World(
            http=MemoryHttp(),
            mail=MemoryMailBox(),
            database=MemoryDatabase(),
            files=files,
            model=MemoryModel(),
        )
        desk = make_desk(
            store=talk.store,
            queue=talk.queue,
            events=events,
            clock=clock,
            registry=talk.knowledge.step_types,
            vault=Vault([f"{'A' * 43}="]),
            world=world,
        )
        self._engine = Engine(desk=desk, expressions=Expressions(), lease_s=15.0)

    async def work(self, later_s: float = 0.0) -> None:
        """So much later, let all runs that are due go on as far as they do."""
        self._clock.move(later_s)
        async with self._store.begin() as records:
            due = await records.runs.due(self._clock.now())
        for one in due:
            await self._engine.advance(one.id)
