"""Webhooks, which come from anywhere and need no session."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.rate import Rate
from store.record import Run, RunState, WorkflowState
from tests.contract.worker.lab import until
from tests.fakes.web_server import Limiter, WebServer, serve_web

SECRET = "s3cret-Path_part"
JSON = {"Content-Type": "application/json"}


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
    await web.hooks.add(SECRET)
    async with web.client() as client:
        answer = await client.post(
            f"/hooks/{SECRET}?from=x",
            origin=None,
            data=body,
            headers={"Content-Type": content_type, "Authorization": "Bearer abc"},
            expect=202,
        )
    (run,) = await web.hooks.runs()
    assert (answer["run_id"], answer["state"], answer["result"]) == (run.id, "queued", None)
    assert run.input["body"] == seen
    assert run.input["query"] == {"from": "x"}
    assert run.input["headers"]["content-type"] == content_type  # type: ignore[index,call-overload]  # JSON by construction
    assert "abc" not in str(run.input)
    assert web.hooks.queue.woken == [run.id]


async def test_a_flood_on_one_address_is_told_when_to_come_back(tmp_path: Path) -> None:
    limiter = Limiter()
    async with serve_web(tmp_path, limiter=limiter, hook_rate=Rate(7, 60)) as web, web.client() as client:
        await web.hooks.add(SECRET)
        await client.post(f"/hooks/{SECRET}", expect=202)
        limiter.wait_s = 2.2
        async with client.session.post(f"/hooks/{SECRET}") as answer:
            assert (answer.status, answer.headers["Retry-After"]) == (429, "3")
            assert (await answer.json())["error"]["message"] == "That is too often."
        assert len(await web.hooks.runs()) == 1
    assert len(set(limiter.asked)) == 1
    assert SECRET not in str(limiter.asked), "the address is a secret, also in Redis"


@pytest.mark.parametrize("header", ["Idempotency-Key", "X-GitHub-Delivery", "webhook-id"])
async def test_a_repeated_delivery_starts_one_run(web: WebServer, header: str) -> None:
    await web.hooks.add(SECRET)
    async with web.client() as client:
        calls = [(await client.post(f"/hooks/{SECRET}", headers={header: key}, expect=202))["run_id"] for key in "aab"]
        without = [(await client.post(f"/hooks/{SECRET}", expect=202))["run_id"] for _ in range(2)]
    assert calls[0] == calls[1] != calls[2]
    assert without[0] != without[1]
    assert len(web.hooks.queue.woken) == 4


async def test_deliveries_at_the_same_moment_are_one_run_for_each_key(web: WebServer) -> None:
    await web.hooks.add(SECRET)
    async with web.client() as client:
        keys = [f"key-{number % 5}" for number in range(40)]
        calls = [client.post(f"/hooks/{SECRET}", headers={"Idempotency-Key": key}, expect=202) for key in keys]
        ids = [answer["run_id"] for answer in await asyncio.gather(*calls)]
    assert len(set(ids)) == len(await web.hooks.runs()) == len(web.hooks.queue.woken) == 5


@pytest.mark.parametrize("secret", ["unknown", "x" * 3000, "%00", SECRET.lower(), "a%2Fb", "%F0%9F%98%80"])
async def test_an_unknown_secret_is_not_found(web: WebServer, secret: str) -> None:
    await web.hooks.add(SECRET)
    async with web.client() as client:
        await client.post(f"/hooks/{secret}", json={}, expect=404)
    assert not await web.hooks.runs()


async def test_what_is_paused_or_was_never_approved_starts_nothing(web: WebServer) -> None:
    await web.hooks.add("ended", is_active=False)
    await web.hooks.add("paused", state=WorkflowState.PAUSED)
    await web.hooks.add("draft", is_approved=False)
    async with web.client() as client:
        for secret in ("ended", "paused", "draft"):
            await client.post(f"/hooks/{secret}", json={}, expect=404)
    assert not await web.hooks.runs()


async def test_a_pause_counts_at_once_although_the_yes_is_remembered(web: WebServer) -> None:
    trigger = await web.hooks.add(SECRET)
    async with web.client() as client:
        await client.post(f"/hooks/{SECRET}", expect=202)
        async with web.services.store.begin() as records:
            await records.workflows.set_state(trigger.workflow_id, WorkflowState.PAUSED, at=web.services.clock.now())
        await client.post(f"/hooks/{SECRET}", expect=404)
    assert len(await web.hooks.runs()) == 1


async def test_what_cannot_be_read_or_is_too_much_is_refused_clearly(web: WebServer) -> None:
    await web.hooks.add(SECRET)
    path = f"/hooks/{SECRET}"

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(11):
            yield b"x" * 100_000

    async with web.client() as client:
        await client.post(path, data=b"{", headers=JSON, expect=400)
        await client.post(path, data=b"[" * 900 + b"]" * 900, headers=JSON, expect=400)
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        await client.post(path, data=b"a=1&" * 1001, headers=form, expect=400)
        for data in (b"x" * 1_000_001, endless()):
            problem = (await client.post(path, data=data, expect=413))["error"]
            assert "1,000,000 bytes" in problem["message"]
            assert problem["advice"]
    assert not await web.hooks.runs()


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
async def test_only_a_post_starts_anything(web: WebServer, method: str) -> None:
    await web.hooks.add(SECRET)
    async with web.client() as client:
        await client.call(method, f"/hooks/{SECRET}", expect=405)
    assert not await web.hooks.runs()


# signatures


def stripe_header(key: str, body: bytes, *, at: int) -> dict[str, str]:
    mac = hmac.new(key.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return {"Stripe-Signature": f"t={at},v1={mac}"}


async def test_a_wrong_or_missing_signature_starts_nothing(web: WebServer) -> None:
    await web.hooks.add(SECRET, scheme="github", key="k3y")
    path, body = f"/hooks/{SECRET}", b'{"a":1}'
    mac = hmac.new(b"k3y", body, hashlib.sha256).hexdigest()
    async with web.client() as client:
        missing = await client.post(path, data=body, headers=JSON, expect=401)
        assert "x-hub-signature-256" in missing["error"]["message"]
        wrong = JSON | {"X-Hub-Signature-256": "sha256=" + "0" * 64}
        assert (await client.post(path, data=body, headers=wrong, expect=401))["error"]["advice"]
        right = JSON | {"X-Hub-Signature-256": f"sha256={mac}"}
        await client.post(path, data=b'{"a": 1}', headers=right, expect=401)
        await client.post(path, data=b"{", headers=JSON, expect=401)
        assert not await web.hooks.runs()
        await client.post(path, data=body, headers=right, expect=202)
    assert await web.hooks.seen() == {"a": 1}


async def test_a_signed_delivery_that_is_sent_again_is_the_run_that_there_is(web: WebServer) -> None:
    """Whatever unsigned headers the copy comes with; a new signature over another body is a new run."""
    await web.hooks.add(SECRET, scheme="stripe", key="whsec_1")
    path, now = f"/hooks/{SECRET}", int(time.time())
    first, second = stripe_header("whsec_1", b"{}", at=now), stripe_header("whsec_1", b'{"b":1}', at=now)
    async with web.client() as client:
        started = await client.post(path, data=b"{}", headers=JSON | first, expect=202)
        again = await client.post(path, data=b"{}", headers=JSON | first | {"Idempotency-Key": "new"}, expect=202)
        other = await client.post(path, data=b'{"b":1}', headers=JSON | second, expect=202)
    assert started["run_id"] == again["run_id"] != other["run_id"]


async def test_an_event_that_is_signed_anew_is_known_by_its_id(web: WebServer) -> None:
    await web.hooks.add(SECRET, scheme="stripe", key="whsec_1")
    path, body, now = f"/hooks/{SECRET}", b'{"id": "evt_1"}', int(time.time())
    async with web.client() as client:
        for at in (now - 200, now):
            headers = JSON | stripe_header("whsec_1", body, at=at)
            await client.post(path, data=body, headers=headers, expect=202)
        old = await client.post(
            path, data=body, headers=JSON | stripe_header("whsec_1", body, at=now - 400), expect=401
        )
    assert "5 minutes" in old["error"]["message"]
    assert len(await web.hooks.runs()) == 1


async def test_slack_is_answered_its_challenge_and_nothing_starts(web: WebServer) -> None:
    await web.hooks.add("open")
    await web.hooks.add("signed", scheme="slack", key="k3y")
    await web.hooks.add("stripe", scheme="stripe", key="k3y")
    body, now = b'{"type": "url_verification", "challenge": "c0ffee"}', int(time.time())
    mac = hmac.new(b"k3y", f"v0:{now}:".encode() + body, hashlib.sha256).hexdigest()
    headers = JSON | {"X-Slack-Request-Timestamp": str(now), "X-Slack-Signature": f"v0={mac}"}
    async with web.client() as client:
        assert await client.post("/hooks/open", data=body, headers=JSON) == "c0ffee"
        assert await client.post("/hooks/signed", data=body, headers=headers) == "c0ffee"
        await client.post("/hooks/signed", data=body, headers=JSON, expect=401)
        assert not await web.hooks.runs()
        await client.post("/hooks/stripe", data=body, headers=JSON | stripe_header("k3y", body, at=now), expect=202)


# waiting for the result


async def started(web: WebServer, number: int = 1) -> list[Run]:
    """The runs, once so many are there."""
    found: list[Run] = []

    async def are_there() -> bool:
        found[:] = await web.hooks.runs()
        return len(found) == number

    await until(are_there)
    return found


@pytest.mark.parametrize(
    ("query", "headers"), [("?wait=20", {}), ("", {"Prefer": "wait=20"}), ("", {"Prefer": "respond-async, wait=900"})]
)
async def test_the_answer_can_wait_for_the_result(web: WebServer, query: str, headers: dict[str, str]) -> None:
    await web.hooks.add(SECRET)
    async with web.client() as client:
        calling = asyncio.create_task(client.post(f"/hooks/{SECRET}{query}", headers=headers))
        (run,) = await started(web)
        await web.hooks.end(run)
        answer = await calling
    assert (answer["run_id"], answer["state"], answer["result"]) == (run.id, "succeeded", "Relayed 3.")
    assert run.input["query"] == {}


async def test_a_failure_is_said_with_what_to_do(web: WebServer) -> None:
    await web.hooks.add(SECRET)
    async with web.client() as client:
        calling = asyncio.create_task(client.post(f"/hooks/{SECRET}?wait=20"))
        (run,) = await started(web)
        await web.hooks.end(run, RunState.FAILED)
        answer = await calling
    assert (answer["state"], answer["error"]["message"], answer["error"]["advice"]) == ("failed", "No.", "Ask.")


async def test_many_wait_on_one_subscription_and_each_gets_its_own(web: WebServer) -> None:
    await web.hooks.add(SECRET)
    subscribers = web.bus.subscribers
    async with web.client() as client:
        calling = [asyncio.create_task(client.post(f"/hooks/{SECRET}?wait=20", json=number)) for number in range(30)]
        runs = await started(web, 30)
        assert web.bus.subscribers == subscribers
        for run in runs:
            await web.hooks.end(run)
        answers = await asyncio.gather(*calling)
    assert {answer["run_id"] for answer in answers} == {run.id for run in runs}
    assert {answer["state"] for answer in answers} == {"succeeded"}


async def test_what_takes_longer_is_answered_with_where_to_ask(web: WebServer) -> None:
    await web.hooks.add(SECRET)
    async with web.client() as client:
        async with client.session.post(f"/hooks/{SECRET}?wait=1") as answer:
            body = await answer.json()
            assert (answer.status, answer.headers["Location"]) == (202, body["status_url"])
        path = body["status_url"].removeprefix(web.origin)
        assert (await client.get(path))["state"] == "queued"
        (run,) = await web.hooks.runs()
        await web.hooks.end(run)
        assert (await client.get(path))["result"] == "Relayed 3."


async def test_an_end_of_which_the_word_was_lost_is_found_when_the_time_is_over(web: WebServer) -> None:
    await web.hooks.add(SECRET)
    async with web.client() as client:
        calling = asyncio.create_task(client.post(f"/hooks/{SECRET}?wait=1"))
        (run,) = await started(web)
        await web.hooks.end(run, is_told=False)
        assert (await calling)["state"] == "succeeded"


async def test_a_repetition_is_answered_with_what_became_of_the_run(web: WebServer) -> None:
    await web.hooks.add(SECRET)
    headers = {"Idempotency-Key": "d1"}
    async with web.client() as client:
        first = await client.post(f"/hooks/{SECRET}", headers=headers, expect=202)
        (run,) = await web.hooks.runs()
        await web.hooks.end(run)
        for query in ("", "?wait=20"):
            again = await client.post(f"/hooks/{SECRET}{query}", headers=headers)
            assert (again["run_id"], again["state"]) == (first["run_id"], "succeeded")


@pytest.mark.parametrize("wait", ["0", "61", "-1", "soon", "1.5", "", "0000060"])
async def test_a_wait_that_is_none_is_refused(web: WebServer, wait: str) -> None:
    await web.hooks.add(SECRET)
    async with web.client() as client:
        await client.post(f"/hooks/{SECRET}?wait={wait}", expect=400)
    assert not await web.hooks.runs()


async def test_only_who_has_the_address_learns_of_a_run(web: WebServer) -> None:
    await web.hooks.add(SECRET)
    async with web.client() as client:
        one, two = [await client.post(f"/hooks/{SECRET}", expect=202) for _ in range(2)]
        token = two["status_url"].partition("token=")[2]
        await client.get(f"/hooks/runs/{one['run_id']}?token={token}", expect=404)
        await client.get(f"/hooks/runs/{one['run_id']}?token=x", expect=404)
        await client.get(f"/hooks/runs/{one['run_id']}", expect=422)


async def test_those_who_wait_are_answered_when_the_process_is_about_to_end(web: WebServer) -> None:
    await web.hooks.add(SECRET)
    async with web.client() as client:
        calling = asyncio.create_task(client.post(f"/hooks/{SECRET}?wait=60", expect=202))
        await started(web)
        await until(lambda: bool(web.endings._waiting))
        web.endings.close()
        assert (await calling)["state"] == "queued"
