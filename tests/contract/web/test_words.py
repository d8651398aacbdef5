"""The panel's words: of the person's language, else of the browser's."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agent.phrases import languages, load_phrases
from bot.web.words import accepted_language
from tests.fakes.web_server import Client, WebServer


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("nl-NL,nl;q=0.9,fr;q=0.5,pt;q=0.7", "pt"),
        ("zh-CN", "zh"),
        ("en-GB", "en"),
        ("fil,es;q=0", "es"),
        ("", "en"),
        ("*", "en"),
        ("de;q=much,;;,en", "en"),
    ],
)
def test_the_browsers_first_language_that_errand_speaks_is_taken(header: str, language: str) -> None:
    assert accepted_language(header) == language


async def _words(client: Client, language: str = "") -> dict[str, Any]:
    """What the script exports, by name."""
    script = await client.get("/static/words.js", headers={"Accept-Language": language})
    lines = [line.removeprefix("export const ").removesuffix(";") for line in script.splitlines()]
    return {name: json.loads(value) for name, _, value in (line.partition(" = ") for line in lines)}


@pytest.mark.parametrize("language", languages())
async def test_the_script_has_all_words_of_the_panel_with_their_slots(web: WebServer, language: str) -> None:
    phrases = load_phrases(language)
    async with web.client() as client:
        words = await _words(client, language)
    keys = {key.removeprefix("panel.") for key in phrases.keys if key.startswith("panel.")}
    assert (words["language"], set(words["panel"])) == (language, keys)
    assert "{names}" in words["panel"]["something_new_in"]
    assert set(words["languages"]) == set(languages())
    assert words["categories"]["files"] == phrases.plain("category.files")


async def test_the_first_sign_in_takes_the_browsers_language_and_the_account_changes_it(web: WebServer) -> None:
    async with web.signed_in(language="de-DE") as client:
        assert (await client.get("/api/me"))["locale"] == "de"
        assert (await _words(client, "fr"))["language"] == "de", "the person's, not the browser's"
        assert (await client.call("PATCH", "/api/me", json={"locale": "es"}))["locale"] == "es"
        assert (await _words(client, "fr"))["panel"]["send"] == "Enviar"
        assert '<html lang="es">' in await client.get("/")
        await client.call("PATCH", "/api/me", json={"locale": "tlh"}, expect=400)
    async with web.signed_in(language="fr") as client:
        assert (await client.get("/api/me"))["locale"] == "es", "taken once"


async def test_signing_in_speaks_the_browsers_language(web: WebServer) -> None:
    headers = {"Accept-Language": "de"}
    async with web.client() as client:
        page = await client.get("/login?token=%22%3E%3Cb%3E", headers=headers)
        assert '<html lang="de">' in page
        assert "Anmelden" in page
        assert 'value="&quot;&gt;&lt;b&gt;"' in page
        assert "{{" not in page
        refused = await client.post("/login", data={"token": "{{problem}}"}, headers=headers, expect=403)
        assert "Dieser Anmeldelink wurde schon benutzt" in refused


async def test_a_page_of_another_origin_may_load_the_words(web: WebServer) -> None:
    async with web.client() as client, client.session.get("/static/words.js") as answer:
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Content-Type"].startswith("text/javascript")
