"""One turn: an inbound comes in, is understood, is played in one transaction, and is answered. The one place of the
conversation where an unexpected error ends. Decides nothing itself.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from weakref import WeakValueDictionary

from agent import handing, intake
from agent.command import Link
from agent.dialogue import Dialogue
from agent.inbound import HandedFile, Inbound, Press, Text
from agent.interpreter import Interpretation, Interpreter, Spoken
from agent.knowledge import Knowledge
from agent.listening import is_answered, start_on_message
from agent.narrator import Narrator
from agent.phrases import literal, shorten
from agent.renderer import Renderer
from agent.reply import Reply, TextPart
from agent.scene import Scene
from agent.state import load_state
from agent.understanding import Heard, Understanding, Understood, spoken_of
from core.errors import NotFoundError, StaleError, UserError
from core.ids import new_id
from store.port import Event, EventBus, Records, RunQueue, Store
from store.record import Author, Conversation, Delivery, JsonObject, Message, Person

_log = logging.getLogger(__name__)
_TITLE_LENGTH = 60
_TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A turn that was taken: its replies, and how the text was understood (none for presses, forms, repetitions)."""

    replies: list[Reply]
    interpretation: Interpretation | None = None


class Turn:
    """Takes turns. Turns of one conversation follow one another; across processes the store's revision decides.

    `turns_shown` is how many earlier messages the interpreter is shown; `narrator` writes answers, where there is one.
    """

    def __init__(
        self,
        *,
        store: Store,
        knowledge: Knowledge,
        interpreter: Interpreter,
        renderer: Renderer,
        queue: RunQueue,
        bus: EventBus,
        turns_shown: int = 0,
        narrator: Narrator | None = None,
    ) -> None:
        self._turns_shown = turns_shown
        self._store = store
        self._knowledge = knowledge
        self._understanding = Understanding(knowledge, interpreter, store, narrator)
        self._renderer = renderer
        self._queue = queue
        self._bus = bus
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def handle(self, inbound: Inbound) -> list[Reply]:
        """Answer one inbound. A repeated delivery gets the same replies again and does nothing twice.

        Raises NotFoundError for a conversation or person that does not exist; nothing else.
        """
        return (await self.take(inbound)).replies

    async def take(self, inbound: Inbound) -> Taken:
        """As `handle`, with the interpretation."""
        lock = self._locks.setdefault(inbound.conversation_id, asyncio.Lock())
        async with lock:
            try:
                return await self._take(inbound)
            except NotFoundError:
                raise
            except UserError as error:
                return Taken(replies=await self._apologize(inbound, literal(error.message)))
            except Exception:  # noqa: BLE001  # a surface's turn: whatever it was, the person gets an answer
                reference = secrets.token_hex(4)
                _log.exception("turn failed, reference %s", reference)
                sentence = self._knowledge.phrases("en")("error.bug", reference=reference)
                return Taken(replies=await self._apologize(inbound, sentence))

    async def give_up(self, inbound: Inbound, reference: str) -> None:
        """Say that this could not be dealt with, unless it was answered after all."""
        async with self._store.begin() as records:
            if await records.conversations.delivery(inbound.surface, inbound.delivery_id) is not None:
                return
        await self._apologize(inbound, self._knowledge.phrases("en")("error.bug", reference=reference))

    async def _take(self, inbound: Inbound) -> Taken:
        for attempt in range(_TRIES):
            heard = await self._hear(inbound)
            if isinstance(heard, list):
                return Taken(replies=heard)
            understood = await self._understanding.understand(inbound.content, heard)
            try:
                replies, scene = await self._play(inbound, heard, understood)
            except StaleError:
                # Another process took a turn of this conversation in between: look again at what is current.
                if attempt + 1 == _TRIES:
                    raise
                continue
            await self._tell(scene)
            return Taken(replies=replies, interpretation=understood.interpretation)
        raise AssertionError("unreachable")

    async def _hear(self, inbound: Inbound) -> Heard | list[Reply]:
        """What there is to know; the replies when this delivery was answered before."""
        async with self._store.begin() as records:
            delivery = await records.conversations.delivery(inbound.surface, inbound.delivery_id)
            conversation = await records.conversations.get(inbound.conversation_id)
            person = await records.people.get(inbound.person_id)
            if conversation is None or person is None:
                raise NotFoundError
            if delivery is not None:
                return await self._again(records, delivery, person)
            await self._knowledge.templates.refresh(records)
            workflows = await records.workflows.of_person(person.id)
            requests = await records.approval_requests.open_in(conversation.id)
            turns = await self._turns(records, conversation)
        return Heard(
            conversation=conversation,
            person=person,
            state=load_state(conversation.state),
            workflows=workflows,
            is_asked=any(person.id in one.approvers for one in requests),
            turns=turns,
            delivery=f"{inbound.surface}:{inbound.delivery_id}",
        )

    async def _turns(self, records: Records, conversation: Conversation) -> list[Spoken]:
        """The last messages, as far as they have words; none unless the interpreter looks back."""
        if not self._turns_shown:
            return []
        messages = await records.conversations.messages(conversation.id, limit=self._turns_shown)
        return [spoken for message in messages if (spoken := spoken_of(message)) is not None]

    async def _again(self, records: Records, delivery: Delivery, person: Person) -> list[Reply]:
        found = [await records.conversations.message(one) for one in delivery.message_ids]
        messages = [one for one in found if one is not None]
        return await self._renderer.render(records, messages, person, self._knowledge.clock.now())

    async def _play(self, inbound: Inbound, heard: Heard, understood: Understood) -> tuple[list[Reply], Scene]:
        """Everything that the turn changes, in one transaction."""
        now = self._knowledge.clock.now()
        if understood.interpretation is not None and understood.interpretation.language:
            heard.state.language = understood.interpretation.language
        async with self._store.begin() as records:
            scene = Scene(
                knowledge=self._knowledge,
                records=records,
                conversation=heard.conversation,
                person=heard.person,
                now=now,
                state=heard.state,
                is_press=not isinstance(inbound.content, Text),
                below=inbound.below,
                prose=understood.prose,
                earlier=inbound.content.earlier if isinstance(inbound.content, Text) else (),
            )
            files = _files(inbound)
            if understood.line is not None:
                await self._log(scene, handing.said(understood.line, files))
            for note in understood.notes:
                scene.say(note)
            if not isinstance(inbound.content, Press):
                handing.tell_problems(scene, inbound.content.files)
            is_text = understood.line is not None and isinstance(inbound.content, Text)
            delivery = f"{inbound.surface}:{inbound.delivery_id}"
            line = handing.line_of(understood.line or "", files)
            has_started = is_text and await start_on_message(scene, line, delivery=delivery)
            if has_started and is_answered(scene, understood):
                pass
            elif understood.commands or not scene.said:
                await Dialogue(scene).apply(understood.commands)
            messages = await self._save(inbound, scene, understood)
            return await self._renderer.render(records, messages, heard.person, now), scene

    async def _log(self, scene: Scene, part: JsonObject) -> None:
        message = Message(
            id=new_id("msg"),
            conversation_id=scene.conversation.id,
            author=Author.PERSON,
            parts=[part],
            at=scene.now,
            person_id=scene.person.id,
        )
        await scene.records.conversations.append(message)
        scene.events.append(Event(conversation_id=scene.conversation.id, message_id=message.id))

    async def _save(self, inbound: Inbound, scene: Scene, understood: Understood) -> list[Message]:
        """The answer, the state and the delivery. Raises StaleError when another process was first."""
        conversations = scene.records.conversations
        messages = await scene.append_drafts()
        again = [await conversations.message(one) for one in scene.again]
        messages += [one for one in again if one is not None]
        delivery = Delivery(
            surface=inbound.surface,
            delivery_id=inbound.delivery_id,
            conversation_id=scene.conversation.id,
            message_ids=[message.id for message in messages],
            at=scene.now,
        )
        if not await conversations.add_delivery(delivery):
            raise StaleError
        title = scene.conversation.title or shorten(_name_of(understood, _files(inbound)), _TITLE_LENGTH)
        await conversations.save(
            replace(scene.conversation, title=title, state=scene.state.to_json(), updated_at=scene.now)
        )
        return messages

    async def _tell(self, scene: Scene) -> None:
        """Wake and publish what is durable now. A lost wake-up loses nothing, so a failure here is no failed turn."""
        try:
            for run in scene.wakes.values():
                await self._queue.wake(run)
            if scene.has_new_trigger:
                await self._queue.wake_scheduler()
            await self._bus.publish(*dict.fromkeys(scene.events))
        except Exception:  # noqa: BLE001  # the turn is saved: this must not make it look failed
            _log.exception("a turn is saved, but nobody could be told of it")

    async def _apologize(self, inbound: Inbound, sentence: str) -> list[Reply]:
        """Say what went wrong, in the log if it can be written. What the turn did was undone with its transaction."""
        part = TextPart(text=sentence, tone="error")
        message = Message(
            id=new_id("msg"),
            conversation_id=inbound.conversation_id,
            author=Author.ERRAND,
            parts=[{"kind": "text", "text": sentence, "tone": "error"}],
            at=self._knowledge.clock.now(),
            below=inbound.below,
        )
        try:
            async with self._store.begin() as records:
                if (part_said := _said(inbound)) is not None:
                    await records.conversations.append(
                        replace(
                            message,
                            id=new_id("msg"),
                            author=Author.PERSON,
                            person_id=inbound.person_id,
                            parts=[part_said],
                        )
                    )
                message = await records.conversations.append(message)
                await records.conversations.add_delivery(
                    Delivery(
                        surface=inbound.surface,
                        delivery_id=inbound.delivery_id,
                        conversation_id=inbound.conversation_id,
                        message_ids=[message.id],
                        at=message.at,
                    )
                )
        except Exception:  # noqa: BLE001  # what failed may be the store itself: the person still gets the sentence
            _log.exception("the apology could not be written")
        return [Reply(message_id=message.id, seq=message.seq, parts=[part])]


def _files(inbound: Inbound) -> Sequence[HandedFile]:
    """Those that came with words."""
    return inbound.content.files if isinstance(inbound.content, Text) else ()


def _said(inbound: Inbound) -> JsonObject | None:
    """What stands in the log for words that could not be dealt with; none for presses and forms, and where there are none."""
    if not isinstance(inbound.content, Text):
        return None
    text = intake.cut(intake.clean(inbound.content.text))[0]
    return handing.said(text, inbound.content.files) if text or inbound.content.files else None


def _name_of(understood: Understood, files: Sequence[HandedFile]) -> str:
    """What a conversation is called that begins like this; a code that was typed names none."""
    is_code = any(isinstance(one, Link) and one.code for one in understood.commands)
    return "" if is_code else handing.line_of(understood.line or "", files)
