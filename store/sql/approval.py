"""What approval steps ask. The answers lie with those to proposals (`store.sql.proposal`)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, select

from store.record import ApprovalRequest, RequestState
from store.sql.database import Transaction
from store.sql.mapping import RecordTable
from store.sql.table import IS_APPROVAL, approval_requests, cards

REQUESTS = RecordTable(ApprovalRequest, approval_requests)

_FIXED = ("id", "run_id", "step_id", "item", "number", "requester_id", "prompt", "created_at", "revision")
_LOCKED = REQUESTS.where("id").with_for_update()
_OLDEST_FIRST = (approval_requests.c.created_at, approval_requests.c.id)
_SHOWN_IN = select(cards.c.subject_id).where(IS_APPROVAL, cards.c.conversation_id == bindparam("conversation_id"))
_OPEN_IN = REQUESTS.where("state").where(approval_requests.c.id.in_(_SHOWN_IN)).order_by(*_OLDEST_FIRST)
_NEWEST_FIRST = REQUESTS.where("run_id", "step_id", "item").order_by(approval_requests.c.number.desc()).limit(1)
_OPEN = REQUESTS.where("state").order_by(*_OLDEST_FIRST)
_OPEN_OF_RUN = REQUESTS.where("run_id", "state").order_by(*_OLDEST_FIRST)


@dataclass(frozen=True, slots=True)
class SqlApprovalRequestStore:
    """Implements `store.port.ApprovalRequestStore`."""

    _transaction: Transaction

    async def add(self, request: ApprovalRequest) -> bool:
        return await REQUESTS.insert_new(self._transaction, request, "run_id", "step_id", "item", "number")

    async def get(self, request_id: str) -> ApprovalRequest | None:
        return await REQUESTS.first(self._transaction, id=request_id)

    async def of_step(self, run_id: str, step_id: str, *, item: int, number: int) -> ApprovalRequest | None:
        return await REQUESTS.first(self._transaction, run_id=run_id, step_id=step_id, item=item, number=number)

    async def newest_of_step(self, run_id: str, step_id: str, *, item: int) -> ApprovalRequest | None:
        wanted = {"run_id": run_id, "step_id": step_id, "item": item}
        found = await REQUESTS.all(self._transaction, _NEWEST_FIRST, **wanted)
        return found[0] if found else None

    async def lock(self, request_id: str) -> ApprovalRequest | None:
        rows = await self._transaction.write_returning(_LOCKED, {"id": request_id})
        return REQUESTS.record(rows[0]) if rows else None

    async def save(self, request: ApprovalRequest) -> bool:
        values = {name: value for name, value in REQUESTS.values(request).items() if name not in _FIXED}
        return await REQUESTS.change(
            self._transaction,
            values | {"revision": request.revision + 1},
            id=request.id,
            revision=request.revision,
            state=RequestState.OPEN,
        )

    async def open_in(self, conversation_id: str) -> list[ApprovalRequest]:
        wanted = {"conversation_id": conversation_id, "state": RequestState.OPEN}
        return await REQUESTS.all(self._transaction, _OPEN_IN, **wanted)

    async def open_for(self, person_id: str, *, limit: int = 20) -> list[ApprovalRequest]:
        found = await REQUESTS.all(self._transaction, _OPEN, state=RequestState.OPEN)
        return [one for one in found if person_id in one.approvers and person_id not in one.excluded][:limit]

    async def open_of_run(self, run_id: str) -> list[ApprovalRequest]:
        return await REQUESTS.all(self._transaction, _OPEN_OF_RUN, run_id=run_id, state=RequestState.OPEN)
