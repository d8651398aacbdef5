"""What commands are called outside: one fixed name for each, as `errand interpret` prints it. Means nothing itself."""

from __future__ import annotations

from agent.command import (
    AnswerApproval,
    CannotHandle,
    ChangeGroup,
    Command,
    Connect,
    ControlFailed,
    ControlHook,
    ControlRun,
    ControlWorkflow,
    EditWorkflow,
    SetSchedule,
    SetValue,
    Tell,
)
from store.record import Verdict

_WORKFLOW = {
    "pause": "pause_schedule", "resume": "resume_schedule", "delete": "delete_workflow", "run": "run_now",
    "show": "show_workflow", "steps": "show_steps", "history": "history", "rename": "rename_workflow",
}  # fmt: skip
_RUN = {
    "cancel": "cancel_run", "retry": "retry_run", "show": "run_status", "status": "run_status", "trace": "show_trace",
    "explain": "explain_failure",
}  # fmt: skip
_FAILED = {"list": "list_failed", "retry": "retry_failed", "dismiss": "dismiss_failed"}
_CANNOT = {
    "small_talk": "small_talk", "unsafe": "refuse", "address": "refuse", "placeholder": "refuse",
}  # fmt: skip


def name_of(command: Command) -> str:  # noqa: C901, PLR0911  # one return for each family of commands
    """The command's name: that of the table in docs/interfaces.md, else its class in snake case."""
    match command:
        case Tell():
            return command.topic.value
        case ControlWorkflow():
            return _WORKFLOW[command.verb]
        case ControlRun():
            return _RUN[command.verb]
        case ControlFailed():
            return _FAILED[command.verb]
        case EditWorkflow():
            return "edit_param" if command.change and command.name is None else "edit_workflow"
        case SetValue() | SetSchedule():
            return "edit_param"
        case AnswerApproval():
            return "approve" if command.verdict is Verdict.YES else "decline"
        case Connect():
            return "connect_account"
        case ControlHook() | ChangeGroup():
            return f"{command.verb}_{'webhook' if isinstance(command, ControlHook) else 'group'}"
        case CannotHandle():
            return _CANNOT.get(command.reason, "cannot_handle")
        case _:
            return _OTHERS.get(type(command).__name__) or _snake(type(command).__name__)


_OTHERS = {"Disconnect": "disconnect_account"}


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")
