"""The route by which other services tell a waiting run that something has happened. Starts no run."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request, Response
from pydantic import BaseModel

from bot.web.arrival import payload_of
from bot.web.conversation import Services
from core.errors import NotFoundError
from worker.resume import Delivered

router = APIRouter(tags=["webhooks"])

LIMIT_BYTES = 200_000


class Resumed(BaseModel):
    """`accepted` is false for an event that has come before; nothing was changed then."""

    accepted: bool
    message: str


@router.post(
    "/hooks/resume/{token}",
    status_code=202,
    responses={200: {"model": Resumed, "description": "An event of this name has come before; nothing was changed."}},
)
async def resume(
    token: str,
    request: Request,
    response: Response,
    services: Services,
    event: Annotated[str, Query(pattern=r"^[a-z][a-z0-9_.-]{0,39}$")] = "resume",
) -> Resumed:
    """Tell the run of this address that an event has happened. The body (JSON, a form, or text) is the step's result.

    202: taken; 200: it has come before; 404: no such address; 410: the run is over; 413: more than 200 kB.
    """
    data = await request.body()
    if len(data) > LIMIT_BYTES:
        raise HTTPException(413, f"More than {LIMIT_BYTES:,} bytes.")
    delivered = await services.resumes.deliver(token, event, payload_of(request, data)["body"])
    if delivered is Delivered.UNKNOWN:
        raise NotFoundError
    if delivered is Delivered.OVER:
        raise HTTPException(410, "This run is over.")
    if delivered is Delivered.REPEATED:
        response.status_code = 200
        return Resumed(accepted=False, message=f"The event “{event}” has come before.")
    return Resumed(accepted=True, message="Thank you.")
