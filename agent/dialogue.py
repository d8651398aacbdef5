"""The dialogue: applies commands to the conversation's state. The only place that decides what is asked, proposed,
approved and begun; interpreters only say what they understood.
"""

from __future__ import annotations

from typing import assert_never

from pydantic import JsonValue

from agent import (
    actions,
    among_people,
    clarifying,
    controlling,
    digression,
    filling,
    guest,
    handing,
    learning,
    shelving,
    telling,
)
from agent.approving import confirm_button, confirm_text, decline
from agent.command import (
    AnswerApproval,
    AnswerSuggestion,
    Cancel,
    CannotHandle,
    Clarify,
    Command,
    Confirm,
    Connect,
    ControlFailed,
    ControlHook,
    ControlRun,
    ControlTemplate,
    ControlWorkflow,
    Decline,
    Disconnect,
    Edit,
    EditWorkflow,
    FillForm,
    Forget,
    Rehearse,
    Replay,
    Rework,
    SetSchedule,
    SetValue,
    Start,
    TakeFiles,
    Tell,
    Undo,
)
from agent.connecting import connect, disconnect
from agent.dead_letter import control_failed
from agent.editing import apply_form, edit_workflow, rehearse, reopen, reopen_run, show_form
from agent.oneself import put_names
from agent.proposing import propose
from agent.scene import Scene
from agent.state import Question, Source, Task
from agent.undoing import undo
from agent.webhook import control_hook
from catalog.workflow import Template
from store.record import ProposalState, Shows

_COMMANDS = 20
"""More than this from one message is not meant; the rest is passed over."""

_OfTask = Start | SetValue | TakeFiles | SetSchedule | FillForm | Edit | Rehearse


