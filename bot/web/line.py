"""What one open socket is told of its conversation: what is new, what changed, what is being written. Follows no bus.

A line always reads the records from the last `seq` it sent, so what it sends has no gap and no double. Nothing is queued for a
slow socket: it only keeps *that* something is new, and the latest wins.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import orjson

from agent.settled import may_change
from bot.web.markdown import to_html
from bot.web.present import show
from bot.web.service import WebServices
from bot.web.wire import ShownMessage
from core.errors import ErrandError
from store.record import JsonObject

_BACKLOG = 500
_LOOKED_BACK = 100
_CHANGING = ("reference", "form")
_ANSWERS_LIMIT = 100

Sender = Callable[[JsonObject], Awaitable[None]]


class SlowReaderError(ErrandError):
    """The other side does not take what is sent to it."""


class Line:
    """What one open socket still has to be told. `send` may block; then only flags and ids pile up."""

    def __init__(
        self,
        services: WebServices,
        *,
        conversation_id: str,
        session_id: str,
        person_id: str,
        after: int,
        send: Sender,
    ) -> None:
        self.conversation_id = conversation_id
        self.session_id = session_id
        self.person_id = person_id
        self._services = services
        self._send = send
        self._seq = after
        self._has_news = True
        self._has_news_elsewhere = False
        self._stale: set[str] = set()
        self._sent: dict[str, int] = {}
        self._unfinished: set[str] = set()
        self._answers: list[JsonObject] = []
        self._writing = services.live.text_of(conversation_id)
        self._written = ""
        self._wake = asyncio.Event()
        self._closing: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def close(self, code: int) -> None:
        """Ask that the socket is closed with this code."""
        if not self._closing.done():
            self._closing.set_result(code)

    async def closed(self) -> int:
        """Wait until somebody asks for the end; return the code."""
        return await asyncio.shield(self._closing)

    def news(self) -> None:
        """There may be new messages; a turn that wrote them may also have settled what was open."""
        self._has_news = True
        self._stale |= self._unfinished
        self._wake.set()

    def elsewhere(self) -> None:
        """Another conversation of this person has news, or was seen: their list of conversations looks different."""
        self._has_news_elsewhere = True
        self._wake.set()

    def writing(self, text: str) -> None:
        """This is written so far; empty: its message comes now. What was not sent yet is passed over, the newest counts."""
        self._writing = text
        self._wake.set()

    def touch(self, message_ids: set[str]) -> None:
        """These messages may look different now."""
        self._stale |= message_ids
        self._wake.set()

    def answer(self, frame: JsonObject) -> None:
        """Send this after all messages that are in the log by now. Raises SlowReaderError when too many wait."""
        if len(self._answers) >= _ANSWERS_LIMIT:
            raise SlowReaderError
        self._answers.append(frame)
        self.news()

    async def run(self) -> None:
        """Send the backlog, then `live`, then what is new, until cancelled. Raises SlowReaderError."""
        await self._send_changed()
        await self._send_news()
        await self._put({"type": "live", "seq": self._seq})
        await self._send_writing()
        while True:
            try:
                async with asyncio.timeout(self._services.beat_s):
                    await self._wake.wait()
            except TimeoutError:
                self.news()
                await self._put({"type": "beat"})
            self._wake.clear()
            await self._send_pending()

    async def _send_pending(self) -> None:
        answers, self._answers = self._answers, []
        stale, self._stale = self._stale, set()
        seen = self._seq
        if self._has_news:
            await self._send_news()
        await self._send_writing()
        if stale:
            await self._send_updates(stale, until=seen)
        if self._has_news_elsewhere:
            self._has_news_elsewhere = False
            await self._put({"type": "elsewhere"})
        for frame in answers:
            await self._put(frame)

    async def _send_news(self) -> None:
        self._has_news = False
        async with self._services.store.begin() as records:
            person = await records.people.get(self.person_id)
            messages = await records.conversations.messages(self.conversation_id, after=self._seq, limit=_BACKLOG)
        if person and messages:
            await self._put_all("message", await show(self._services, messages, person))
            self._seq = messages[-1].seq

    async def _send_writing(self) -> None:
        """What is being written, whole: a frame that is lost or passed over leaves no gap, and one more makes no double."""
        if self._writing != self._written:
            self._written = self._writing
            if self._written:
                await self._put({"type": "writing", "html": to_html(self._written)})

    async def _send_changed(self) -> None:
        """Cards that were seen before may have changed while nobody looked: show the recent ones as they are now."""
        if not self._seq:
            return
        async with self._services.store.begin() as records:
            person = await records.people.get(self.person_id)
            recent = await records.conversations.messages(
                self.conversation_id, after=max(0, self._seq - _LOOKED_BACK), limit=_BACKLOG
            )
        cards = [
            message
            for message in recent
            if message.seq <= self._seq and any(part["kind"] in _CHANGING for part in message.parts)
        ]
        if person:
            await self._put_all("update", await show(self._services, cards, person))

    async def _send_updates(self, message_ids: set[str], *, until: int) -> None:
        """What is newer than `until` was just sent as it is now."""
        async with self._services.store.begin() as records:
            person = await records.people.get(self.person_id)
            found = [await records.conversations.message(message_id) for message_id in sorted(message_ids)]
        messages = [
            message
            for message in found
            if message and message.conversation_id == self.conversation_id and message.seq <= until
        ]
        if person:
            await self._put_all("update", await show(self._services, messages, person))

    async def _put_all(self, kind: str, messages: list[ShownMessage]) -> None:
        for message in messages:
            frame: JsonObject = {"type": kind, "message": message.model_dump(mode="json")}
            digest = hash(orjson.dumps(frame["message"]))
            if self._sent.get(message.message_id) == digest:
                continue
            self._sent[message.message_id] = digest
            self._unfinished.discard(message.message_id)
            if any(may_change(part) for part in message.parts):
                self._unfinished.add(message.message_id)
            await self._put(frame)

    async def _put(self, frame: JsonObject) -> None:
        try:
            async with asyncio.timeout(self._services.slow_reader_s):
                await self._send(frame)
        except TimeoutError:
            raise SlowReaderError from None
