"""The panel's own words, in the language of who looks at it: as a script that its modules import, and in the pages around it."""

from __future__ import annotations

import json
from functools import cache

from fastapi import APIRouter, Request, Response

from agent.phrases import Phrases, languages, load_phrases
from bot.web.session import COOKIE, Sessions
from core.errors import ErrandError

router = APIRouter()
_HEADERS = {
    "Cache-Control": "no-store",
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


def accepted_language(header: str) -> str:
    """The first of a browser's languages that there are sentences for (RFC 9110, 12.5.4); English when there is none."""
    wanted = []
    for part in header.split(","):
        tag, _, weight = part.partition(";")
        number = weight.strip().removeprefix("q=") or "1"
        wanted.append(
            (-float(number) if number.replace(".", "", 1).isdigit() else 0.0, tag.strip().partition("-")[0].lower())
        )
    return next((tag for _, tag in sorted(wanted, key=lambda one: one[0]) if tag in languages()), "en")


async def phrases_for(request: Request) -> Phrases:
    """The sentences for who is signed in; else for the browser."""
    sessions: Sessions = request.app.state.sessions
    try:
        signed = await sessions.find(request.cookies.get(COOKIE))
    except ErrandError:  # the records do not answer: that is for the page to say, in some language
        signed = None
    header = request.headers.get("Accept-Language", "")
    return _phrases(signed.person.locale if signed else accepted_language(header))


@router.get("/static/words.js", include_in_schema=False)
async def show_words(request: Request) -> Response:
    """What the panel's modules import as `words.js`."""
    return Response(_script((await phrases_for(request)).language), media_type="text/javascript", headers=_HEADERS)


@cache
def _phrases(locale: str) -> Phrases:
    return load_phrases(locale)


@cache
def _script(language: str) -> str:
    phrases = _phrases(language)
    exported = {
        "language": language,
        "languages": {one: _phrases(one).plain("panel.own_name") for one in languages()},
        "panel": _group(phrases, "panel"),
        "categories": _group(phrases, "category"),
    }
    return "\n".join(
        f"export const {name} = {json.dumps(value, ensure_ascii=False)};" for name, value in exported.items()
    )


def _group(phrases: Phrases, group: str) -> dict[str, str]:
    """The sentences of a group by their plain names; their slots are the page's to fill."""
    keys = [key for key in phrases.keys if key.startswith(f"{group}.")]
    return {
        key.removeprefix(f"{group}."): phrases.plain(key, **{slot: f"{{{slot}}}" for slot in phrases.slots(key)})
        for key in keys
    }
