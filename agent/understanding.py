"""What an inbound means: texts go through the interpreter, buttons and forms name their commands themselves. Acts on
nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from agent import actions, handing, intake, linking
from agent.command import CannotHandle, Command, Confirm, EditWorkflow, SetSchedule, SetValue, Start, TakeFiles, Tell
from agent.inbound import HandedFile, Press, Submit, Text
from agent.interpreter import Interpretation, Interpreter, Speaker, Spoken, View
from agent.knowledge import Knowledge
from agent.meant import named
from agent.narrator import Narrator
from agent.scene import zone_of
from agent.state import DialogueState
from catalog.proposal import ProposalContent
from catalog.workflow import frozen_template
from store.port import Store
from store.record import Conversation, Message, Person, WorkflowRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """Who spoke where, by which delivery, and what is known of the conversation at that moment."""

    conversation: Conversation
    person: Person
    state: DialogueState
    workflows: list[WorkflowRecord]
    is_asked: bool
    turns: list[Spoken]
    delivery: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """What was meant. `line` stands for it in the log (none: no line; empty: only files came); `notes` are keys of sentences said first,
    `prose` is what was written in answer to a question, as Markdown.
    """

    commands: list[Command]
    line: str | None = None
    notes: tuple[str, ...] = ()
    prose: str = ""
    interpretation: Interpretation | None = None


class Understanding:
    """Turns inbounds into commands. Looks into the records, changes none."""

    def __init__(
        self, knowledge: Knowledge, interpreter: Interpreter, store: Store, narrator: Narrator | None = None
    ) -> None:
        self._narrator = narrator
        self._knowledge = knowledge
        self._store = store
        self._interpreter = interpreter

    async def understand(self, content: Text | Press | Submit, heard: Heard) -> Understood:
        """Work out what is meant."""
        match content:
            case Text(text=text, files=files):
                return await self._text(text, heard, files)
            case Press(action=action):
                return await self._press(action, heard)
            case Submit(action=action, fields=fields):
                if intake.size_of(dict(fields)) > intake.LONGEST_FORM:
                    return Understood(commands=[], notes=("error.form_too_long",))
                return Understood(commands=[actions.read_submit(action, intake.clean_fields(fields))])
            case _:
                assert_never(content)

    async def _text(self, raw: str, heard: Heard, files: Sequence[HandedFile] = ()) -> Understood:
        text, is_cut = intake.cut(intake.clean(raw))
        paths = handing.paths_of(files)
        if not text:
            commands: list[Command] = [TakeFiles(paths=paths)] if paths else []
            return Understood(commands=commands, line="" if files else None, notes=() if files else ("error.empty",))
        if (link := linking.read(text)) is not None:
            return Understood(commands=[link.command], line=link.line)
        view = self._view(heard)
        said = handing.worded(text, paths, view.template, view.asked)
        interpretation = await self._interpreter.interpret(text if view.has_open_card else said, view)
        if said != text and view.has_open_card and handing.is_nothing(interpretation.commands):
            interpretation = await self._interpreter.interpret(said, view)
        asked = heard.state.clarification
        if interpretation.commands == [Confirm()] and asked is not None and len(asked.template_ids) == 1:
            return replace(await self._pick(asked.template_ids[0], heard), line=text)
        read = await self._with_change(interpretation.commands, heard)
        return Understood(
            commands=handing.joined(read, paths, view.template, view.asked),
            line=text,
            prose=await self._prose(text, interpretation, heard),
            notes=(*(("error.cut",) if is_cut else ()), *((interpretation.note,) if interpretation.note else ())),
            interpretation=interpretation,
        )

    async def _prose(self, text: str, interpretation: Interpretation, heard: Heard) -> str:
        """What a narrator writes in answer to a question, when nothing else was said with it."""
        tells = [one for one in interpretation.commands if isinstance(one, Tell)]
        if self._narrator is None or not tells or len(tells) < len(interpretation.commands):
            return ""
        return await self._narrator.narrate(text, tells, self._view(heard))

    async def _with_change(self, commands: list[Command], heard: Heard) -> list[Command]:
        """What is to be changed about a saved automation is read with that automation before one's eyes."""
        match commands:
            case [EditWorkflow(change=str() as change) as edit] if change:
                content = await self._content_of(edit, heard)
                if content is None:
                    return commands
                template = self._knowledge.template_of(content.template_id or "", None) or frozen_template(
                    content.template_id, content.workflow
                )
                view = replace(
                    self._view(heard),
                    template=template,
                    values=content.params,
                    asked=None,
                    has_open_card=True,
                    choices=[],
                    schedule=content.schedule,
                    needs_time=False,
                )
                read = (await self._interpreter.interpret(change, view)).commands
                changes = [one for one in read if isinstance(one, SetValue | SetSchedule)]
                return [edit if changes else replace(edit, change=""), *changes]
            case _:
                return commands

    async def _content_of(self, edit: EditWorkflow, heard: Heard) -> ProposalContent | None:
        """The newest version of the automation that is meant, when it is clear which."""
        last = [one for one in heard.workflows if one.id == heard.state.last_workflow_id]
        meant = named(heard.workflows, edit.name) if edit.name else last or heard.workflows
        if len(meant) != 1:
            return None
        async with self._store.begin() as records:
            version = await records.workflows.version(meant[0].id, meant[0].version)
        return ProposalContent.model_validate(version.content) if version else None

    async def _press(self, raw: str, heard: Heard) -> Understood:
        action = intake.clean(raw)[: intake.LONGEST_TEXT]
        if text := actions.asked_text(action):
            return await self._text(text, heard)
        if template_id := actions.picked(action):
            return await self._pick(template_id, heard)
        command = actions.read_press(action)
        # A suggested answer is a line of the talk; presses on cards show on the cards.
        line = str(command.value) if isinstance(command, SetValue) else None
        return Understood(commands=[command], line=line)

    async def _pick(self, template_id: str, heard: Heard) -> Understood:
        """The sentence that led to the question is read again for the one template that was picked."""
        clarification = heard.state.clarification
        template = self._knowledge.templates.get(template_id)
        if clarification is not None and template is None and template_id in clarification.template_ids:
            template = clarification.template
        if clarification is None or template is None:
            return Understood(commands=[CannotHandle(reason="stale_action")])
        view = replace(self._view(heard), choices=[template_id], choices_text=clarification.text)
        interpretation = await self._interpreter.interpret("1", view)
        starts = [one for one in interpretation.commands if isinstance(one, Start) and one.template_id == template_id]
        command = (
            starts[0]
            if starts
            else Start(template_id=template_id, template=clarification.template, text=clarification.text)
        )
        files = [TakeFiles(paths=tuple(clarification.files))] if clarification.files else []
        return Understood(commands=[command, *files], line=template.title, interpretation=interpretation)

    def _view(self, heard: Heard) -> View:
        state, task = heard.state, heard.state.task
        clarification = state.clarification
        return View(
            now=self._knowledge.clock.now(),
            zone=zone_of(heard.person),
            locale=state.language or heard.person.locale,
            template=self._knowledge.template_of(task.template_id, task.template) if task else None,
            values={name: held.value for name, held in task.values.items()} if task else {},
            asked=task.asked if task else None,
            has_open_card=state.awaits_yes,
            choices=clarification.template_ids if clarification else [],
            choices_text=clarification.text if clarification else "",
            workflow_names=[one.name for one in heard.workflows],
            schedule=task.schedule if task else state.last_schedule,
            needs_time=task.needs_time if task else False,
            is_asked=heard.is_asked,
            turns=heard.turns,
            speaker=Speaker(person_id=heard.person.id, conversation_id=heard.conversation.id, turn=heard.delivery),
        )


def spoken_of(message: Message) -> Spoken | None:
    """What was said in words; none when it was only cards. Form fields and cards are no words."""
    texts = [handing.read_line(part) for part in message.parts if part["kind"] in {"text", "choices"}]
    text = "\n".join(filter(None, texts))
    return Spoken(who=message.author.value, text=text) if text else None
