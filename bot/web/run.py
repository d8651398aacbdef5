"""Routes of runs: what was recorded of one. Starts and changes nothing."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from agent.reply import TracePart
from bot.web.conversation import Services, Signed
from core.errors import NotFoundError

RunId = Annotated[str, Path(max_length=64)]

router = APIRouter(prefix="/api/runs", tags=["runs"])


@router.get("/{run_id}/trace")
async def read_trace(run_id: RunId, signed: Signed, services: Services) -> TracePart:
    """Every try of every step of a run, for its owner: times, redacted and trimmed values, errors with cause and advice."""
    found = await services.trace(run_id, signed.person)
    if found is None:
        raise NotFoundError("There is no such run.")
    return found
