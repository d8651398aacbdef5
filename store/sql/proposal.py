"""Proposals, and the yes or no that they got."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from store.record import Approval, Proposal, ProposalState, Verdict
from store.sql.database import Transaction
from store.sql.mapping import RecordTable
from store.sql.table import approvals, proposals

_PROPOSALS = RecordTable(Proposal, proposals)
_APPROVALS = RecordTable(Approval, approvals)


@dataclass(frozen=True, slots=True)
class SqlProposalStore:
    """Implements `store.port.ProposalStore`."""

    _transaction: Transaction

    async def add(self, proposal: Proposal) -> None:
        await _PROPOSALS.insert(self._transaction, proposal)

    async def get(self, proposal_id: str) -> Proposal | None:
        return await _PROPOSALS.first(self._transaction, proposals.c.id == proposal_id)

    async def move(self, proposal_id: str, *, expected: ProposalState, to: ProposalState) -> bool:
        return await _PROPOSALS.change(
            self._transaction, {"state": to}, proposals.c.id == proposal_id, proposals.c.state == expected
        )

    async def add_approval(self, approval: Approval) -> None:
        await _APPROVALS.insert(self._transaction, approval)

    async def approvals(self, subject_id: str) -> list[Approval]:
        statement = _APPROVALS.select.where(approvals.c.subject_id == subject_id)
        return await _APPROVALS.all(self._transaction, statement.order_by(approvals.c.at, approvals.c.id))

    async def has_yes(self, digest: str) -> bool:
        given = (approvals.c.digest == digest, approvals.c.verdict == Verdict.YES)
        return bool(await self._transaction.read(select(approvals.c.id).where(*given).limit(1)))
