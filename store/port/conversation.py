"""Where conversations and cards are kept."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from store.record import (
    Approval,
    ApprovalRequest,
    Card,
    Conversation,
    Delivery,
    Message,
    Person,
    Proposal,
    Run,
    Shows,
    StepAttempt,
    TriggerRecord,
    WorkflowRecord,
    WorkflowVersion,
)


class ConversationStore(Protocol):
    async def add(self, conversation: Conversation) -> None: ...

    async def get(self, conversation_id: str) -> Conversation | None: ...

    async def by_external(self, surface: str, external_id: str) -> Conversation | None: ...

    async def of_person(self, person_id: str, *, limit: int = 50) -> list[Conversation]:
        """Newest first."""
        ...

    async def save(self, conversation: Conversation) -> None:
        """Save title and state; the revision in the store must equal `conversation.revision` and is raised by one.

        Raises StaleError when another turn saved first.
        """
        ...

    async def name(self, conversation_id: str, title: str) -> None:
        """Give it a title if it has none yet; its revision stays."""
        ...

    async def see(self, conversation_id: str, seq: int) -> bool:
        """Its person has seen the log up to `seq`. False when that was known."""
        ...

    async def unseen(self, person_id: str) -> set[str]:
        """The ids of the person's conversations in which something was said that they have not seen."""
        ...

    async def owners(self, ids: Collection[str]) -> dict[str, str]:
        """By conversation whose it is. Ids that there are not are left out."""
        ...

    async def append(self, message: Message) -> Message:
        """Add to the log; returns it with its `seq`. The conversation's `updated_at` becomes the message's time."""
        ...

    async def messages(self, conversation_id: str, *, after: int = 0, limit: int = 500) -> list[Message]:
        """Oldest first; those with `seq > after`, and of these the newest `limit`."""
        ...

    async def message(self, message_id: str) -> Message | None: ...

    async def delivery(self, surface: str, delivery_id: str) -> Delivery | None: ...

    async def add_delivery(self, delivery: Delivery) -> bool:
        """False when this delivery is known already; nothing is changed then."""
        ...


class CardStore(Protocol):
    async def add(self, card: Card) -> None:
        """Add, or replace the `external_id` of the one that is there."""
        ...

    async def of_subject(self, subject: Shows, subject_id: str) -> list[Card]: ...


class GalleryStore(Protocol):
    """What a whole list of cards shows, in one query for each kind of record. Ids that there are not are left out."""

    async def proposals(self, ids: Collection[str]) -> dict[str, Proposal]: ...

    async def runs(self, ids: Collection[str]) -> dict[str, Run]: ...

    async def attempts(self, run_ids: Collection[str]) -> dict[str, list[StepAttempt]]:
        """By run, in order of start."""
        ...

    async def workflows(self, ids: Collection[str]) -> dict[str, WorkflowRecord]: ...

    async def versions(self, keys: Collection[tuple[str, int]]) -> dict[tuple[str, int], WorkflowVersion]:
        """By workflow and version."""
        ...

    async def triggers(self, workflow_ids: Collection[str]) -> dict[str, list[TriggerRecord]]:
        """By workflow, oldest first."""
        ...

    async def last_runs(self, workflow_ids: Collection[str]) -> dict[str, tuple[Run, int]]:
        """By workflow its newest run and how many there were; rehearsals do not count."""
        ...

    async def approval_requests(self, ids: Collection[str]) -> dict[str, ApprovalRequest]: ...

    async def approvals(self, subject_ids: Collection[str]) -> dict[str, list[Approval]]:
        """By what they answer, oldest first."""
        ...

    async def people(self, ids: Collection[str]) -> dict[str, Person]: ...
