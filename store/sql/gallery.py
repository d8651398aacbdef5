"""What a whole list of cards shows, one query for each kind of record. Reads only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import BindParameter, Executable, bindparam, func, select, tuple_

from store.record import (
    Approval,
    ApprovalRequest,
    Person,
    Proposal,
    Run,
    StepAttempt,
    TriggerRecord,
    WorkflowRecord,
    WorkflowVersion,
)
from store.sql.approval import REQUESTS
from store.sql.database import Transaction
from store.sql.mapping import R, RecordTable
from store.sql.people import ASKED_ID, MEANT_BY, PEOPLE
from store.sql.proposal import APPROVALS
from store.sql.run import ATTEMPTS, ATTEMPTS_ORDER, RUNS
from store.sql.table import (
    approval_requests,
    approvals,
    proposals,
    runs,
    step_attempts,
    triggers,
    workflow_versions,
    workflows,
)

K = TypeVar("K", str, tuple[str, int])

_PROPOSALS = RecordTable(Proposal, proposals)
_TRIGGERS = RecordTable(TriggerRecord, triggers)
_VERSIONS = RecordTable(WorkflowVersion, workflow_versions)
_WORKFLOWS = RecordTable(WorkflowRecord, workflows)

_SOME: BindParameter[Any] = bindparam("some", expanding=True)
_THESE_PROPOSALS = _PROPOSALS.select.where(proposals.c.id.in_(_SOME))
_THESE_RUNS = RUNS.select.where(runs.c.id.in_(_SOME))
_THESE_WORKFLOWS = _WORKFLOWS.select.where(workflows.c.id.in_(_SOME))
_THESE_VERSIONS = _VERSIONS.select.where(
    tuple_(workflow_versions.c.workflow_id, workflow_versions.c.version).in_(_SOME)
)
_THESE_REQUESTS = REQUESTS.select.where(approval_requests.c.id.in_(_SOME))
_THESE_PEOPLE = MEANT_BY.where(ASKED_ID.in_(_SOME))
_APPROVALS_OF = APPROVALS.select.where(approvals.c.subject_id.in_(_SOME)).order_by(approvals.c.at, approvals.c.id)
_ATTEMPTS_OF = ATTEMPTS.select.where(step_attempts.c.run_id.in_(_SOME)).order_by(*ATTEMPTS_ORDER)
_TRIGGERS_OF = _TRIGGERS.select.where(triggers.c.workflow_id.in_(_SOME)).order_by(triggers.c.created_at, triggers.c.id)

_RANKED = (
    select(
        runs.c.id,
        func.count().over(partition_by=runs.c.workflow_id).label("number"),
        func.row_number()
        .over(partition_by=runs.c.workflow_id, order_by=(runs.c.created_at.desc(), runs.c.id.desc()))
        .label("place"),
    )
    .where(runs.c.workflow_id.in_(_SOME), runs.c.is_rehearsal.is_(False))
    .subquery()
)
_LAST_RUNS = (
    RUNS.select.add_columns(_RANKED.c.number).join(_RANKED, _RANKED.c.id == runs.c.id).where(_RANKED.c.place == 1)
)

_CHUNK = 500
"""So many keys go into one query."""


@dataclass(frozen=True, slots=True)
class SqlGalleryStore:
    """Implements `store.port.GalleryStore`."""

    _transaction: Transaction

    async def proposals(self, ids: Collection[str]) -> dict[str, Proposal]:
        return {one.id: one for one in await self._all(_PROPOSALS, _THESE_PROPOSALS, ids)}

    async def runs(self, ids: Collection[str]) -> dict[str, Run]:
        return {one.id: one for one in await self._all(RUNS, _THESE_RUNS, ids)}

    async def attempts(self, run_ids: Collection[str]) -> dict[str, list[StepAttempt]]:
        found: dict[str, list[StepAttempt]] = defaultdict(list)
        for one in await self._all(ATTEMPTS, _ATTEMPTS_OF, run_ids):
            found[one.run_id].append(one)
        return dict(found)

    async def workflows(self, ids: Collection[str]) -> dict[str, WorkflowRecord]:
        return {one.id: one for one in await self._all(_WORKFLOWS, _THESE_WORKFLOWS, ids)}

    async def versions(self, keys: Collection[tuple[str, int]]) -> dict[tuple[str, int], WorkflowVersion]:
        found = await self._all(_VERSIONS, _THESE_VERSIONS, keys)
        return {(one.workflow_id, one.version): one for one in found}

    async def triggers(self, workflow_ids: Collection[str]) -> dict[str, list[TriggerRecord]]:
        found: dict[str, list[TriggerRecord]] = defaultdict(list)
        for one in await self._all(_TRIGGERS, _TRIGGERS_OF, workflow_ids):
            found[one.workflow_id].append(one)
        return dict(found)

    async def last_runs(self, workflow_ids: Collection[str]) -> dict[str, tuple[Run, int]]:
        rows = [
            row for chunk in _chunks(workflow_ids) for row in await self._transaction.read(_LAST_RUNS, {"some": chunk})
        ]
        return {run.workflow_id: (run, int(number)) for run, number in ((RUNS.record(row), row[-1]) for row in rows)}

    async def approval_requests(self, ids: Collection[str]) -> dict[str, ApprovalRequest]:
        return {one.id: one for one in await self._all(REQUESTS, _THESE_REQUESTS, ids)}

    async def approvals(self, subject_ids: Collection[str]) -> dict[str, list[Approval]]:
        found: dict[str, list[Approval]] = defaultdict(list)
        for one in await self._all(APPROVALS, _APPROVALS_OF, subject_ids):
            found[one.subject_id].append(one)
        return dict(found)

    async def people(self, ids: Collection[str]) -> dict[str, Person]:
        rows = [row for chunk in _chunks(ids) for row in await self._transaction.read(_THESE_PEOPLE, {"some": chunk})]
        return {str(row[0]): PEOPLE.record(row[1:]) for row in rows}

    async def _all(self, table: RecordTable[R], statement: Executable, keys: Collection[K]) -> list[R]:
        return [one for chunk in _chunks(keys) for one in await table.all(self._transaction, statement, some=chunk)]


def _chunks(keys: Collection[K]) -> list[list[K]]:
    listed = list(dict.fromkeys(keys))
    return [listed[start : start + _CHUNK] for start in range(0, len(listed), _CHUNK)]
