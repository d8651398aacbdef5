"""Records that many tests begin with: a conversation that nothing was said in, and a run that is due. Stores nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from catalog.decision import request_digest
from core.ids import new_id
from store.record import ApprovalRequest, Conversation, RequestState, Run, RunState, WorkflowRecord, WorkflowVersion


def empty_conversation(conversation_id: str, person_id: str, now: datetime) -> Conversation:
    return Conversation(
        id=conversation_id,
        surface="web",
        external_id=conversation_id,
        person_id=person_id,
        title="",
        state={},
        revision=0,
        created_at=now,
        updated_at=now,
    )


def due_run(workflow: WorkflowRecord, version: WorkflowVersion, now: datetime, **changes: Any) -> Run:
    """A run of this version, with `changes` in its fields."""
    run = Run(
        id=new_id("run"),
        workflow_id=workflow.id,
        version=version.version,
        digest=version.digest,
        person_id=workflow.person_id,
        conversation_id=workflow.conversation_id,
        state=RunState.QUEUED,
        created_at=now,
        due_at=now,
    )
    return replace(run, **changes)


def open_request(request_id: str, prompt: str, *, run: Run, by: str, to: str, at: datetime) -> ApprovalRequest:
    """A step of a run asks one person."""
    return ApprovalRequest(
        id=request_id,
        run_id=run.id,
        step_id=request_id,
        item=-1,
        number=1,
        requester_id=by,
        prompt=prompt,
        fields={},
        editable=[],
        digest=request_digest(request_id, prompt, {}),
        approvers=[to],
        quorum=1,
        state=RequestState.OPEN,
        created_at=at,
    )
