"""The routes that webhooks call: start the run of the address, wait for its end when asked to, say how it went.

Decides neither what starts nor whether a signature fits; see `worker.webhook`.
"""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.datastructures import Headers

from bot.web.arrival import WAIT, payload_of, slack_challenge
from bot.web.conversation import Services
from bot.web.ending import Endings
from bot.web.failure import TooManyError
from bot.web.service import WebServices
from bot.web.wire import Failure, Problem, RunStatus
from core.errors import InvalidValueError, NotFoundError
from store.record import Run, RunState
from worker.signature import hashed

router = APIRouter(tags=["webhooks"])

LONGEST_WAIT_S = 60
STATUS_AGE_S = 7 * 86_400
"""So long the address that tells of a run can be asked."""

_PURPOSE = "hook-run"
_DELIVERY_HEADERS = ("idempotency-key", "x-github-delivery", "webhook-id")
_SECONDS = re.compile(r"[0-9]{1,3}")
_PREFERRED_WAIT = re.compile(r"(?:^|[,;])\s*wait\s*=\s*\"?([0-9]{1,4})", re.IGNORECASE)


@router.post(
    "/hooks/{secret}",
    status_code=202,
    response_model=RunStatus,
    responses={
        200: {"model": RunStatus, "description": "The run has ended (`?wait`)."},
        429: {
            "model": Failure,
            "description": "This address is called too often; `Retry-After` says when to come back.",
        },
    },
)
async def fire(secret: str, request: Request, services: Services) -> Response:
    """Start a run. `Idempotency-Key`, `X-GitHub-Delivery` and `webhook-id` make a repetition harmless.

    The run sees `trigger.body` (JSON, a form's fields, or text), `trigger.query` and `trigger.headers`. With `?wait=20`
    or `Prefer: wait=20` (1 to 60 seconds) the answer is 200 with the result when the run ends in time.
    """
    if too_early_s := await services.limiter.allow(hashed("hook", secret), services.hook_rate):
        raise TooManyError(too_early_s)
    headers = request.headers
    wait_s = _wait_s(request)
    data = await request.body()
    hook = await services.webhooks.find(secret)
    if hook is None:
        raise NotFoundError
    signed_key = services.webhooks.check(hook, headers, data)
    payload = payload_of(request, data)
    if (challenge := slack_challenge(hook.signing, payload["body"])) is not None:
        return Response(challenge, media_type="text/plain")
    run = services.webhooks.make(hook, payload, signed_key or _delivery_key(headers), is_awaited=wait_s > 0)
    if wait_s:
        run = await _started_and_awaited(services, request.app.state.endings, run, wait_s)
    elif not await services.webhooks.start(run):
        run = await _recorded(services, run)
    return _answer(request, services, run)


@router.get("/hooks/runs/{run_id}", response_model=RunStatus)
async def show_run(run_id: str, token: str, request: Request, services: Services) -> Response:
    """How a run is going. `token` is part of the address that the start of the run was answered with."""
    run = None
    if services.signer.verify(_PURPOSE, token, STATUS_AGE_S) == run_id:
        async with services.store.begin() as records:
            run = await records.runs.get(run_id)
    if run is None:
        raise NotFoundError("There is no such run, or its address has expired.")
    return _answer(request, services, run, status=200)


async def _started_and_awaited(services: WebServices, endings: Endings, run: Run, wait_s: int) -> Run:
    """Start a run and return it as it is recorded when it has ended or the time is over.

    It is read when somebody says that it has ended, and once more when the time is over: what is said may be lost.
    """
    with endings.expect(run.id) as told:
        if not await services.webhooks.start(run) and (found := await _recorded(services, run)).state.is_final:
            return found
        with suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await told.wait()
    return await _recorded(services, run)


async def _recorded(services: WebServices, run: Run) -> Run:
    """The run as it is recorded now."""
    async with services.store.begin() as records:
        return await records.runs.get(run.id) or run


def _answer(request: Request, services: WebServices, run: Run, *, status: int = 0) -> Response:
    """200 for a run that has ended, else 202 and where to ask."""
    origin = services.public_origin.rstrip("/") or str(request.base_url).rstrip("/")
    url = f"{origin}/hooks/runs/{run.id}?token={services.signer.sign(_PURPOSE, run.id)}"
    failure = run.failure if run.state is RunState.FAILED else None
    shown = RunStatus(
        run_id=run.id,
        state=run.state,
        result=run.result,
        error=Problem(message=failure.message, advice=failure.advice) if failure else None,
        status_url=url,
    )
    is_over = run.state.is_final
    return Response(
        shown.model_dump_json(),
        status_code=status or (200 if is_over else 202),
        media_type="application/json",
        headers={} if is_over else {"Location": url},
    )


def _delivery_key(headers: Headers) -> str | None:
    """The sender's own id of this delivery, where no signature vouches for one."""
    for name in _DELIVERY_HEADERS:
        if value := headers.get(name):
            return hashed(name, value)
    return None


def _wait_s(request: Request) -> int:
    """How long the caller wants to wait for the end; 0: not at all. Raises InvalidValueError."""
    if (asked := request.query_params.get(WAIT)) is not None:
        if not _SECONDS.fullmatch(asked) or not 1 <= int(asked) <= LONGEST_WAIT_S:
            raise InvalidValueError(f"wait is a number of seconds from 1 to {LONGEST_WAIT_S}.")
        return int(asked)
    preferred = _PREFERRED_WAIT.search(request.headers.get("prefer", ""))
    return min(int(preferred[1]), LONGEST_WAIT_S) if preferred else 0
