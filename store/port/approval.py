"""Where proposals, approvals and the audit are kept."""

from __future__ import annotations

from typing import Protocol

from store.record import Approval, AuditEvent, Proposal, ProposalState


class ProposalStore(Protocol):
    async def add(self, proposal: Proposal) -> None: ...

    async def get(self, proposal_id: str) -> Proposal | None: ...

    async def move(self, proposal_id: str, *, expected: ProposalState, to: ProposalState) -> bool:
        """Compare and set; False when it is in another state."""
        ...

    async def add_approval(self, approval: Approval) -> None: ...

    async def approvals(self, subject_id: str) -> list[Approval]: ...

    async def has_yes(self, digest: str) -> bool:
        """Whether anybody said yes to exactly this."""
        ...


class AuditStore(Protocol):
    async def add(self, event: AuditEvent) -> None: ...

    async def of_subject(self, subject_id: str) -> list[AuditEvent]: ...
