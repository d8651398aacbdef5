"""Starts runs for incoming webhooks. Knows no HTTP: the web surface hands over what arrived."""

from __future__ import annotations

from core.clock import Clock
from core.ids import new_id
from store.port import Event, EventBus, RunQueue, Store
from store.record import JsonObject, Run, TriggerKind, WorkflowState
from worker.start import approved_version, new_run


async def fire_webhook(
    *,
    store: Store,
    queue: RunQueue,
    events: EventBus,
    clock: Clock,
    secret: str,
    payload: JsonObject,
    delivery_key: str | None = None,
) -> Run | None:
    """Add the run of one delivery and wake a worker; none when no active trigger of an active workflow has this secret.

    `payload` is `{"body", "headers", "query"}`. A delivery key seen before gives the run that it started then.
    """
    now = clock.now()
    async with store.begin() as records:
        trigger = await records.triggers.by_secret(secret)
        if trigger is None or trigger.kind is not TriggerKind.WEBHOOK or not trigger.is_active:
            return None
        workflow = await records.workflows.get(trigger.workflow_id)
        if workflow is None or workflow.state is not WorkflowState.ACTIVE:
            return None
        version = await approved_version(records, workflow)
        if version is None:
            return None
        run = new_run(
            workflow,
            version,
            now=now,
            fire_key=f"{trigger.id}:{delivery_key or new_id('dlv')}",
            input_={**payload, "fired_at": now.isoformat()},
            trigger_id=trigger.id,
        )
        if not await records.runs.add(run):
            return await records.runs.get(run.id)
    await events.publish(Event(conversation_id=run.conversation_id, run_id=run.id, workflow_id=run.workflow_id))
    await queue.wake(run)
    return run
