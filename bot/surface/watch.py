"""Hears of changes on the event bus, and makes due what shows them on outside surfaces. Shows nothing itself.

Events may be lost: what shows something unfinished is looked at again anyway.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from bot.following import follow
from core.clock import Clock
from core.errors import ErrandError
from store.port import Event, EventBus, Store
from store.record import Shows

_log = logging.getLogger(__name__)
_GAP_S = 0.2


class Watch:
    """`news` is called when something has become due, `stopped` when no more is to be written in a conversation."""

    def __init__(
        self,
        *,
        store: Store,
        bus: EventBus,
        clock: Clock,
        news: Callable[[], None],
        stopped: Callable[[str], None],
    ) -> None:
        self._store = store
        self._bus = bus
        self._clock = clock
        self._news = news
        self._stopped = stopped
        self._messages: set[str] = set()
        self._subjects: set[tuple[Shows, str]] = set()
        self._has_changes = asyncio.Event()

    async def run(self) -> None:
        """Follow the bus until cancelled; when it breaks, follow it again."""
        async with asyncio.TaskGroup() as group:
            group.create_task(follow(self._bus, self._clock, self._note))
            group.create_task(self._spread())

    def _note(self, event: Event) -> None:
        if event.stops_writing:
            self._stopped(event.conversation_id)
        if event.message_id:
            self._messages.add(event.message_id)
        if event.run_id:
            self._subjects |= {(Shows.RUN, event.run_id), (Shows.TRACE, event.run_id)}
        if event.workflow_id:
            self._subjects.add((Shows.WORKFLOW, event.workflow_id))
        self._has_changes.set()

    async def _spread(self) -> None:
        """Many changes in a short time are one."""
        while True:
            await self._has_changes.wait()
            self._has_changes.clear()
            messages, self._messages = self._messages, set()
            subjects, self._subjects = self._subjects, set()
            try:
                if await self._touch(messages, subjects):
                    self._news()
            except ErrandError as error:
                _log.warning("What has changed could not be looked up: %s", error)
            await self._clock.sleep(_GAP_S)

    async def _touch(self, messages: set[str], subjects: set[tuple[Shows, str]]) -> int:
        async with self._store.begin() as records:
            for subject in sorted(subjects):
                messages |= {card.message_id for card in await records.cards.of_subject(*subject)}
            return await records.postings.touch(sorted(messages), at=self._clock.now())
