"""What Errand remembers, as plain frozen records. Knows nothing of how it is stored.

All times are aware and in UTC. Identifiers come from `core.ids.new_id` with the word given beside each record.
"""

from store.record.approval import Approval, ApprovalRequest, AuditEvent, Proposal, ProposalState, RequestState, Verdict
from store.record.conversation import (
    Author,
    Card,
    Conversation,
    Delivery,
    Message,
    Said,
    Shows,
    reference,
    said_by,
    said_text,
    without_source,
)
from store.record.json import JsonObject
from store.record.model_use import ModelTotal, ModelUse, Purpose
from store.record.people import Connection, GroupMember, Identity, Person, Role
from store.record.run import AttemptState, DeadLetters, Failure, Priority, Run, RunState, Signal, StepAttempt, Waiting
from store.record.shelf import LearnedAsk, SavedTemplate, Suggestion
from store.record.surface import (
    GONE,
    READS_THE_LOG,
    Backlog,
    EntryState,
    InboxEntry,
    Place,
    Posting,
    account_of,
)
from store.record.workflow import TriggerKind, TriggerRecord, WorkflowRecord, WorkflowState, WorkflowVersion

__all__ = [
    "GONE",
    "READS_THE_LOG",
    "Approval",
    "ApprovalRequest",
    "AttemptState",
    "AuditEvent",
    "Author",
    "Backlog",
    "Card",
    "Connection",
    "Conversation",
    "DeadLetters",
    "Delivery",
    "EntryState",
    "Failure",
    "GroupMember",
    "Identity",
    "InboxEntry",
    "JsonObject",
    "LearnedAsk",
    "Message",
    "ModelTotal",
    "ModelUse",
    "Person",
    "Place",
    "Posting",
    "Priority",
    "Proposal",
    "ProposalState",
    "Purpose",
    "RequestState",
    "Role",
    "Run",
    "RunState",
    "Said",
    "SavedTemplate",
    "Shows",
    "Signal",
    "StepAttempt",
    "Suggestion",
    "TriggerKind",
    "TriggerRecord",
    "Verdict",
    "Waiting",
    "WorkflowRecord",
    "WorkflowState",
    "WorkflowVersion",
    "account_of",
    "reference",
    "said_by",
    "said_text",
    "without_source",
]
