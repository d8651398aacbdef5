"""What the language model cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select

from store.record import ModelTotal, ModelUse
from store.sql.database import Transaction
from store.sql.mapping import RecordTable
from store.sql.model_use_table import model_uses

_USES = RecordTable(ModelUse, model_uses)
_SINCE = model_uses.c.at >= bindparam("since", type_=model_uses.c.at.type)
_SUMS = (
    func.count(),
    *(func.coalesce(func.sum(model_uses.c[name]), 0) for name in ("prompt_tokens", "answer_tokens", "cost_micros")),
)
_TOTAL = select(*_SUMS).where(_SINCE)
_TOTAL_OF = _TOTAL.where(model_uses.c.person_id == bindparam("person_id"))
_BY_PERSON = select(model_uses.c.person_id, *_SUMS).where(_SINCE).group_by(model_uses.c.person_id)
_OF_CONVERSATION = _USES.where("conversation_id").order_by(model_uses.c.at, model_uses.c.id)


@dataclass(frozen=True, slots=True)
class SqlModelUseStore:
    """Implements `store.port.ModelUseStore`."""

    _transaction: Transaction

    async def add(self, use: ModelUse) -> None:
        await _USES.insert(self._transaction, use)

    async def total(self, since: datetime, *, person_id: str | None = None) -> ModelTotal:
        if person_id is None:
            rows = await self._transaction.read(_TOTAL, {"since": since})
        else:
            rows = await self._transaction.read(_TOTAL_OF, {"since": since, "person_id": person_id})
        return _total(rows[0])

    async def by_person(self, since: datetime) -> dict[str | None, ModelTotal]:
        rows = await self._transaction.read(_BY_PERSON, {"since": since})
        return {row[0]: _total(row[1:]) for row in rows}

    async def of_conversation(self, conversation_id: str) -> list[ModelUse]:
        return await _USES.all(self._transaction, _OF_CONVERSATION, conversation_id=conversation_id)


def _total(row: Sequence[Any]) -> ModelTotal:
    questions, prompt, answer, cost = (int(one) for one in row)
    return ModelTotal(questions=questions, prompt_tokens=prompt, answer_tokens=answer, cost_micros=cost)
