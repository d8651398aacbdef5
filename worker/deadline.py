"""When a run has to be over, and how long it has waited for people, which does not count. Pure; reads no clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from catalog.workflow import Workflow
from store.record import Failure, Run, RunState, Waiting

_NOT_COUNTED = frozenset({Waiting.APPROVAL, Waiting.CHECK, Waiting.CONNECTION, Waiting.SLOT})
"""Waits for people, and for a slot: nothing that the run itself could hurry."""


def pause(run: Run, workflow: Workflow, now: datetime) -> Run:
    """The run as it is put down: its own time stands still while it waits for somebody, else it is due at its deadline."""
    if workflow.deadline_s is None or run.state is not RunState.WAITING:
        return run
    if run.waiting_for in _NOT_COUNTED:
        return replace(run, paused_at=now)
    deadline = deadline_of(run, workflow)
    return replace(run, due_at=min(run.due_at or deadline, deadline) if deadline else run.due_at)


def resume(run: Run, now: datetime) -> Run:
    """The run as it is taken up again."""
    if run.paused_at is None:
        return run
    paused_s = run.paused_s + max(0.0, (now - run.paused_at).total_seconds())
    return replace(run, paused_s=paused_s, paused_at=None)


def deadline_of(run: Run, workflow: Workflow) -> datetime | None:
    """When the run has to be over, while it is not paused; none when it may take as long as it likes."""
    if workflow.deadline_s is None or run.started_at is None:
        return None
    return run.started_at + timedelta(seconds=workflow.deadline_s + run.paused_s)


def missed(workflow: Workflow) -> Failure:
    assert workflow.deadline_s is not None
    return Failure(
        cause="deadline",
        message=f"It was not done within {_span(workflow.deadline_s)}.",
        advice="Look at the step that took so long; then retry, which gives it the whole time again.",
    )


def _span(seconds: float) -> str:
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds >= length and seconds % length == 0:
            return f"{seconds / length:g} {unit}"
    return f"{seconds:g} s"
