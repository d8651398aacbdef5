"""What `errand doctor` finds of Slack: which token is refused, which scope and which setting is missing. Changes nothing."""

from __future__ import annotations

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.finding import Finding
from bot.surfaces.slack.api import CALL_S, SlackApi
from bot.surfaces.slack.declared import SCOPES
from bot.surfaces.slack.reading import text_of
from core.errors import ErrandError
from core.settings import Settings


async def examine(settings: Settings) -> list[Finding]:
    """One finding for each thing that is missing, with what to do about it; else that nothing is."""
    if problems := await _problems(settings):
        return [Finding(name="slack", state="failed", text=problem) for problem in problems]
    return [Finding(name="slack", state="ok", text="its tokens are accepted, and all scopes are there")]


async def _problems(settings: Settings) -> list[str]:
    app_token = settings.slack_app_token.get_secret_value()
    is_http = settings.slack_mode == "http"
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=CALL_S)) as session:
        problems = await _bot(_api(settings, session, settings.slack_bot_token.get_secret_value()))
        if is_http and not settings.slack_signing_secret.get_secret_value():
            problems.append("ERRAND_SLACK_SIGNING_SECRET is not set: copy it from the app's Basic Information")
        if is_http and not settings.public_url:
            problems.append("ERRAND_PUBLIC_URL is not set: Slack must be able to call …/surfaces/slack/events there")
        if not is_http and not app_token:
            problems.append("ERRAND_SLACK_APP_TOKEN is not set: make an app-level token with connections:write")
        elif not is_http:
            problems += await _sockets(_api(settings, session, app_token))
    return problems


async def _bot(api: SlackApi) -> list[str]:
    try:
        answer, headers = await api.headers("auth.test")
    except ErrandError as error:
        return [f"{error.message} {error.advice}".strip()]
    given = {scope.strip() for scope in headers.get("x-oauth-scopes", "").split(",")}
    missing = [f"the scope {name} is missing, without which it cannot {what}" for name, what in SCOPES.items()]
    found = [text for name, text in zip(SCOPES, missing, strict=True) if name not in given]
    if not text_of(answer.get("bot_id")):
        found.append("ERRAND_SLACK_BOT_TOKEN is no bot token: take the one that begins with xoxb-")
    return found


async def _sockets(api: SlackApi) -> list[str]:
    try:
        await api.read("apps.connections.open")
    except ErrandError as error:
        return [
            f"ERRAND_SLACK_APP_TOKEN: {error.message} It needs the scope connections:write, and Socket Mode must be on."
        ]
    return []


def _api(settings: Settings, session: aiohttp.ClientSession, token: str) -> SlackApi:
    base = settings.slack_url.rstrip("/") + "/"
    return SlackApi(AsyncWebClient(token=token, base_url=base, session=session, retry_handlers=[]))
