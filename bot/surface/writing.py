"""Shows what Errand is writing on surfaces that show unfinished texts, and gives its place to the message that follows. A
courtesy within one process: what goes wrong here costs nobody their answer.

While something is being written its channel's lane is held, so that nobody posts the message beside its own beginning. Then the
message's posting says that it is there already, and whoever delivers makes it what the records say. What a process that died
has begun is taken away when its turn is taken again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from agent.live_text import LiveText, whole_sentences
from agent.reply import Reply
from bot.surface.hold import LEASE
from bot.surface.port import Surface, Writer
from core.clock import Clock
from core.errors import ErrandError, StoreError
from store.port import Event, EventBus, Store
from store.record import Place

_log = logging.getLogger(__name__)
MOST_HELD_BACK = 256
LONGEST_HELD_BACK_S = 0.75
"""So much, or so long, is collected before the surface is called again."""

Turn = Callable[[], Awaitable[list[Reply]]]


class Writings:
    """What is being written at this moment in this process."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        bus: EventBus,
        live: LiveText,
        owner: str,
        surfaces: Mapping[str, Surface],
    ) -> None:
        self._store = store
        self._clock = clock
        self._bus = bus
        self._live = live
        self._owner = f"{owner} writes"
        self._surfaces = surfaces
        self._open: dict[str, _Writing] = {}
        live.listen(self._written)

    async def during(self, place: Place, conversation_id: str, turn: Turn, *, is_repeat: bool) -> list[Reply]:
        """Take a turn, and show meanwhile what is written in it, to somebody who is alone with Errand there."""
        surface = self._surfaces.get(place.surface)
        writer = surface.writer if surface else None
        if writer is None or not place.is_direct or not place.thread:
            return await turn()
        lane = _Lane(self._store, self._clock, self._owner, place)
        writing = _Writing(writer, place, lane, is_repeat=is_repeat)
        self._open[conversation_id] = writing
        task = asyncio.create_task(self._accompany(writing), name=f"writing {conversation_id}")
        replies: list[Reply] = []
        try:
            replies = await turn()
        finally:
            del self._open[conversation_id]
            writing.finish(replies)
            await asyncio.wait([task])
            if error := task.exception():
                _log.error("%s broke", task.get_name(), exc_info=error)
        return replies

    async def stop(self, conversation_id: str) -> None:
        """The reader has read enough, in whichever process it is being written."""
        self._live.stop(conversation_id)
        await self._bus.publish(Event(conversation_id=conversation_id, stops_writing=True))

    def _written(self, conversation_id: str, text: str) -> None:
        if (writing := self._open.get(conversation_id)) is not None:
            writing.hear(whole_sentences(text))

    async def _accompany(self, writing: _Writing) -> None:
        """What was written becomes the first message of the answer; else it is taken away."""
        try:
            await writing.run()
            is_needed = await self._adopted(writing)
            await writing.clear(await self._known(writing.replies), is_needed=is_needed)
        except (ErrandError, TimeoutError) as error:
            _log.warning("What was being written could not be cleared away: %s", error)
        finally:
            with suppress(StoreError):
                await writing.lane.release()

    async def _adopted(self, writing: _Writing) -> bool:
        """Whether the message is where its beginning was; not where somebody else may have posted it meanwhile."""
        if not writing.external_id or not writing.replies or not await writing.lane.hold():
            return False
        async with self._store.begin() as records:
            posting = await records.postings.get(writing.replies[0].message_id)
            if posting is None or posting.external_id or posting.attempts:
                return False
            await records.postings.settle(replace(posting, external_id=writing.external_id), seen=posting.due_at)
        return True

    async def _known(self, replies: Sequence[Reply]) -> set[str]:
        """Where the messages of this answer are."""
        async with self._store.begin() as records:
            found = [await records.postings.get(one.message_id) for one in replies]
        return {one.external_id for one in found if one is not None and one.external_id}


@dataclass(slots=True)
class _Lane:
    """The right to post into a channel, held while something is written there."""

    store: Store
    clock: Clock
    owner: str
    place: Place
    is_held: bool = False

    async def hold(self) -> bool:
        now = self.clock.now()
        async with self.store.begin() as records:
            self.is_held = await records.postings.claim(
                self.place.surface, self.place.lane, self.owner, now=now, until=now + LEASE
            )
        return self.is_held

    async def release(self) -> None:
        if not self.is_held:
            return
        async with self.store.begin() as records:
            now = self.clock.now()
            await records.postings.release(self.place.surface, self.place.lane, self.owner, rest_until=now)

    async def is_posted(self, external_id: str) -> bool:
        """Whether a message of the log is there under this id."""
        async with self.store.begin() as records:
            found = await records.postings.by_external(self.place.surface, self.place.lane, external_id)
        return found is not None


class _Writing:
    """One text, from its first words to the message that follows."""

    def __init__(self, writer: Writer, place: Place, lane: _Lane, *, is_repeat: bool) -> None:
        self._writer = writer
        self._place = place
        self.lane = lane
        self.external_id = ""
        self._text = ""
        self._shown = ""
        self._news = asyncio.Event()
        self.replies: Sequence[Reply] = ()
        self._is_over = False
        self._leaves_some = is_repeat
        """Whether there may be beginnings of which nobody here knows."""

    def hear(self, text: str) -> None:
        """The whole text as it is now. What was shown once cannot be taken back: only more of the same is of use."""
        if len(text) > len(self._text) and text.startswith(self._shown):
            self._text = text
            self._news.set()

    def finish(self, replies: Sequence[Reply]) -> None:
        """Nothing more comes but these."""
        self.replies, self._is_over = replies, True
        self._news.set()

    async def run(self) -> None:
        while await self._has_more():
            try:
                await self._show()
            except (ErrandError, TimeoutError) as error:
                _log.info("What is being written is not shown any more: %s", error)
                self._leaves_some = True
                return

    async def _has_more(self) -> bool:
        """Wait until there is enough to show; false when nothing more comes."""
        await self._news.wait()
        self._news.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_HELD_BACK_S):
                while not self._is_over and len(self._text) - len(self._shown) < MOST_HELD_BACK:
                    await self._news.wait()
                    self._news.clear()
        return not self._is_over

    async def _show(self) -> None:
        text = self._text
        if text == self._shown or not await self.lane.hold():
            return
        self.external_id = await self._writer.write(self._place, self.external_id, self._shown, text)
        self._shown = text

    async def clear(self, known: set[str], *, is_needed: bool) -> None:
        """Take away what is no message's beginning. `known` are messages that are there."""
        if self.external_id and not is_needed:
            await self._writer.take_away(self._place, self.external_id)
        if not self._leaves_some:
            return
        known = {*known, self.external_id}
        for one in await self._writer.left_over(self._place):
            if not any(_is_part(one, other) for other in known) and not await self.lane.is_posted(one):
                await self._writer.take_away(self._place, one)


def _is_part(external_id: str, of: str) -> bool:
    """Whether one is a message that belongs to another; ids of several have commas."""
    return external_id.rpartition(":")[2] in of.rpartition(":")[2].split(",")
