"""Puts the web surface together. Which implementations stand behind its services is the composition root's choice."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import PackageNotFoundError, version

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from starlette.exceptions import HTTPException

from bot.web import account, conversation, file, health, hook, page, resume, run, stream, surface, words
from bot.web.attached import take_turn
from bot.web.ending import Endings
from bot.web.failure import answer_of
from bot.web.guard import Guard, Origins
from bot.web.live import Hub
from bot.web.service import WebServices
from bot.web.session import Sessions
from bot.web.turn import Turns
from bot.web.wire import Failure
from core.errors import ErrandError

_LOG = logging.getLogger(__name__)


def create_web(services: WebServices) -> FastAPI:
    """Return the ASGI application. Its lifespan follows the event bus; at the end open sockets are asked to come back."""
    app = FastAPI(
        title="Errand",
        version=_version(),
        summary="A chat-first automation bot.",
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        responses={"4XX": {"model": Failure}, "5XX": {"model": Failure}},
    )
    app.state.services = services
    app.state.sessions = Sessions(services.store, services.clock, services.signer)
    app.state.turns = Turns(partial(take_turn, services))
    app.state.hub = Hub(services)
    app.state.endings = Endings(services.bus, services.clock)
    for module in (conversation, stream, run, file, hook, resume, surface, account, words, page, health):
        app.include_router(module.router)
    app.mount("/static", page.PublicFiles(directory=page.STATIC))
    for kind in (ErrandError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, _answer)
    if services.embed_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(services.embed_origins),
            allow_credentials=True,
            allow_methods=["GET", "POST", "PATCH"],
            allow_headers=["Content-Type"],
        )
    origins = Origins(public=services.public_origin.rstrip("/"), embed=tuple(services.embed_origins))
    app.add_middleware(Guard, origins=origins, upload_limit_bytes=services.upload_limit_bytes)
    return app


async def _answer(_: Request, error: Exception) -> Response:
    return answer_of(error)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    hub: Hub = app.state.hub
    turns: Turns = app.state.turns
    endings: Endings = app.state.endings
    following = [asyncio.create_task(part.run()) for part in (hub, endings)]
    for task in following:
        task.add_done_callback(_say_if_broken)
    yield
    for task in following:
        task.cancel()
    await asyncio.gather(*following, return_exceptions=True)
    await turns.drain()


def _say_if_broken(task: asyncio.Task[None]) -> None:
    """Without the hub, sockets still look at the records at each beat; the operator should know all the same."""
    if not task.cancelled() and (error := task.exception()):
        _LOG.error("live updates stopped", exc_info=error)


def _version() -> str:
    try:
        return version("errand")
    except PackageNotFoundError:
        return "0"
