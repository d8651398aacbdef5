"""Pauses an automation that keeps failing, and says so once, in the transaction that stops its trigger.

The message is the automation's card: it says why it stopped and has the button that starts it again.
"""

from __future__ import annotations

from datetime import datetime

from core.ids import new_id
from store.port import Event, Records
from store.record import AuditEvent, Author, Card, JsonObject, Message, Shows, WorkflowRecord, WorkflowState, reference


async def pause_workflow(
    records: Records, workflow: WorkflowRecord, *, detail: JsonObject, now: datetime
) -> list[Event]:
    """Pause it and show its card; returns what is to be published after the commit."""
    await records.workflows.set_state(workflow.id, WorkflowState.PAUSED, at=now)
    await records.audit.add(
        AuditEvent(id=new_id("aud"), at=now, person_id=None, verb="pause", subject_id=workflow.id, detail=detail)
    )
    shown = await show(
        records,
        Shows.WORKFLOW,
        workflow.id,
        conversation_id=workflow.conversation_id,
        message_id=new_id("msg"),
        now=now,
    )
    return [Event(conversation_id=workflow.conversation_id, workflow_id=workflow.id), *shown]


async def show(
    records: Records, subject: Shows, subject_id: str, *, conversation_id: str, message_id: str, now: datetime
) -> list[Event]:
    """Add a message that shows a card, unless it is there already or its conversation is gone."""
    conversation = await records.conversations.get(conversation_id)
    if conversation is None or await records.conversations.message(message_id) is not None:
        return []
    await records.conversations.append(
        Message(
            id=message_id,
            conversation_id=conversation_id,
            author=Author.ERRAND,
            parts=[reference(subject, subject_id)],
            at=now,
        )
    )
    await records.cards.add(
        Card(
            subject=subject,
            subject_id=subject_id,
            surface=conversation.surface,
            conversation_id=conversation_id,
            message_id=message_id,
        )
    )
    return [Event(conversation_id=conversation_id, message_id=message_id)]
