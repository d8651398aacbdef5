"""`errand doctor`: looks at everything Errand needs and says what to do where it is not in place. Changes nothing."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from importlib import import_module

from bot import given_up
from bot.data_folder import serving
from bot.finding import Finding
from bot.library import read_library
from bot.records import database_url, open_vault
from bot.redis_server import find_redis_server
from bot.usage import list_usage
from core.errors import ErrandError
from core.settings import Settings
from store.sql.migrate import is_current
from tools.guard import AddressGuard

_PRIVATE = 0o077


Look = Callable[[Settings], Awaitable[Finding]]


async def examine(settings: Settings) -> list[Finding]:
    """Return one finding for each thing, in the order in which a start needs them."""
    found = [await _looked(name, look, settings) for name, look in _LOOKS.items()]
    for name in settings.surfaces:
        found += await _surface(name, settings)
    return found


async def _surface(name: str, settings: Settings) -> list[Finding]:
    """What the adapter itself finds: settings, tokens, and the rights that they have."""
    try:
        findings: list[Finding] = await import_module(f"bot.surfaces.{name}.doctor").examine(settings)
    except ErrandError as error:
        return [Finding(name=name, state="failed", text=f"{error.message} {error.advice}".strip())]
    return findings


async def _looked(name: str, look: Look, settings: Settings) -> Finding:
    try:
        return await look(settings)
    except ErrandError as error:
        return Finding(name=name, state="failed", text=f"{error.message} {error.advice}".strip())


async def _python(_: Settings) -> Finding:
    return Finding(name="python", state="ok", text=sys.version.split()[0])


async def _data(settings: Settings) -> Finding:
    folder = settings.data
    if not folder.exists():
        return Finding(name="data", state="note", text=f"{folder} is made at the first start")
    if folder.stat().st_mode & _PRIVATE:
        return Finding(name="data", state="failed", text=f"{folder} can be read by others: chmod 700 {folder}")
    running = serving(folder)
    return Finding(name="data", state="ok", text=f"{folder}" + (f", served at {running.url}" if running else ""))


async def _keys(settings: Settings) -> Finding:
    if not settings.data.exists() and not settings.secret_keys:
        return Finding(name="keys", state="note", text="a key file is made at the first start")
    open_vault(settings)
    where = "ERRAND_SECRET_KEYS" if settings.secret_keys else f"the key file in {settings.data}"
    return Finding(name="keys", state="ok", text=f"from {where}; keep a copy, connected accounts depend on them")


async def _database(settings: Settings) -> Finding:
    shown = settings.database_url.partition("@")[2] or "SQLite in the data folder"
    if not settings.database_url and not settings.data.exists():
        return Finding(name="database", state="note", text=f"{shown}, made at the first start")
    is_ready = await is_current(database_url(settings))
    return Finding(
        name="database",
        state="ok" if is_ready else "note",
        text=shown if is_ready else f"{shown} is brought up to date at the next start",
    )


async def _redis(settings: Settings) -> Finding:
    if not settings.redis_url:
        return Finding(name="redis", state="ok", text=f"embedded: {find_redis_server().name}")
    from worker.wake.connection import ping

    problem = await ping(settings.redis_url)
    return Finding(name="redis", state="failed" if problem else "ok", text=problem or "reachable")


async def _library(settings: Settings) -> Finding:
    library = read_library(settings)
    return Finding(
        name="catalog", state="ok", text=f"{len(library.catalog)} templates, {len(library.steps)} step types"
    )


async def _guard(settings: Settings) -> Finding:
    AddressGuard(settings.allow_hosts)
    allowed = ", ".join(settings.allow_hosts)
    return Finding(name="network", state="ok", text=f"private hosts that steps may reach: {allowed or 'none'}")


async def _model(settings: Settings) -> Finding:
    if not settings.model_name:
        return Finding(name="model", state="note", text="none; Errand works without one (ERRAND_MODEL_NAME sets one)")
    reads = "reads what people write" if settings.has_llm else "serves steps only (ERRAND_INTERPRETER)"
    spent = await _spent(settings)
    return Finding(name="model", state="ok", text=f"{settings.model_name} at {settings.model_url} {reads}{spent}")


async def _spent(settings: Settings) -> str:
    """What it did today, once there are records."""
    if not await is_current(database_url(settings)):
        return ""
    today = (await list_usage(settings, days=1))[-1]
    used = int(str(today["prompt_tokens"])) + int(str(today["answer_tokens"]))
    limit = f" of {settings.model_daily_tokens:,}" if settings.model_daily_tokens else ""
    return f"; today {today['questions']} questions, {used:,}{limit} tokens, cost {today['cost']:.4f}"


async def _surfaces(settings: Settings) -> Finding:
    names = ", ".join(map(str.capitalize, settings.surfaces))
    hint = "none; ERRAND_SLACK_BOT_TOKEN or ERRAND_DISCORD_TOKEN connects one"
    return Finding(name="surfaces", state="ok" if names else "note", text=f"web, terminal, {names}" if names else hint)


_LOOKS: dict[str, Look] = {
    "python": _python,
    "data": _data,
    "keys": _keys,
    "database": _database,
    "redis": _redis,
    "catalog": _library,
    "network": _guard,
    "model": _model,
    "surfaces": _surfaces,
    "messages": given_up.look,
}
