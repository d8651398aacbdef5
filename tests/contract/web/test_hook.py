"""Webhooks, which come from anywhere and need no session."""

from __future__ import annotations

import pytest

from tests.fakes.web_server import WebServer

SECRET = "s3cret-Path_part"


@pytest.mark.parametrize(
    ("content_type", "body", "seen"),
    [
        ("application/json", b'{"a": [1, null]}', {"a": [1, None]}),
        ("application/vnd.github+json; charset=utf-8", b'"x"', "x"),
        ("application/json", b"", None),
        ("application/x-www-form-urlencoded", b"a=1&b=x%20y&b=z&c=", {"a": "1", "b": ["x y", "z"], "c": ""}),
        ("text/plain", "grüße".encode(), "grüße"),
        ("application/octet-stream", b"\xff\x00a", "\ufffda"),
        ("application/json", b'{"a": "\\u0000b"}', {"a": "b"}),
    ],
)
async def test_bodies_of_every_kind_start_a_run(web: WebServer, content_type: str, body: bytes, seen: object) -> None:
    web.hooks.secrets.add(SECRET)
    async with web.client() as client:
        answer = await client.post(
            f"/hooks/{SECRET}?from=x",
            origin=None,
            data=body,
            headers={"Content-Type": content_type, "Authorization": "Bearer abc"},
            expect=202,
        )
    assert answer["run_id"].startswith("run_")
    (fired,) = web.hooks.fired
    assert fired["body"] == seen
    assert fired["query"] == {"from": "x"}
    assert fired["headers"]["content-type"] == content_type
    assert "abc" not in str(fired)


@pytest.mark.parametrize("header", ["Idempotency-Key", "X-GitHub-Delivery"])
async def test_a_repeated_delivery_starts_one_run(web: WebServer, header: str) -> None:
    web.hooks.secrets.add(SECRET)
    async with web.client() as client:
        calls = [(await client.post(f"/hooks/{SECRET}", headers={header: key}, expect=202))["run_id"] for key in "aab"]
        without = [(await client.post(f"/hooks/{SECRET}", expect=202))["run_id"] for _ in range(2)]
    assert calls[0] == calls[1] != calls[2]
    assert without[0] != without[1]


@pytest.mark.parametrize("secret", ["unknown", "x" * 3000, "%00", SECRET.lower(), "a%2Fb"])
async def test_an_unknown_secret_is_not_found(web: WebServer, secret: str) -> None:
    web.hooks.secrets.add(SECRET)
    async with web.client() as client:
        await client.post(f"/hooks/{secret}", json={}, expect=404)
    assert not web.hooks.fired


async def test_bad_json_and_too_much_are_refused(web: WebServer) -> None:
    web.hooks.secrets.add(SECRET)
    async with web.client() as client:
        json_type = {"Content-Type": "application/json"}
        await client.post(f"/hooks/{SECRET}", data=b"{", headers=json_type, expect=400)
        await client.post(f"/hooks/{SECRET}", data=b"x" * 1_000_001, expect=413)
    assert not web.hooks.fired


async def test_looking_at_a_hook_starts_nothing(web: WebServer) -> None:
    web.hooks.secrets.add(SECRET)
    async with web.client() as client:
        await client.get(f"/hooks/{SECRET}", expect=405)
    assert not web.hooks.fired
