"""Signing in and out, and what is refused to those who did not."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from http.cookies import SimpleCookie
from pathlib import Path

import aiohttp
import pytest

from bot.web.session import make_login_link
from core.clock import SystemClock
from store.record import Role
from tests.fakes.clock import FixedClock
from tests.fakes.web_server import Client, WebServer, serve_web

PRIVATE = [
    ("GET", "/api/me"),
    ("GET", "/api/accounts"),
    ("PATCH", "/api/me"),
    ("GET", "/api/templates"),
    ("GET", "/api/conversations"),
    ("POST", "/api/conversations"),
    ("GET", "/api/conversations/cnv_1/messages"),
    ("POST", "/api/conversations/cnv_1/messages"),
    ("POST", "/api/conversations/cnv_1/seen"),
    ("GET", "/api/runs/run_1/trace"),
    ("GET", "/api/files"),
    ("POST", "/api/files?name=a.txt"),
    ("GET", "/api/files/a.txt"),
    ("POST", "/logout"),
]


async def test_the_list_of_private_routes_is_complete(web: WebServer) -> None:
    """Whatever is added under /api must be tried without a session below."""
    async with web.client() as client:
        paths = (await client.get("/openapi.json"))["paths"]
    names = {"cnv_1": "{conversation_id}", "run_1": "{run_id}", "a.txt": "{path}"}
    known = {"/".join(names.get(part, part) for part in path.partition("?")[0].split("/")) for _, path in PRIVATE}
    assert {path for path in paths if path.startswith("/api/")} == known - {"/logout"}


@pytest.mark.parametrize(("method", "path"), PRIVATE)
async def test_without_a_session_nothing_is_told(web: WebServer, method: str, path: str) -> None:
    async with web.client() as client:
        answer = await client.call(method, path, expect=401)
    assert answer["error"]["message"] == "You are not signed in."
    assert answer["error"]["advice"]


async def test_opening_a_link_changes_nothing_until_its_form_is_sent(web: WebServer) -> None:
    """A link preview opens links; it must not use them up."""
    link = (await web.login_link()).removeprefix(web.origin)
    async with web.client() as preview:
        for _ in range(3):
            assert "<form" in await preview.get(link)
        await preview.get("/api/me", expect=401)
    token = link.partition("token=")[2]
    async with web.client() as client:
        await client.post("/login", data={"token": token}, expect=303)
        await client.get("/api/me")


async def test_a_link_is_valid_once(web: WebServer) -> None:
    token = (await web.login_link()).partition("token=")[2]

    async def use() -> int:
        async with (
            web.client() as client,
            client.session.post(
                "/login", data={"token": token}, headers={"Origin": web.origin}, allow_redirects=False
            ) as answer,
        ):
            return answer.status

    assert sorted(await asyncio.gather(*(use() for _ in range(5)))) == [303, 403, 403, 403, 403]


async def test_a_used_link_says_what_to_do(web: WebServer) -> None:
    async with web.client() as client:
        page = await client.post("/login", data={"token": "made-up"}, expect=403)
    assert "was used already or is too old" in page
    assert "<script>" not in page


async def test_a_link_expires_after_an_hour(tmp_path: Path) -> None:
    clock = FixedClock(SystemClock().now())
    async with serve_web(tmp_path, clock=clock) as web:
        token = (await web.login_link()).partition("token=")[2]
        clock.move(timedelta(hours=1).total_seconds())
        async with web.client() as client:
            await client.post("/login", data={"token": token}, expect=403)


async def test_a_session_ends_after_thirty_days(tmp_path: Path) -> None:
    clock = FixedClock(SystemClock().now())
    async with serve_web(tmp_path, clock=clock) as web, web.signed_in() as client:
        await client.get("/api/me")
        clock.move(timedelta(days=30).total_seconds())
        await client.get("/api/me", expect=401)


@pytest.mark.parametrize(("public", "is_secure"), [("", False), ("https://errand.example.com", True)])
async def test_the_cookie_is_http_only_strict_and_secure_behind_tls(
    tmp_path: Path, public: str, is_secure: bool
) -> None:
    async with serve_web(tmp_path, public_origin=public) as web, web.client() as client:
        token = (await web.login_link()).partition("token=")[2]
        async with client.session.post(
            "/login", data={"token": token}, headers={"Origin": web.origin}, allow_redirects=False
        ) as answer:
            cookie = SimpleCookie(answer.headers["Set-Cookie"])["errand_session"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "strict"
    assert bool(cookie["secure"]) is is_secure
    assert cookie["domain"] == ""


async def test_the_first_person_is_the_owner_and_the_browser_tells_the_zone_once(web: WebServer) -> None:
    async with web.signed_in(zone="Asia/Tokyo") as owner:
        shown = await owner.get("/api/me")
    assert (shown["role"], shown["time_zone"], shown["name"]) == (Role.OWNER, "Asia/Tokyo", "Owner")
    async with web.signed_in("ines", zone="Not/AZone") as ines:
        shown = await ines.get("/api/me")
        assert (shown["role"], shown["time_zone"]) == (Role.MEMBER, "UTC")
    async with web.signed_in(zone="Europe/Paris") as owner:
        assert (await owner.get("/api/me"))["time_zone"] == "Asia/Tokyo"


async def test_making_links_again_finds_the_same_person(web: WebServer) -> None:
    services = web.services
    for _ in range(2):
        await make_login_link(store=services.store, clock=services.clock, origin="http://x", time_zone="UTC")
    async with services.store.begin() as records:
        assert await records.people.count() == 1


@pytest.mark.parametrize("cookie", ["", "x", "gAAAAAbroken", "usr_1", "\u00e9"])
async def test_a_forged_cookie_is_no_session(web: WebServer, cookie: str) -> None:
    async with web.client() as client:
        await client.get("/api/me", headers={"Cookie": f"errand_session={cookie}"}, expect=401)


async def test_signing_out_ends_the_session_on_the_server_and_its_sockets(web: WebServer, me: Client) -> None:
    """Whoever copied the cookie has nothing either."""
    conversation = await me.start()
    copied = {"Cookie": "; ".join(f"{one.key}={one.value}" for one in me.session.cookie_jar)}
    async with me.stream(conversation) as stream:
        await stream.until("live")
        await me.post("/logout", expect=204)
        message = await asyncio.wait_for(stream.socket.receive(), 5)
        assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, 4401)
    await me.get("/api/me", expect=401)
    async with web.client() as thief:
        await thief.get("/api/me", headers=copied, expect=401)


FOREIGN = [None, "null", "https://evil.example", "http://127.0.0.1:1", "http://127.0.0.1.evil.example", "x"]


@pytest.mark.parametrize("origin", FOREIGN)
async def test_other_sites_change_nothing(web: WebServer, me: Client, origin: str | None) -> None:
    await me.post("/api/conversations", origin=origin, expect=403)
    await me.call("PATCH", "/api/me", origin=origin, json={"name": "x"}, expect=403)
    await me.post("/logout", origin=origin, expect=403)
    token = (await web.login_link()).partition("token=")[2]
    await me.post("/login", data={"token": token}, origin=origin, expect=403)
    assert (await me.get("/api/me"))["name"] == "Owner"


@pytest.mark.parametrize("origin", FOREIGN)
async def test_other_sites_hear_nothing(me: Client, origin: str | None) -> None:
    """The handshake is refused before it is accepted."""
    conversation = await me.start()
    headers = {"Origin": origin} if origin else {}
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await me.session.ws_connect(f"/api/conversations/{conversation}/stream", headers=headers)
    assert refused.value.status == 403


async def test_a_socket_needs_a_session_and_an_own_conversation(web: WebServer, me: Client) -> None:
    conversation = await me.start()
    async with web.client() as nobody, web.signed_in("ines") as ines:
        for client, path, status in ((nobody, conversation, 401), (ines, conversation, 404), (me, "cnv_none", 404)):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                async with client.stream(path):
                    pass
            assert refused.value.status == status


async def test_behind_tls_the_public_origin_counts(tmp_path: Path) -> None:
    async with serve_web(tmp_path, public_origin="https://errand.example.com/") as web, web.signed_in() as client:
        # The proxy speaks plain HTTP to us; the test's client keeps a Secure cookie from that line, so it is copied.
        cookie = {"Cookie": "; ".join(f"{one.key}={one.value}" for one in client.session.cookie_jar)}
        await client.post("/api/conversations", origin="https://errand.example.com", headers=cookie, expect=201)
        await client.post("/api/conversations", origin="https://evil.example", headers=cookie, expect=403)


async def test_pages_that_may_embed_get_cors_with_credentials(tmp_path: Path) -> None:
    page = "http://team.example.com"
    async with serve_web(tmp_path, embed_origins=[page]) as web, web.signed_in() as client:
        async with client.session.get("/api/me", headers={"Origin": page}) as answer:
            assert answer.headers["Access-Control-Allow-Origin"] == page
            assert answer.headers["Access-Control-Allow-Credentials"] == "true"
            assert f"frame-ancestors {page}" in answer.headers["Content-Security-Policy"]
        await client.post("/api/conversations", origin=page, expect=201)
        async with client.session.get("/api/me", headers={"Origin": "http://other.example"}) as answer:
            assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("path", ["/", "/login?token=x", "/static/errand-chat.js", "/api/me", "/nowhere", "/healthz"])
async def test_every_answer_carries_the_security_headers(web: WebServer, path: str) -> None:
    async with web.client() as client, client.session.get(path) as answer:
        headers = answer.headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] in ("no-referrer", "same-origin")
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
