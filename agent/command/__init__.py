"""What an interpreter may say, and nothing else. The dialogue is the only one that acts on it."""

from __future__ import annotations

from agent.command.kept import (
    AnswerCheck,
    AnswerSuggestion,
    ControlFailed,
    ControlHook,
    ControlRun,
    ControlTemplate,
    ControlWorkflow,
    EditWorkflow,
    Forget,
    Replay,
    Rework,
    Tell,
    Topic,
    Undo,
)
from agent.command.people import (
    AnswerApproval,
    ChangeGroup,
    Connect,
    Disconnect,
    EditApproval,
    HandOver,
    Link,
    ShowGroup,
    ShowValues,
)
from agent.command.task import (
    Cancel,
    Candidate,
    CannotHandle,
    Clarify,
    Confirm,
    Decline,
    Edit,
    FillForm,
    Rehearse,
    SetSchedule,
    SetValue,
    Start,
    TakeFiles,
)

__all__ = [
    "AnswerApproval",
    "AnswerCheck",
    "AnswerSuggestion",
    "Cancel",
    "Candidate",
    "CannotHandle",
    "ChangeGroup",
    "Clarify",
    "Command",
    "Confirm",
    "Connect",
    "ControlFailed",
    "ControlHook",
    "ControlRun",
    "ControlTemplate",
    "ControlWorkflow",
    "Decline",
    "Disconnect",
    "Edit",
    "EditApproval",
    "EditWorkflow",
    "FillForm",
    "Forget",
    "HandOver",
    "Link",
    "Rehearse",
    "Replay",
    "Rework",
    "SetSchedule",
    "SetValue",
    "ShowGroup",
    "ShowValues",
    "Start",
    "TakeFiles",
    "Tell",
    "Topic",
    "Undo",
]

Command = (
    Start
    | SetValue
    | TakeFiles
    | SetSchedule
    | Confirm
    | Decline
    | Cancel
    | Clarify
    | Edit
    | FillForm
    | Rehearse
    | Tell
    | ControlWorkflow
    | EditWorkflow
    | Undo
    | ControlHook
    | ControlRun
    | AnswerCheck
    | AnswerApproval
    | EditApproval
    | HandOver
    | ShowValues
    | ChangeGroup
    | ShowGroup
    | Replay
    | Rework
    | ControlFailed
    | Connect
    | Disconnect
    | ControlTemplate
    | AnswerSuggestion
    | Forget
    | Link
    | CannotHandle
)