class Dialogue:
    """Plays a turn's commands. `touched` is the task that has to be settled when all of them are applied, `begun` are the
    tasks that this turn began, in the order of the message.
    """

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._state = scene.state
        self._touched: Task | None = None
        self._begun: list[Task] = []

    async def apply(self, commands: list[Command]) -> None:
        """Apply all commands of one message, then ask the next thing or show the card. Always says something."""
        before = list(self._state.tasks)
        for said in commands[:_COMMANDS]:
            command = self._pressed(said)
            if guest.is_kept_out(self._scene, command):
                await guest.keep_out(self._scene)
                break
            await self._apply(command)
        is_done = any(all(task is not one for one in self._state.tasks) for task in before)
        if self._touched is not None and self._touched in self._state.tasks:
            await self._settle(self._touched)
            self._say_next()
        elif is_done and self._state.task is not None:
            await self._return_to(self._state.task)
        elif digression.is_digression(commands):
            digression.come_back(self._scene)
        if not self._scene.said:
            telling.tell_lost(self._scene)

    async def _apply(self, command: Command) -> None:
        self._let_go(command)
        if isinstance(command, among_people.AmongPeople):
            await among_people.apply(self._scene, command)
            return
        match command:
            case Start() | SetValue() | TakeFiles() | SetSchedule() | FillForm() | Edit() | Rehearse():
                await self._apply_to_task(command)
            case Rework() | EditWorkflow() | Undo():
                await self._apply_to_past(command)
            case Confirm() | Decline() | Cancel():
                await self._apply_verdict(command)
            case Clarify():
                clarifying.clarify(self._scene, command)
            case (
                Tell()
                | ControlWorkflow()
                | ControlHook()
                | ControlRun()
                | Replay()
                | ControlFailed()
                | Connect()
                | Disconnect()
            ):
                await self._apply_to_records(command)
            case AnswerSuggestion() | ControlTemplate() | Forget():
                self._touched = await shelving.apply(self._scene, command) or self._touched
            case CannotHandle():
                self._cannot(command)
            case _:
                assert_never(command)

    def _pressed(self, command: Command) -> Command:
        """A typed yes or no to a question with buttons is a press of one of them, and is for nothing else."""
        match command, self._state.question:
            case Confirm(proposal_id=None), Question(yes=action):
                self._state.question = None
                return actions.read_press(action)
            case Decline(proposal_id=None), Question(no=action) if action != actions.NONE_OF_THESE:
                return actions.read_press(action)
            case _:
                return command

    def _let_go(self, command: Command) -> None:
        """A question of ours is over as soon as something else is meant, so that a later yes or “2” is not for it."""
        if not isinstance(command, (CannotHandle, Tell)):
            self._state.misses = 0
        if not isinstance(command, (CannotHandle, Confirm, Decline, Cancel, AnswerApproval, TakeFiles)):
            self._state.question = None
        if not isinstance(command, (CannotHandle, Confirm, Decline, Cancel, AnswerApproval, Tell, TakeFiles)):
            self._state.clarification = None

    async def _apply_to_past(self, command: Rework | EditWorkflow | Undo) -> None:
        """What was done before is opened again, or taken back."""
        match command:
            case Rework():
                self._touched = await reopen_run(self._scene, command.run_id) or self._touched
            case EditWorkflow():
                self._touched = await edit_workflow(self._scene, command) or self._touched
            case Undo():
                self._touched = await undo(self._scene) or self._touched
            case _:
                assert_never(command)

    async def _apply_to_task(self, command: _OfTask) -> None:
        match command:
            case Start():
                await self._start(command)
            case SetValue():
                self._set_value(command)
            case TakeFiles(template_id=None):
                self._touched = handing.take(self._scene, command.paths, self._touched) or self._touched
            case TakeFiles():
                await self._start(handing.begin(self._scene, command))
            case SetSchedule():
                await self._set_schedule(command)
            case FillForm():
                self._touched = await apply_form(self._scene, command) or self._touched
            case Edit() | Rehearse() if command.proposal_id is None and self._is_asking():
                self._scene.say("card.not_ready")
                self._touched = self._state.task
            case Edit():
                await show_form(self._scene, command.proposal_id)
            case Rehearse():
                await rehearse(self._scene, command.proposal_id)
            case _:
                assert_never(command)

    async def _apply_to_records(
        self, command: Tell | ControlWorkflow | ControlHook | ControlRun | Replay | ControlFailed | Connect | Disconnect
    ) -> None:
        match command:
            case Tell():
                await telling.tell(self._scene, command)
            case ControlWorkflow():
                await controlling.control_workflow(self._scene, command)
            case ControlHook():
                await control_hook(self._scene, command)
            case ControlRun():
                await controlling.control_run(self._scene, command)
            case Replay():
                await controlling.replay_run(self._scene, command)
            case ControlFailed():
                await control_failed(self._scene, command)
            case Connect():
                if await connect(self._scene, command):
                    self._go_on()
            case Disconnect():
                await disconnect(self._scene, command)
            case _:
                assert_never(command)

    async def _start(self, command: Start) -> None:
        template = self._scene.knowledge.template_of(command.template_id, command.template)
        if template is None:
            self._scene.say("stale.action")
            return
        task = Task(
            template_id=template.id,
            template=command.template,
            trigger=command.trigger,
            left_out=list(command.left_out),
        )
        learning.note_words(self._scene, task, template, command)
        self._line_up(task)
        for name, raw in command.values.items():
            self._hold(task, template, name, raw)
        filling.tell_left_out(self._scene, task, template)
        filling.take_usual(self._scene, task, template)
        if command.schedule is not None:
            filling.take_schedule(self._scene, task, template, command.schedule, needs_time=command.needs_time)
        self._begun.append(task)
        self._touched = self._begun[0]

    def _line_up(self, task: Task) -> None:
        """Put a new task on top, or below those that this message began before it: it comes up when they are answered."""
        if self._begun:
            task.is_next = True
            self._state.tasks.insert(self._state.tasks.index(self._begun[-1]), task)
            return
        current = self._state.task
        if current is not None and current.template_id == task.template_id and not current.has_card:
            self._state.remove(current)
        self._state.tasks.append(task)

    def _hold(self, task: Task, template: Template, name: str, raw: JsonValue) -> None:
        """Keep a value that a sentence gave at the start; one that does not fit is asked for."""
        parameter = template.parameters.get(name)
        if parameter is None or raw is None:
            return
        problem = filling.hold(self._scene, task, name, parameter, raw=raw, source="message")
        if problem:
            self._scene.add_problem(problem)
            task.doubtful.append(name)

    def _set_value(self, command: SetValue) -> None:
        task = self._state.task
        template = self._template_of(task)
        parameter = template.parameters.get(command.name) if template else None
        if task is None or template is None or parameter is None:
            self._scene.say("stale.answer" if task else "fill.nothing_open")
            return
        if command.value is None:
            task.values.pop(command.name, None)
            task.doubtful = [name for name in task.doubtful if name != command.name]
        elif command.value == "" and parameter.kind in {"text", "long_text"}:
            filling.hold_empty(task, command.name)
        else:
            source: Source = "edit" if task.has_card else "answer"
            problem = filling.hold(self._scene, task, command.name, parameter, raw=command.value, source=source)
            if problem:
                self._scene.add_problem(problem)
                self._touched = None if task.has_card else task
                return
        self._touched = task

    async def _set_schedule(self, command: SetSchedule) -> None:
        task = self._state.task or await reopen(self._scene)
        template = self._template_of(task)
        if task is None or template is None:
            self._scene.say("fill.nothing_open")
            return
        task.schedule_source = "edit" if task.has_card else "answer"
        filling.take_schedule(self._scene, task, template, command.schedule, needs_time=command.needs_time)
        self._touched = task

    async def _apply_verdict(self, command: Confirm | Decline | Cancel) -> None:
        match command:
            case Confirm(proposal_id=None):
                await self._confirm_text()
            case Confirm():
                self._touched = await confirm_button(self._scene, command)
            case Decline(proposal_id=str() as proposal_id):
                await decline(self._scene, proposal_id)
            case Decline() | Cancel():
                await self._drop()
            case _:
                assert_never(command)

    async def _confirm_text(self) -> None:
        task = self._state.task
        if self._state.clarification is not None:
            clarifying.ask_which(self._scene, self._state.clarification)
        elif task is None:
            self._scene.say("card.nothing_to_confirm")
        elif not task.has_card:
            self._scene.say("card.not_ready")
            self._touched = task
        else:
            self._touched = await confirm_text(self._scene, task)

    async def _drop(self) -> None:
        """A no, or “cancel”: drops the innermost thing that is open."""
        task = self._state.task
        if self._state.question is not None:
            self._state.question = None
            self._scene.say("workflow.kept")
        elif self._state.clarification is not None:
            self._state.clarification = None
            self._scene.say("clarify.dropped")
        elif task is None:
            self._scene.say("card.nothing_open")
        elif task.proposal_id is not None:
            await decline(self._scene, task.proposal_id)
        else:
            self._state.remove(task)
            self._scene.say("card.dropped", title=self._title(task))

    def _cannot(self, command: CannotHandle) -> None:
        task = self._state.task
        if command.reason == "stale_action":
            self._scene.say("stale.action")
        elif command.reason == "unclear" and self._state.clarification is not None:
            clarifying.ask_which(self._scene, self._state.clarification)
        elif task is not None and not task.has_card and command.reason in ("none", "unclear"):
            self._touched = task
        else:
            telling.tell_cannot(self._scene, command.reason, command.about)

    def _go_on(self) -> None:
        """An account was connected: go on with what was being asked."""
        task = self._state.task
        if task is not None and not task.has_card:
            task.asked = None
            self._touched = task

    async def _settle(self, task: Task) -> None:
        """Ask for what is missing first, or show the card."""
        template = self._template_of(task)
        if template is None:
            self._state.remove(task)
            self._scene.error("stale.template_gone")
            return
        await put_names(self._scene, task, template)
        gap = await filling.next_gap(self._scene, task, template)
        if gap is not None:
            await filling.ask(self._scene, task, template, gap)
        else:
            await propose(self._scene, task, template)

    def _say_next(self) -> None:
        """Say what else of this message comes up when the first is answered."""
        for task in self._begun[1:]:
            self._scene.say("card.next", title=self._title(task))

    async def _return_to(self, task: Task) -> None:
        """Offer the task below again, once the one above it is done."""
        self._scene.next_message()
        self._scene.say("card.now_next" if task.is_next else "card.back_to", title=self._title(task))
        task.is_next = False
        proposal = await self._scene.records.proposals.get(task.proposal_id) if task.proposal_id else None
        if task.has_card and proposal is not None and proposal.state is ProposalState.OPEN:
            self._scene.show(Shows.PROPOSAL, proposal.id)
        else:
            task.asked = None
            await self._settle(task)

    def _is_asking(self) -> bool:
        return self._state.task is not None and not self._state.task.has_card

    def _template_of(self, task: Task | None) -> Template | None:
        return self._scene.template_of(task) if task else None

    def _title(self, task: Task) -> str:
        template = self._template_of(task)
        return template.title if template else task.template_id
