"""Opens the ports to everything outside that runs reach: web addresses, mail, databases, files, a language model."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.model import make_model
from core.clock import Clock
from core.settings import Settings
from tools.guard import AddressGuard
from tools.http import AioHttp
from tools.mail import SmtpImapMailBox
from tools.model import NoModel, OpenAIModel
from tools.outbound import Files
from tools.sql import SqlDatabase
from worker.ports import World


@asynccontextmanager
async def open_world(settings: Settings, files: Files, clock: Clock) -> AsyncIterator[World]:
    guard = AddressGuard(settings.allow_hosts)
    timeout_s = settings.outbound_timeout_s
    http = AioHttp(guard, timeout_s=timeout_s, limit_bytes=settings.outbound_limit_bytes)
    model = make_model(settings, timeout_s=4 * timeout_s) if settings.model_name else NoModel()
    try:
        yield World(
            http=http,
            mail=SmtpImapMailBox(guard, timeout_s=timeout_s, clock=clock),
            database=SqlDatabase(settings.files, guard.resolve, timeout_s=timeout_s),
            files=files,
            model=model,
        )
    finally:
        await http.close()
        if isinstance(model, OpenAIModel):
            await model.close()
