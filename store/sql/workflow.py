"""Workflows and their frozen versions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from store.record import WorkflowRecord, WorkflowState, WorkflowVersion
from store.sql.database import Transaction
from store.sql.mapping import RecordTable
from store.sql.table import workflow_versions, workflows

WORKFLOWS = RecordTable(WorkflowRecord, workflows)
_VERSIONS = RecordTable(WorkflowVersion, workflow_versions)

_OF_PERSON = (
    WORKFLOWS.where("person_id")
    .where(workflows.c.state.not_in([WorkflowState.DRAFT, WorkflowState.DELETED]))
    .order_by(workflows.c.created_at.desc(), workflows.c.id.desc())
)


@dataclass(frozen=True, slots=True)
class SqlWorkflowStore:
    """Implements `store.port.WorkflowStore`."""

    _transaction: Transaction

    async def add(self, workflow: WorkflowRecord, version: WorkflowVersion) -> None:
        await WORKFLOWS.insert(self._transaction, workflow)
        await _VERSIONS.insert(self._transaction, version)

    async def add_version(self, version: WorkflowVersion, *, at: datetime) -> None:
        await _VERSIONS.insert(self._transaction, version)
        await self._change(version.workflow_id, at, version=version.version)

    async def get(self, workflow_id: str) -> WorkflowRecord | None:
        return await WORKFLOWS.first(self._transaction, id=workflow_id)

    async def version(self, workflow_id: str, version: int) -> WorkflowVersion | None:
        return await _VERSIONS.first(self._transaction, workflow_id=workflow_id, version=version)

    async def of_person(self, person_id: str) -> list[WorkflowRecord]:
        return await WORKFLOWS.all(self._transaction, _OF_PERSON, person_id=person_id)

    async def set_state(self, workflow_id: str, state: WorkflowState, *, at: datetime) -> None:
        await self._change(workflow_id, at, state=state)

    async def rename(self, workflow_id: str, name: str, *, at: datetime) -> None:
        await self._change(workflow_id, at, name=name)

    async def _change(self, workflow_id: str, at: datetime, **values: object) -> None:
        await WORKFLOWS.must_change(self._transaction, workflow_id, {"updated_at": at, **values})
