"""How this process and its outside surfaces are, for whoever watches over it. Changes nothing, and says nothing of anybody."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime
from typing import Literal

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import Field

from bot.web.conversation import Services
from bot.web.service import WebServices
from bot.web.wire import Body
from core.errors import ErrandError, StoreError
from store.record import Backlog

router = APIRouter(tags=["health"])


class Waiting(Body):
    """How much waits, and for how long the oldest."""

    count: int
    oldest_s: float | None = None


class SurfaceHealth(Body):
    """An outside surface of this process. `silent_s` counts from its last sign of life; `ack_p95_ms` is of what was
    acknowledged last; `missed` counts what was refused, too late or lost, by code. `inbox` is what has arrived from it,
    `postings` what is to be posted there, and is not done yet; `given_up` counts the messages of the last day that it does not take.
    """

    connected: bool
    silent_s: float | None = None
    problem: str = ""
    ack_p95_ms: float | None = None
    missed: dict[str, int] = Field(default={})
    inbox: Waiting
    postings: Waiting
    given_up: int = 0


class Outside(Body):
    """The outside surfaces of this process; `inbox` and `postings` are those of all that there are in the records."""

    surfaces: dict[str, SurfaceHealth]
    inbox: Waiting
    postings: Waiting


class Health(Body):
    status: Literal["ok", "degraded", "not ready"]
    problems: dict[str, str] = Field(default={})
    outside: Outside | None = None


@router.get("/healthz", response_model_exclude_none=True)
async def health(services: Services) -> Health:
    """The process answers. Says how its outside surfaces are, if it has any."""
    return await _with_surfaces(Health(status="ok"), services)


@router.get("/readyz", responses={503: {"model": Health}})
async def readiness(services: Services) -> JSONResponse:
    """Everything that this process needs answers. Without Redis or the index it goes on, `degraded`: what is approved is
    recorded and starts later, and words are matched without vectors.
    """
    problems = await _problems(services.checks)
    missed = await _problems(services.side_checks)
    status: Literal["ok", "degraded", "not ready"] = "not ready" if problems else "degraded" if missed else "ok"
    shown = Health(status=status, problems=problems | missed)
    if not problems:
        shown = await _with_surfaces(shown, services)
    return JSONResponse(shown.model_dump(exclude_none=True), status_code=503 if problems else 200)


async def _with_surfaces(health: Health, services: WebServices) -> Health:
    """Where the records cannot be read now, how much waits is left out."""
    if services.surfaces is None:
        return health
    try:
        state = await services.surfaces()
    except StoreError:
        return health
    now = services.clock.now()
    surfaces = {
        name: SurfaceHealth(
            connected=one.is_connected,
            silent_s=one.silent_s,
            problem=one.problem,
            ack_p95_ms=one.ack_p95_ms,
            missed=dict(one.missed),
            inbox=_waiting([state.inbox.get(name, Backlog())], now),
            postings=_waiting([state.postings.get(name, Backlog())], now),
            given_up=state.given_up.get(name, 0),
        )
        for name, one in state.surfaces.items()
    }
    inbox, postings = (_waiting(one.values(), now) for one in (state.inbox, state.postings))
    outside = Outside(surfaces=surfaces, inbox=inbox, postings=postings)
    return health.model_copy(update={"outside": outside})


def _waiting(backlogs: Collection[Backlog], now: datetime) -> Waiting:
    since = min((one.since for one in backlogs if one.since), default=None)
    oldest_s = (now - since).total_seconds() if since else None
    return Waiting(count=sum(one.count for one in backlogs), oldest_s=oldest_s)


async def _problems(checks: Mapping[str, Callable[[], Awaitable[str]]]) -> dict[str, str]:
    """By name what does not answer."""
    problems: dict[str, str] = {}
    for name, check in checks.items():
        try:
            problem = await check()
        except ErrandError as error:
            problem = error.message
        if problem:
            problems[name] = problem
    return problems
