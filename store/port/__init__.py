"""The ports of the store. Implemented in `store.sql`; every implementation passes `tests/contract`.

`Store.begin()` is one transaction: all or nothing, committed when the block ends without an error. Each read in it sees
what was committed by then; one transaction must not be opened inside another. What cannot be written raises StoreError.
The journal is the hot path of runs: callers wait until their records are durable, and records that wait at the
same time share one commit.
"""

from store.port.approval import ApprovalRequestStore, AuditStore, ProposalStore
from store.port.conversation import CardStore, ConversationStore, GalleryStore
from store.port.failed import DeadLetterStore, RetentionStore
from store.port.model_use import ModelUseStore
from store.port.people import ConnectionStore, GroupStore, PersonStore
from store.port.run import Claimed, DueRun, Journal, RunStore
from store.port.shelf import ShelfStore, SuggestionStore
from store.port.slot import SlotStore
from store.port.store import Records, Store
from store.port.surface import InboxStore, PostingStore
from store.port.wake import Event, EventBus, RunQueue
from store.port.workflow import MemoryStore, TriggerStore, WorkflowStore

__all__ = [
    "ApprovalRequestStore",
    "AuditStore",
    "CardStore",
    "Claimed",
    "ConnectionStore",
    "ConversationStore",
    "DeadLetterStore",
    "DueRun",
    "Event",
    "EventBus",
    "GalleryStore",
    "GroupStore",
    "InboxStore",
    "Journal",
    "MemoryStore",
    "ModelUseStore",
    "PersonStore",
    "PostingStore",
    "ProposalStore",
    "Records",
    "RetentionStore",
    "RunQueue",
    "RunStore",
    "ShelfStore",
    "SlotStore",
    "Store",
    "SuggestionStore",
    "TriggerStore",
    "WorkflowStore",
]
