"""What vendors of outside surfaces post reaches the adapter as it was sent, bounded, and health says how they are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.surface.host import HostState
from bot.surface.port import Health, Ingress, Request, Response
from core.errors import StoreError
from store.record import Backlog
from tests.fakes.web_server import serve_web

SIGNED = b'{"raw": "\xff bytes as they are"}'


async def test_a_delivery_reaches_its_adapter_byte_for_byte_and_its_answer_goes_back(tmp_path: Path) -> None:
    seen: list[Request] = []

    async def handle(request: Request) -> Response:
        seen.append(request)
        return Response(status=401, body=b"who are you", headers={"X-Why": "signature"})

    ingress = {"slack": [Ingress(path="events", handle=handle)]}
    async with serve_web(tmp_path, ingress=lambda: ingress) as web, web.client() as client:
        url = f"{web.origin}/surfaces/slack/events?x=1"
        headers = {"X-Slack-Signature": "v0=abc", "Origin": "https://evil.example", "Content-Type": "text/plain"}
        async with client.session.post(url, data=SIGNED, headers=headers) as answer:
            assert (answer.status, await answer.read()) == (401, b"who are you")
            assert answer.headers["X-Why"] == "signature"
    assert seen[0].body == SIGNED
    assert seen[0].query == "x=1"
    assert seen[0].headers["x-slack-signature"] == "v0=abc"


@pytest.mark.parametrize("path", ["slack/other", "discord/events", "slack/events/more"])
async def test_addresses_of_no_surface_are_not_there(tmp_path: Path, path: str) -> None:
    async with (
        serve_web(tmp_path) as web,
        web.client() as client,
        client.session.post(f"{web.origin}/surfaces/{path}", data=b"{}") as answer,
    ):
        assert answer.status == 404


async def test_a_delivery_that_is_too_large_reaches_nobody(tmp_path: Path) -> None:
    async def handle(_: Request) -> Response:
        raise AssertionError("it was read")

    ingress = {"slack": [Ingress(path="events", handle=handle)]}
    async with (
        serve_web(tmp_path, ingress=lambda: ingress) as web,
        web.client() as client,
        client.session.post(f"{web.origin}/surfaces/slack/events", data=b"x" * 1_000_001) as answer,
    ):
        assert answer.status == 413


async def test_health_says_how_surfaces_are_and_what_waits(tmp_path: Path) -> None:
    since = datetime.now(UTC) - timedelta(seconds=90)

    async def state() -> HostState:
        return HostState(
            surfaces={
                "slack": Health(is_connected=False, silent_s=42.0, problem="The token was revoked."),
                "discord": Health(is_connected=True, silent_s=1.0, ack_p95_ms=12.5, missed={"10062": 2}),
            },
            inbox={"slack": Backlog(count=3, since=since), "recording": Backlog(count=1, since=since)},
            postings={},
            given_up={"slack": 2},
        )

    async def problem() -> str:
        return "The token was revoked."

    async with (
        serve_web(tmp_path, surfaces=state, side_checks={"slack": problem}) as web,
        web.client() as client,
    ):
        health = await client.get("/healthz")
        ready = await client.get("/readyz")
    outside = health["outside"]
    slack, discord = outside["surfaces"]["slack"], outside["surfaces"]["discord"]
    assert (slack["connected"], slack["silent_s"], slack["problem"]) == (False, 42.0, "The token was revoked.")
    assert (slack["inbox"]["count"], slack["postings"], slack["missed"]) == (3, {"count": 0}, {})
    assert slack["inbox"]["oldest_s"] >= 90
    assert (slack["given_up"], discord["given_up"]) == (2, 0)
    assert (discord["ack_p95_ms"], discord["missed"], discord["inbox"]) == (12.5, {"10062": 2}, {"count": 0})
    assert outside["inbox"]["count"] == 4
    assert outside["inbox"]["oldest_s"] >= 90
    assert outside["postings"] == {"count": 0}
    assert ready["status"] == "degraded"
    assert ready["problems"] == {"slack": "The token was revoked."}
    assert ready["outside"]["surfaces"].keys() == outside["surfaces"].keys()


async def test_health_answers_without_the_records(tmp_path: Path) -> None:
    async def state() -> HostState:
        raise StoreError

    async with serve_web(tmp_path, surfaces=state) as web, web.client() as client:
        assert await client.get("/healthz") == {"status": "ok", "problems": {}}
