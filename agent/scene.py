"""One turn while it is being played: the records of its transaction, the state, what has been said so far and what
is to be told to others once it is durable. Decides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import JsonValue

from agent.knowledge import Knowledge
from agent.phrases import Markdown, Phrases
from agent.reply import Action, Choice, ChoicesPart, Part, Style, TextPart
from agent.state import DialogueState, Question, Task
from agent.viewer import Viewer
from catalog.workflow import Template
from core.ids import new_id
from store.port import Event, Records
from store.record import (
    AuditEvent,
    Author,
    Card,
    Conversation,
    JsonObject,
    Message,
    Person,
    Role,
    Run,
    Shows,
    WorkflowRecord,
    reference,
)


@dataclass(slots=True, kw_only=True)
class Draft:
    """A message being written; `subjects` are the cards in it. `is_for_one`: nobody but the speaker is to see it."""

    id: str = field(default_factory=lambda: new_id("msg"))
    parts: list[JsonObject] = field(default_factory=list)
    subjects: list[tuple[Shows, str]] = field(default_factory=list)
    is_for_one: bool = False


def zone_of(person: Person) -> ZoneInfo:
    """The person's time zone; UTC when it is unknown to this machine."""
    try:
        return ZoneInfo(person.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


@dataclass(slots=True, kw_only=True)
class Scene:
    """`person` speaks, or has pressed a button (`is_press`); the conversation may be somebody else's. `prose` is what a
    narrator wrote in answer to a question, `earlier` what was said here before Errand was called.

    `wakes`, `has_new_trigger` and `events` are acted on after the commit.
    """

    knowledge: Knowledge
    records: Records
    conversation: Conversation
    person: Person
    now: datetime
    state: DialogueState
    is_press: bool = False
    below: str = ""
    prose: str = ""
    earlier: Sequence[str] = ()
    drafts: list[Draft] = field(default_factory=list)
    again: list[str] = field(default_factory=list)
    wakes: dict[str, Run] = field(default_factory=dict)
    has_new_trigger: bool = False
    events: list[Event] = field(default_factory=list)

    @property
    def phrases(self) -> Phrases:
        """In the language of the conversation; until that is known, in the person's own."""
        return self.knowledge.phrases(self.state.language or self.person.locale)

    @property
    def zone(self) -> ZoneInfo:
        return zone_of(self.person)

    @property
    def viewer(self) -> Viewer:
        """Who looks at what is said, for sentences that are made of records: all who read here."""
        return Viewer(
            knowledge=self.knowledge,
            phrases=self.phrases,
            zone=self.zone,
            now=self.now,
            person_id=self.person.id,
            is_for_all=self.conversation.is_shared,
        )

    def template_of(self, task: Task) -> Template | None:
        """What a task fills; none when it has left the catalog."""
        return self.knowledge.template_of(task.template_id, task.template)

    @property
    def said(self) -> bool:
        return bool(self.again) or any(draft.parts for draft in self.drafts)

    def may_decide(self, owner_id: str) -> bool:
        """Whether the speaker may decide over what belongs to `owner_id`."""
        return self.person.id == owner_id or self.person.role is Role.OWNER

    def next_message(self) -> None:
        """What is said from here on is a message of its own."""
        if self.said:
            self.drafts.append(Draft())

    def say_alone(self) -> None:
        """What is said from here on is a message of its own that only the speaker sees, where others read along."""
        self.next_message()
        self._draft().is_for_one = True

    def add(self, *parts: Part) -> None:
        self._draft().parts.extend(
            {"kind": part.kind} | part.model_dump(mode="json", exclude_defaults=True) for part in parts
        )

    def say(self, key: str, **slots: object) -> None:
        self.add(TextPart(text=self.phrases(key, **slots)))

    def add_text(self, text: str) -> None:
        """Say a sentence that is ready."""
        self.add(TextPart(text=text))

    def error(self, key: str, **slots: object) -> None:
        self.add(TextPart(text=self.phrases(key, **slots), tone="error"))

    def add_problem(self, text: Markdown) -> None:
        """Say what is wrong with a value; the sentence is ready."""
        self.add(TextPart(text=text, tone="error"))

    def offer(self, key: str, choices: list[Choice], **slots: object) -> None:
        """A sentence with buttons."""
        self.add(ChoicesPart(text=self.phrases(key, **slots), choices=choices))

    def ask(self, key: str, yes: Choice, *others: Choice, **slots: object) -> None:
        """A question with buttons that a typed yes or no answers as well: the first button is the yes, the last the no."""
        self.offer(key, [yes, *others], **slots)
        self.state.question = Question(yes=yes.action, no=others[-1].action)

    def show(self, subject: Shows, subject_id: str) -> None:
        """Show a proposal, run or workflow; it is rendered from its records whenever somebody looks."""
        draft = self._draft()
        draft.parts.append(reference(subject, subject_id))
        draft.subjects.append((subject, subject_id))

    def show_again(self, message_id: str) -> None:
        """The answer is a message that is there already, and looks different now."""
        self.again.append(message_id)
        self.events.append(Event(conversation_id=self.conversation.id, message_id=message_id))

    def attach(self, subject: Shows, subject_id: str) -> None:
        """Have the current message rendered again when the subject changes."""
        self._draft().subjects.append((subject, subject_id))

    def action(self, action_id: str, key: str, *, style: Style = "secondary", confirm: str = "") -> Action:
        return Action(id=action_id, label=self.phrases.plain(key), style=style, confirm=confirm)

    def choice(self, action_id: str, key: str, **slots: object) -> Choice:
        return Choice(action=action_id, label=self.phrases.plain(key, **slots))

    def wake(self, run: Run) -> None:
        self.wakes[run.id] = run
        self.events.append(Event(conversation_id=run.conversation_id, run_id=run.id))

    def workflow_changed(self, workflow: WorkflowRecord) -> None:
        self.has_new_trigger = True
        self.events.append(Event(conversation_id=workflow.conversation_id, workflow_id=workflow.id))

    async def subject_changed(self, subject: Shows, subject_id: str) -> None:
        """Whoever shows messages with this subject reads them again."""
        for card in await self.records.cards.of_subject(subject, subject_id):
            self.events.append(Event(conversation_id=card.conversation_id, message_id=card.message_id))

    async def audit(self, verb: str, subject_id: str, **detail: JsonValue) -> None:
        await self.records.audit.add(
            AuditEvent(
                id=new_id("aud"),
                at=self.now,
                person_id=self.person.id,
                verb=verb,
                subject_id=subject_id,
                detail=detail | {"surface": self.conversation.surface},
            )
        )

    async def append_drafts(self) -> list[Message]:
        """Write what was said into the conversation's log and note where cards are shown."""
        written: list[Message] = []
        for draft in self.drafts:
            if not draft.parts:
                continue
            message = Message(
                id=draft.id,
                conversation_id=self.conversation.id,
                author=Author.ERRAND,
                parts=draft.parts,
                at=self.now,
                audience=self._audience(draft),
                below=self.below,
            )
            written.append(await self.records.conversations.append(message))
            self.events.append(Event(conversation_id=self.conversation.id, message_id=draft.id))
            for subject, subject_id in dict.fromkeys(draft.subjects):
                await self.records.cards.add(
                    Card(
                        subject=subject,
                        subject_id=subject_id,
                        surface=self.conversation.surface,
                        conversation_id=self.conversation.id,
                        message_id=draft.id,
                    )
                )
        return written

    def _audience(self, draft: Draft) -> str | None:
        """What is for the speaker alone, and that a button was not theirs to press, is not said to all who read along."""
        is_refusal = self.is_press and all(part.get("tone") == "error" for part in draft.parts)
        is_alone = is_refusal or draft.is_for_one
        return self.person.id if is_alone and self.conversation.is_shared else None

    def _draft(self) -> Draft:
        if not self.drafts:
            self.drafts.append(Draft())
        return self.drafts[-1]
