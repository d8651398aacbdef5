"""All stores of one Errand, and its transactions."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from store.port.approval import ApprovalRequestStore, AuditStore, ProposalStore
from store.port.conversation import CardStore, ConversationStore, GalleryStore
from store.port.failed import DeadLetterStore, RetentionStore
from store.port.model_use import ModelUseStore
from store.port.people import ConnectionStore, GroupStore, PersonStore
from store.port.run import Journal, RunStore
from store.port.shelf import ShelfStore, SuggestionStore
from store.port.slot import SlotStore
from store.port.surface import InboxStore, PostingStore
from store.port.workflow import MemoryStore, TriggerStore, WorkflowStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """All stores, in one transaction."""

    people: PersonStore
    groups: GroupStore
    conversations: ConversationStore
    proposals: ProposalStore
    approval_requests: ApprovalRequestStore
    workflows: WorkflowStore
    triggers: TriggerStore
    runs: RunStore
    slots: SlotStore
    dead_letters: DeadLetterStore
    retention: RetentionStore
    connections: ConnectionStore
    cards: CardStore
    audit: AuditStore
    memory: MemoryStore
    gallery: GalleryStore
    shelf: ShelfStore
    suggestions: SuggestionStore
    model_uses: ModelUseStore
    inbox: InboxStore
    postings: PostingStore


class Store(Protocol):
    """The records of one Errand."""

    @property
    def journal(self) -> Journal: ...

    def begin(self) -> AbstractAsyncContextManager[Records]: ...

    async def close(self) -> None: ...
