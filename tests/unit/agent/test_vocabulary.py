"""Every command has a name outside, and the interfaces page lists it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from agent.command import (
    AnswerApproval,
    CannotHandle,
    Command,
    Connect,
    ControlFailed,
    ControlRun,
    ControlWorkflow,
    Disconnect,
    EditWorkflow,
    SetValue,
    Start,
    Tell,
    Topic,
    Undo,
)
from agent.vocabulary import name_of
from store.record import Verdict

PAGE = Path(__file__).parents[3] / "docs" / "interfaces.md"

NAMES: list[tuple[Command, str]] = [
    (Tell(topic=Topic.WORKFLOWS), "list_workflows"),
    (Tell(topic=Topic.ABILITIES), "list_templates"),
    (ControlWorkflow(verb="pause"), "pause_schedule"),
    (ControlWorkflow(verb="run"), "run_now"),
    (ControlWorkflow(verb="rename"), "rename_workflow"),
    (ControlRun(verb="status"), "run_status"),
    (ControlRun(verb="cancel", is_all=True), "cancel_run"),
    (ControlRun(verb="explain"), "explain_failure"),
    (ControlFailed(verb="list"), "list_failed"),
    (EditWorkflow(change="at 10:30"), "edit_param"),
    (EditWorkflow(name="the report", change="at 10:30"), "edit_workflow"),
    (EditWorkflow(), "edit_workflow"),
    (SetValue(name="to", value="x"), "edit_param"),
    (AnswerApproval(verdict=Verdict.NO), "decline"),
    (Connect(connector="smtp"), "connect_account"),
    (Disconnect(connector="smtp"), "disconnect_account"),
    (CannotHandle(reason="address"), "refuse"),
    (CannotHandle(reason="unclear"), "cannot_handle"),
    (Undo(), "undo"),
    (Start(template_id="x"), "start"),
]


@pytest.mark.parametrize(("command", "name"), NAMES, ids=[name for _, name in NAMES])
def test_a_command_is_called_by_its_listed_name(command: Command, name: str) -> None:
    assert name_of(command) == name
    assert name in re.findall(r"`(\w+)`", PAGE.read_text("utf-8"))
