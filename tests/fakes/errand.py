"""All of Errand that a web server or a terminal needs, made of a conversation for tests: real turns, a bus within the process."""

from __future__ import annotations

from agent.inbound import Inbound
from agent.reply import Reply
from agent.turn import Turn
from core.clock import Clock
from store.port import Store
from store.record import Message, Person
from tests.fakes.bus import LocalBus
from tests.fakes.talk import Talk


class TalkErrand:
    """`bus` carries what its turns change."""

    def __init__(self, talk: Talk, clock: Clock) -> None:
        self.store: Store = talk.store
        self.clock = clock
        self.bus = LocalBus()
        self._renderer = talk.renderer
        self._turn = Turn(
            store=talk.store,
            knowledge=talk.knowledge,
            interpreter=talk.interpreter,
            renderer=talk.renderer,
            queue=talk.queue,
            bus=self.bus,
        )

    async def answer(self, inbound: Inbound) -> list[Reply]:
        return await self._turn.handle(inbound)

    async def render(self, messages: list[Message], person: Person) -> list[Reply]:
        async with self.store.begin() as records:
            return await self._renderer.render(records, messages, person, self.clock.now())
