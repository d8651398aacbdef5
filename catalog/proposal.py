"""What exactly a yes is given to, and its digest."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, JsonValue

from catalog.schedule import Schedule
from catalog.workflow import TriggerChoice, Workflow
from core.canonical import digest


class ProposalContent(BaseModel):
    """Workflow version, resolved parameters, trigger and connections: all that decides what will happen.

    `connections` maps each connector to the id of the connection that will be used.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    workflow_id: str
    version: int
    template_id: str | None
    workflow: Workflow
    params: dict[str, JsonValue]
    trigger: TriggerChoice
    schedule: Schedule | None = None
    connections: dict[str, str] = {}

    def digest(self) -> str:
        """SHA-256 over the canonical JSON of everything above."""
        return digest(self.model_dump(mode="json", by_alias=True))
