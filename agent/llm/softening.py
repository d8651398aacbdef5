"""What becomes of a model's word that would act at once, or be a yes: it counts when the rules understood the same from the
text. Else the person is shown the thing with its buttons, and presses. So a model that is talked into something acts on
nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

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
    Start, SetValue, SetSchedule, Decline, Cancel, Clarify, Edit, Rehearse, Tell, ShowGroup, EditApproval, Connect, CannotHandle,
)  # fmt: skip
"""What opens a card or a question, drops one, or only shows something: nothing of it runs or changes what runs."""


def soften(said: Sequence[Command], understood: Sequence[Command]) -> list[Command]:
    """The commands, each as it may be applied. `understood` is what the rules made of the same text."""
    return [one if any(_is_same(one, other) for other in understood) else _softer(one) for one in said]


def _is_same(said: Command, understood: Command) -> bool:
    """Whether both say the same deed; whom it meets is the rules' to say when they say it."""
    verbs = [getattr(one, name, None) for one in (said, understood) for name in ("verb", "verdict", "answer")]
    return type(said) is type(understood) and verbs[:3] == verbs[3:] and _target(said) == _target(understood)


def _target(command: Command) -> object:
    match command:
        case ControlWorkflow(name=name):
            return (name or "").lower()
        case ChangeGroup(group=group, person=person):
            return (group.lower(), person.lower())
        case HandOver(to=to):
            return (to or "").lower()
        case Disconnect(connector=connector):
            return connector
        case ControlFailed(words=words):
            return words
        case _:
            return None


def _softer(command: Command) -> Command:
    """What shows the same thing; what has nothing to show is not understood."""
    shown: Command = CannotHandle(reason="unclear")
    match command:
        case ControlWorkflow(name=name):
            shown = ControlWorkflow(verb="show", name=name)
        case ControlRun(verb=verb):
            shown = ControlRun(verb="trace" if verb == "trace" else "show")
        case Replay():
            shown = ControlRun(verb="show")
        case ControlFailed():
            shown = ControlFailed(verb="list")
        case Disconnect():
            shown = Tell(topic=Topic.CONNECTIONS)
        case ChangeGroup(group=group):
            shown = ShowGroup(group=group)
        case HandOver():
            shown = HandOver()
        case _ if isinstance(command, _HARMLESS):
            shown = command
        case _:
            pass
    return shown
