"""The pages, and signing in and out. No GET here changes anything."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from urllib.parse import parse_qs

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from agent.phrases import Phrases
from bot.web.conversation import Services, Signed
from bot.web.failure import problem_of, status_of
from bot.web.live import Hub
from bot.web.session import Sessions, clear_cookie, set_cookie
from bot.web.words import accepted_language, phrases_for
from core.errors import ErrandError, NotAllowedError

STATIC = Path(__file__).parent / "static"
router = APIRouter()
_SLOT = re.compile(r"\{\{([\w.]+)\}\}")

# Not `no-referrer`: with it browsers send `Origin: null` with the form, and the origin check would refuse it.
_LOGIN_HEADERS = {"Referrer-Policy": "same-origin"}


class PublicFiles(StaticFiles):
    """Static files that any page may load (embedding) and that browsers check again each time."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        return response


@router.get("/", include_in_schema=False)
async def show_panel(request: Request) -> HTMLResponse:
    """The chat panel; it asks by itself who is signed in."""
    return HTMLResponse(_page("index.html", await phrases_for(request)))


@router.get("/favicon.ico", include_in_schema=False)
async def show_favicon() -> FileResponse:
    return FileResponse(STATIC / "favicon.svg", media_type="image/svg+xml")


@router.get("/login", include_in_schema=False)
async def show_login(request: Request, token: str = "") -> HTMLResponse:
    """A page that sends the link's token by POST: by itself where scripts run, else by its button."""
    return HTMLResponse(_login_page(await phrases_for(request), token=token), headers=_LOGIN_HEADERS)


@router.post("/login", include_in_schema=False)
async def sign_in(request: Request, services: Services) -> Response:
    fields = parse_qs((await request.body()).decode("utf-8", "replace"), max_num_fields=10)
    sessions: Sessions = request.app.state.sessions
    language = accepted_language(request.headers.get("Accept-Language", ""))
    try:
        token, zone = (fields.get(name, [""])[0] for name in ("token", "zone"))
        cookie = await sessions.sign_in(token, zone=zone, language=language)
    except ErrandError as error:
        phrases = await phrases_for(request)
        page = _login_page(phrases, problem=_why_not(error, phrases))
        return HTMLResponse(page, status_code=status_of(error), headers=_LOGIN_HEADERS)
    response = RedirectResponse("/", status_code=303)
    set_cookie(response, cookie, is_secure=services.public_origin.startswith("https:"))
    return response


@router.post("/logout", status_code=204)
async def sign_out(request: Request, signed: Signed) -> Response:
    """End this session everywhere: its cookie is worthless afterwards, its sockets are closed."""
    sessions: Sessions = request.app.state.sessions
    hub: Hub = request.app.state.hub
    await sessions.end(signed.session_id)
    hub.close_session(signed.session_id)
    response = Response(status_code=204)
    clear_cookie(response)
    return response


def _why_not(error: ErrandError, phrases: Phrases) -> str:
    if isinstance(error, NotAllowedError):
        return f"{phrases.plain('panel.link_is_old')} {phrases.plain('panel.link_is_old_advice')}"
    problem = problem_of(error)
    return f"{problem.message} {problem.advice}".strip()


def _login_page(phrases: Phrases, *, token: str = "", problem: str = "") -> str:
    return _page("login.html", phrases, token=token, problem=problem)


def _page(name: str, phrases: Phrases, **slots: str) -> str:
    """A page of ours: `{{panel.…}}` in it is a sentence, any other name a slot."""
    filled = {"language": phrases.language} | slots
    page = (STATIC / name).read_text("utf-8")
    return _SLOT.sub(lambda slot: escape(filled[slot[1]] if slot[1] in filled else phrases.plain(slot[1])), page)
