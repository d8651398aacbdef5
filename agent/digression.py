"""The way back after something in between: what was asked or shown before is still open, and is said to be."""

from __future__ import annotations

from collections.abc import Sequence

from agent.command import Command, ControlFailed, ControlRun, ControlWorkflow, ShowGroup, Tell, Topic
from agent.filling import ask_again
from agent.scene import Scene

_IN_BETWEEN = (ControlWorkflow, ControlRun, ControlFailed, ShowGroup)
_TOPICS = {
    Topic.HELP, Topic.ABILITIES, Topic.WORKFLOWS, Topic.RUNS, Topic.STATUS, Topic.CONNECTIONS, Topic.EXPLAIN_FAILURE,
}  # fmt: skip
"""What else is told speaks of what is open itself, or needs no way back."""


def is_digression(commands: Sequence[Command]) -> bool:
    """Whether a message left what is open as it was."""
    return bool(commands) and all(
        one.topic in _TOPICS and not one.list_id if isinstance(one, Tell) else isinstance(one, _IN_BETWEEN)
        for one in commands
    )


def come_back(scene: Scene) -> None:
    """Ask the open question again, or remind of the card."""
    task = scene.state.task
    template = scene.template_of(task) if task is not None else None
    if task is None or template is None or scene.state.question is not None:
        return
    if task.has_card:
        scene.say("card.still_waits")
    elif task.asked is not None:
        scene.next_message()
        scene.say("card.back_to", title=template.title)
        ask_again(scene, task, template)
