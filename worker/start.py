"""Makes runs of saved workflows, for whatever starts them: schedules, webhooks, other runs. Wakes nobody."""

from __future__ import annotations

import hashlib
from datetime import datetime

from store.port import Records
from store.record import JsonObject, Priority, Run, RunState, WorkflowRecord, WorkflowVersion


async def approved_version(records: Records, workflow: WorkflowRecord) -> WorkflowVersion | None:
    """Return the newest version that has a yes: a newer one may still be waiting on a card."""
    for number in range(workflow.version, 0, -1):
        version = await records.workflows.version(workflow.id, number)
        if version is not None and await records.proposals.has_yes(version.digest):
            return version
    return None


def new_run(
    workflow: WorkflowRecord,
    version: WorkflowVersion,
    *,
    now: datetime,
    fire_key: str,
    input_: JsonObject,
    trigger_id: str | None = None,
    priority: Priority = Priority.SCHEDULED,
    started_by: str | None = None,
) -> Run:
    """Return a run that is due now, to be added with `records.runs.add`.

    Its id is made of the fire key, so that whoever comes with the same key again knows which run there is already.
    """
    return Run(
        id=run_id_of(fire_key),
        workflow_id=workflow.id,
        version=version.version,
        digest=version.digest,
        person_id=workflow.person_id,
        conversation_id=workflow.conversation_id,
        state=RunState.QUEUED,
        created_at=now,
        due_at=now,
        trigger_id=trigger_id,
        fire_key=fire_key,
        input=input_,
        priority=priority,
        started_by=started_by,
    )


def run_id_of(fire_key: str) -> str:
    """The id of the run that this key starts, or has started."""
    return f"run_{hashlib.sha256(fire_key.encode()).hexdigest()[:26]}"
