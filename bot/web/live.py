"""The live side of conversations: one subscription to the event bus, fanned out to the open sockets. Sends nothing itself.

Events carry ids only and may be lost: a line reads the records whenever it is told that there may be something.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from bot.following import follow
from bot.web.line import Line
from bot.web.service import WebServices
from core.errors import ErrandError
from store.port import Event
from store.record import Card, Shows

_UPDATE_GAP_S = 0.1
SIGNED_OUT = 4401


class Hub:
    """All open lines of this process."""

    def __init__(self, services: WebServices) -> None:
        self._services = services
        self._lines: defaultdict[str, set[Line]] = defaultdict(set)
        self._changed: set[tuple[Shows, str]] = set()
        self._touched: set[str] = set()
        self._has_changes = asyncio.Event()
        services.live.listen(self._write)

    @asynccontextmanager
    async def open(self, line: Line) -> AsyncIterator[Line]:
        """Keep a line told of its conversation while the block lasts."""
        self._lines[line.conversation_id].add(line)
        try:
            yield line
        finally:
            self._lines[line.conversation_id].discard(line)
            if not self._lines[line.conversation_id]:
                del self._lines[line.conversation_id]

    async def run(self) -> None:
        """Follow the bus until cancelled; when it breaks, follow it again and look at everything once."""
        async with asyncio.TaskGroup() as group:
            group.create_task(follow(self._services.bus, self._services.clock, self._note, begun=self._look_again))
            group.create_task(self._spread())

    def _look_again(self) -> None:
        """What was told before this may have been missed."""
        for line in self._all():
            line.news()

    def _note(self, event: Event) -> None:
        if event.message_id or event.workflow_id:
            for line in self._lines.get(event.conversation_id, ()):
                line.touch({event.message_id} if event.message_id else set())
                line.news()
        if self._lines and event.run_id:
            self._changed.add((Shows.RUN, event.run_id))
        if self._lines and event.workflow_id:
            self._changed.add((Shows.WORKFLOW, event.workflow_id))
        if self._lines and event.conversation_id and not event.run_id and not event.workflow_id:
            self._touched.add(event.conversation_id)
        if self._changed or self._touched:
            self._has_changes.set()

    def _write(self, conversation_id: str, text: str) -> None:
        for line in self._lines.get(conversation_id, ()):
            line.writing(text)

    async def _spread(self) -> None:
        """Tell lines which of their messages changed, at most ten times a second; the last change is never dropped."""
        while True:
            await self._has_changes.wait()
            self._has_changes.clear()
            changed, self._changed = self._changed, set()
            touched, self._touched = self._touched, set()
            # A store that fails now is asked again at the next beat: unfinished cards are looked at then.
            with suppress(ErrandError):
                for card in await self._cards(changed):
                    for line in self._lines.get(card.conversation_id, ()):
                        line.touch({card.message_id})
                await self._tell_elsewhere(touched)
            await self._services.clock.sleep(_UPDATE_GAP_S)

    async def _tell_elsewhere(self, conversation_ids: set[str]) -> None:
        """Tell the other lines of the people whose conversations these are."""
        if not conversation_ids:
            return
        async with self._services.store.begin() as records:
            owners = await records.conversations.owners(conversation_ids)
        for conversation_id, person_id in owners.items():
            for line in self._all():
                if line.person_id == person_id and line.conversation_id != conversation_id:
                    line.elsewhere()

    async def _cards(self, subjects: set[tuple[Shows, str]]) -> list[Card]:
        async with self._services.store.begin() as records:
            return [card for subject in sorted(subjects) for card in await records.cards.of_subject(*subject)]

    def close_session(self, session_id: str) -> None:
        """End the sockets of a session that was signed out."""
        for line in self._all():
            if line.session_id == session_id:
                line.close(SIGNED_OUT)

    def _all(self) -> list[Line]:
        return [line for lines in self._lines.values() for line in lines]
