"""Proposals, and the yes or no that they got."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam

from store.record import Approval, Proposal, ProposalState, Verdict
from store.sql.database import Transaction
from store.sql.mapping import RecordTable
from store.sql.table import approvals, proposals

_PROPOSALS = RecordTable(Proposal, proposals)
APPROVALS = RecordTable(Approval, approvals)

_ASKED_IN = (
    _PROPOSALS.where("conversation_id")
    .order_by(proposals.c.created_at.desc(), proposals.c.id.desc())
    .limit(bindparam("limit"))
)
_OF_SUBJECT = APPROVALS.where("subject_id").order_by(approvals.c.at, approvals.c.id)


@dataclass(frozen=True, slots=True)
class SqlProposalStore:
    """Implements `store.port.ProposalStore`."""

    _transaction: Transaction

    async def add(self, proposal: Proposal) -> None:
        await _PROPOSALS.insert(self._transaction, proposal)

    async def get(self, proposal_id: str) -> Proposal | None:
        return await _PROPOSALS.first(self._transaction, id=proposal_id)

    async def asked_in(self, conversation_id: str, *, limit: int = 200) -> list[Proposal]:
        return await _PROPOSALS.all(self._transaction, _ASKED_IN, conversation_id=conversation_id, limit=limit)

    async def move(self, proposal_id: str, *, expected: ProposalState, to: ProposalState) -> bool:
        return await _PROPOSALS.change(self._transaction, {"state": to}, id=proposal_id, state=expected)

    async def add_approval(self, approval: Approval) -> None:
        await APPROVALS.insert(self._transaction, approval)

    async def approvals(self, subject_id: str) -> list[Approval]:
        return await APPROVALS.all(self._transaction, _OF_SUBJECT, subject_id=subject_id)

    async def has_yes(self, digest: str) -> bool:
        return await APPROVALS.first(self._transaction, digest=digest, verdict=Verdict.YES) is not None
