"""Switches saved automations on and off: their state and their triggers, together. Says nothing and asks nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from pydantic import JsonValue

from agent.scene import Scene
from catalog.schedule import Schedule
from store.record import TriggerKind, TriggerRecord, WorkflowRecord, WorkflowState


async def switch_off(scene: Scene, workflow: WorkflowRecord, state: WorkflowState, verb: str, **detail: str) -> None:
    """Stop its triggers and give it this state. `verb` is how the audit calls it."""
    for trigger in await scene.records.triggers.of_workflow(workflow.id):
        await scene.records.triggers.save(replace(trigger, is_active=False, next_at=None))
    await _set_state(scene, workflow, state, verb, **detail)


async def switch_on(scene: Scene, workflow: WorkflowRecord, verb: str) -> None:
    """Start its triggers again, from now on."""
    for trigger in await scene.records.triggers.of_workflow(workflow.id):
        resumed = replace(trigger, is_active=True, next_at=_next_at(scene, trigger), failures=0, problem=None)
        await scene.records.triggers.save(replace(resumed, cursor=_cursor(trigger)))
    await _set_state(scene, workflow, WorkflowState.ACTIVE, verb)


async def _set_state(scene: Scene, workflow: WorkflowRecord, state: WorkflowState, verb: str, **detail: str) -> None:
    await scene.records.workflows.set_state(workflow.id, state, at=scene.now)
    await scene.audit(verb, workflow.id, **detail)
    scene.workflow_changed(workflow)


def _cursor(trigger: TriggerRecord) -> JsonValue:
    """Where its looks go on after a pause. What came during a pause that a person wanted is not new; what came while it
    failed is, and so it is where all is caught up with.
    """
    is_kept = trigger.failures > 0 or trigger.config.get("catch_up") == "all"
    return trigger.cursor if is_kept else None


def _next_at(scene: Scene, trigger: TriggerRecord) -> datetime | None:
    """When it is due after a pause. What would have run meanwhile is missed only by a schedule that makes up for all."""
    if trigger.kind is TriggerKind.POLL:
        return scene.now
    if trigger.kind is not TriggerKind.SCHEDULE:
        return None
    schedule = Schedule.model_validate(trigger.config)
    since = (trigger.last_at or trigger.created_at) if schedule.catch_up == "all" else scene.now
    times = schedule.next_times(since, 1)
    return times[0] if times else None
