"""What becomes of a model's word that would act at once, or be a yes: where the rules understood the same deed from the text,
theirs is applied. Else the person is shown the thing with its buttons, and presses. So a model that is talked into something
acts on nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from agent.command import (
    Cancel,
    CannotHandle,
    ChangeGroup,
    Clarify,
    Command,
    Connect,
    ControlFailed,
    ControlRun,
    ControlWorkflow,
    Decline,
    Disconnect,
    Edit,
    EditApproval,
    EditWorkflow,
    HandOver,
    Rehearse,
    Replay,
    SetSchedule,
    SetValue,
    ShowGroup,
    Start,
    Tell,
    Topic,
)

_HARMLESS = (
    Start, SetValue, SetSchedule, Decline, Cancel, Clarify, Edit, EditWorkflow, Rehearse, Tell, ShowGroup, EditApproval, Connect,
    CannotHandle,
)  # fmt: skip
"""What opens a card or a question, drops one, or only shows something: nothing of it runs or changes what runs."""

_SHOWING = {"show", "steps", "history", "status", "trace", "explain", "list"}
"""Verbs that only show."""


def soften(said: Sequence[Command], understood: Sequence[Command]) -> list[Command]:
    """The commands, each as it may be applied. `understood` is what the rules made of the same text."""
    return [one if _is_harmless(one) else _understood(one, understood) or _softer(one) for one in said]


def _is_harmless(command: Command) -> bool:
    return isinstance(command, _HARMLESS) or getattr(command, "verb", "") in _SHOWING


def _understood(said: Command, understood: Sequence[Command]) -> Command | None:
    """The rules' word for the same deed; whom it meets is theirs to say."""
    return next((one for one in understood if type(one) is type(said) and _deed(one) == _deed(said)), None)


def _deed(command: Command) -> tuple[object, ...]:
    return tuple(getattr(command, name, None) for name in ("verb", "verdict", "answer"))


def _softer(command: Command) -> Command:
    """What shows the same thing; what has nothing to show is not understood."""
    match command:
        case ControlWorkflow():
            return replace(command, verb="show", to=None)
        case ControlRun(run_id=run_id) | Replay(run_id=run_id):
            return ControlRun(verb="show", run_id=run_id)
        case ControlFailed():
            return ControlFailed(verb="list")
        case Disconnect():
            return Tell(topic=Topic.CONNECTIONS)
        case ChangeGroup(group=group):
            return ShowGroup(group=group)
        case _:
            return HandOver() if isinstance(command, HandOver) else CannotHandle(reason="unclear")
