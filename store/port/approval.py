"""Where proposals, approval requests, the answers to both, and the audit are kept."""

from __future__ import annotations

from typing import Protocol

from store.record import Approval, ApprovalRequest, AuditEvent, Proposal, ProposalState


class ProposalStore(Protocol):
    async def add(self, proposal: Proposal) -> None: ...

    async def get(self, proposal_id: str) -> Proposal | None: ...

    async def asked_in(self, conversation_id: str, *, limit: int = 200) -> list[Proposal]:
        """Those of one conversation, newest first."""
        ...

    async def move(self, proposal_id: str, *, expected: ProposalState, to: ProposalState) -> bool:
        """Compare and set; False when it is in another state."""
        ...

    async def add_approval(self, approval: Approval) -> None: ...

    async def approvals(self, subject_id: str) -> list[Approval]: ...

    async def has_yes(self, digest: str) -> bool:
        """Whether anybody said yes to exactly this."""
        ...


class ApprovalRequestStore(Protocol):
    """What approval steps ask. Whoever wants to change a request locks it first."""

    async def add(self, request: ApprovalRequest) -> bool:
        """False when this go of the step has asked already; nothing is added then."""
        ...

    async def get(self, request_id: str) -> ApprovalRequest | None: ...

    async def of_step(self, run_id: str, step_id: str, *, item: int, number: int) -> ApprovalRequest | None: ...

    async def newest_of_step(self, run_id: str, step_id: str, *, item: int) -> ApprovalRequest | None:
        """What a step of a run has asked last, in whichever go."""
        ...

    async def lock(self, request_id: str) -> ApprovalRequest | None:
        """As it is now; until this transaction ends, others who want to lock it wait."""
        ...

    async def save(self, request: ApprovalRequest) -> bool:
        """Compare and set: false when it is open no more, or its revision is another. The revision is raised by one."""
        ...

    async def open_in(self, conversation_id: str) -> list[ApprovalRequest]:
        """The open ones that are shown in this conversation, oldest first."""
        ...

    async def open_for(self, person_id: str, *, limit: int = 20) -> list[ApprovalRequest]:
        """The open ones that this person may answer, oldest first."""
        ...

    async def open_of_run(self, run_id: str) -> list[ApprovalRequest]: ...


class AuditStore(Protocol):
    async def add(self, event: AuditEvent) -> None: ...

    async def of_subject(self, subject_id: str) -> list[AuditEvent]: ...
