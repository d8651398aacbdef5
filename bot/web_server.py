"""The web surface of a running Errand: gives it the parts that it needs of the app, and serves it on a socket. Knows no route."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from math import ceil

import uvicorn

from bot.app import App
from core.errors import StoreError
from core.rate import Rate


@asynccontextmanager
async def serve_web(app: App, listening: socket.socket, redis_url: str) -> AsyncIterator[None]:
    """Serve the web surface; returns once it listens."""
    from bot.web.app import create_web
    from bot.web.service import WebServices
    from worker.wake.connection import ping

    services = WebServices(
        handle_turn=app.answer,
        render=app.render,
        trace=app.trace,
        store=app.store,
        bus=app.ground.wake.bus,
        clock=app.clock,
        live=app.live,
        signer=app.ground.vault,
        files=app.ground.files,
        webhooks=app.webhooks,
        resumes=app.resumes,
        limiter=app.ground.wake.limiter,
        hook_rate=Rate.parse(app.settings.hook_rate),
        templates=app.templates,
        checks={"records": lambda: _check_store(app)},
        side_checks={
            "redis": lambda: ping(redis_url),
            "index": app.ground.understanding.retriever.problem,
            **{name: partial(app.surfaces.problem, name) for name in app.settings.surfaces},
        },
        ingress=lambda: app.surfaces.ingress,
        surfaces=app.surfaces.state if app.settings.surfaces else None,
        public_origin=app.settings.public_url,
        embed_origins=tuple(app.settings.embed_origins),
        upload_limit_bytes=app.ground.files.limit_bytes,
    )
    web = create_web(services)
    config = uvicorn.Config(
        web,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=ceil(app.settings.grace_s),
        ws="websockets-sansio",
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listening]), name="web")
    while not server.started and not task.done():
        await app.clock.sleep(0.005)
    try:
        yield
    finally:
        web.state.endings.close()
        server.should_exit = True
        await task


class _Server(uvicorn.Server):
    """Leaves signals to us."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _check_store(app: App) -> str:
    try:
        async with app.store.begin() as records:
            await records.people.count()
    except StoreError as error:
        return error.message
    return ""
