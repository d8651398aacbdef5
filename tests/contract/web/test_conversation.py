"""Conversations and messages over HTTP."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest

from agent.inbound import Press, Submit
from core.errors import NotAllowedError, NotFoundError, StaleError, StoreError, UserError
from tests.fakes.web_server import Client, WebServer, said, say, serve_web


async def test_a_text_is_answered_and_stands_in_the_log(web: WebServer, me: Client) -> None:
    conversation = await me.start()
    answer = await me.post(f"/api/conversations/{conversation}/messages", json={"text": "hello **you**"})
    assert [part["html"] for reply in answer["replies"] for part in reply["parts"]] == [
        "<p>You said: hello <strong>you</strong></p>"
    ]
    log = (await me.get(f"/api/conversations/{conversation}/messages"))["messages"]
    assert [(one["seq"], one["author"]) for one in log] == [(1, "person"), (2, "errand")]
    assert log[0]["parts"][0]["html"] == "", "what a person wrote is never markdown"
    assert (await me.get(f"/api/conversations/{conversation}/messages?after=1"))["messages"] == log[1:]
    listed = (await me.get("/api/conversations"))["conversations"]
    assert [(one["id"], one["title"]) for one in listed] == [(conversation, "hello **you**")]


async def test_a_button_and_a_form_arrive_as_they_were_sent(web: WebServer, me: Client) -> None:
    conversation = await me.start()
    path = f"/api/conversations/{conversation}/messages"
    await me.post(path, json={"action": "approve:prp_1:0a1b"})
    await me.post(path, json={"form": {"action": "fill:prp_1", "fields": {"to": ["a@b.example"], "n": 3, "p": None}}})
    assert [one.content for one in web.turns.taken] == [
        Press(action="approve:prp_1:0a1b"),
        Submit(action="fill:prp_1", fields={"to": ["a@b.example"], "n": 3, "p": None}),
    ]
    assert {(one.surface, one.conversation_id) for one in web.turns.taken} == {("web", conversation)}


async def test_a_repeated_delivery_is_one_turn_even_at_the_same_time(web: WebServer, me: Client) -> None:
    conversation = await me.start()
    path = f"/api/conversations/{conversation}/messages"
    web.turns.gate.clear()
    both = [asyncio.create_task(me.post(path, json={"text": "once", "cid": "delivery-1"})) for _ in range(2)]
    await asyncio.sleep(0.05)
    web.turns.gate.set()
    first, second = await asyncio.gather(*both)
    third = await me.post(path, json={"text": "once", "cid": "delivery-1"})
    assert first == second == third
    assert len(web.turns.taken) == 1


async def test_the_same_delivery_id_elsewhere_is_another_delivery(web: WebServer, me: Client) -> None:
    one = await me.start()
    await me.post(f"/api/conversations/{one}/messages", json={"text": "first", "cid": "delivery-1"})
    other = await me.start()
    await me.post(f"/api/conversations/{other}/messages", json={"text": "second", "cid": "delivery-1"})
    assert [said(inbound) for inbound in web.turns.taken] == ["first", "second"]


async def test_new_conversations_do_not_pile_up_while_empty(me: Client) -> None:
    first = await me.start()
    assert await me.start() == first
    await me.post(f"/api/conversations/{first}/messages", json={"text": "x"})
    assert await me.start() != first


async def test_others_conversations_do_not_exist(web: WebServer, me: Client) -> None:
    conversation = await me.start()
    path = f"/api/conversations/{conversation}/messages"
    await me.post(path, json={"text": "secret"})
    async with web.signed_in("ines") as ines:
        unknown = await ines.get("/api/conversations/cnv_unknown/messages", expect=404)
        assert await ines.get(path, expect=404) == unknown
        assert await ines.post(path, json={"text": "x"}, expect=404) == unknown
        assert (await ines.get("/api/conversations"))["conversations"] == []
    assert len(web.turns.taken) == 1


async def test_a_text_of_20000_characters_is_a_normal_message(web: WebServer, me: Client) -> None:
    conversation = await me.start()
    text = "é\u200b" * 10_000
    await me.post(f"/api/conversations/{conversation}/messages", json={"text": text})
    log = (await me.get(f"/api/conversations/{conversation}/messages"))["messages"]
    assert log[0]["parts"][0]["text"] == text


BAD = [
    (b"", 422),
    (b"{", 400),
    (b"\xff\xfe", 400),
    (b"[]", 422),
    (b"null", 422),
    (b"{}", 422),
    (b'{"text": 5}', 422),
    (b'{"text": "a", "action": "b"}', 422),
    (b'{"text": "a", "role": "owner"}', 422),
    (b'{"form": {"fields": {}}}', 422),
    (b'{"action": ""}', 422),
    (b'{"text": "a", "cid": "../x"}', 422),
    (b'{"text": "' + b"a" * 100_001 + b'"}', 422),
    (b'{"form": ' * 2000, 400),
]


@pytest.mark.parametrize(("body", "status"), BAD)
async def test_a_bad_body_gets_a_clear_error(web: WebServer, me: Client, body: bytes, status: int) -> None:
    conversation = await me.start()
    answer = await me.post(
        f"/api/conversations/{conversation}/messages",
        data=body,
        headers={"Content-Type": "application/json"},
        expect=status,
    )
    assert answer["error"]["message"]
    assert set(answer["error"]) == {"message", "advice", "reference"}
    assert len(answer["error"]["message"]) < 500
    assert not web.turns.taken


@pytest.mark.parametrize("is_chunked", [False, True])
async def test_a_body_beyond_the_limit_is_refused(me: Client, is_chunked: bool) -> None:
    async def chunks():
        for _ in range(30):
            yield b"x" * 100_000

    conversation = await me.start()
    answer = await me.post(
        f"/api/conversations/{conversation}/messages",
        data=chunks() if is_chunked else b"x" * 1_000_001,
        headers={"Content-Type": "application/json"},
        expect=413,
    )
    assert "1,000,000 bytes" in answer["error"]["message"]


async def test_what_no_database_keeps_is_dropped(web: WebServer, me: Client) -> None:
    """NUL and lone surrogates, in a text and deep in a form."""
    conversation = await me.start()
    path = f"/api/conversations/{conversation}/messages"
    headers = {"Content-Type": "application/json"}
    await me.post(path, data=b'{"text": "a\\u0000b\\ud800c"}', headers=headers)
    await me.post(path, data=b'{"form": {"action": "f:1", "fields": {"k\\u0000": ["\\udfff"]}}}', headers=headers)
    assert said(web.turns.taken[0]) == "ab?c"
    assert web.turns.taken[1].content == Submit(action="f:1", fields={"k": ["?"]})


ERRORS: list[tuple[Exception, int]] = [
    (UserError("No.", advice="Do this."), 400),
    (NotAllowedError(), 403),
    (NotFoundError(), 404),
    (StaleError(), 409),
    (StoreError(), 503),
]


@pytest.mark.parametrize(("error", "status"), ERRORS)
async def test_an_error_of_ours_is_said(web: WebServer, me: Client, error: UserError, status: int) -> None:
    web.turns.script = lambda turns, inbound: error
    conversation = await me.start()
    answer = await me.post(f"/api/conversations/{conversation}/messages", json={"text": "x"}, expect=status)
    assert answer["error"] == {"message": error.message, "advice": error.advice, "reference": ""}


async def test_a_bug_gets_a_reference_and_no_details(
    web: WebServer, me: Client, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged once, with the same reference."""
    web.turns.script = lambda turns, inbound: RuntimeError("password=hunter2")
    conversation = await me.start()
    with caplog.at_level(logging.ERROR):
        answer = await me.post(f"/api/conversations/{conversation}/messages", json={"text": "x"}, expect=500)
    reference = answer["error"]["reference"]
    assert reference in answer["error"]["advice"]
    assert "hunter2" not in str(answer)
    assert [record.message for record in caplog.records] == [reference]


async def test_after_a_failed_turn_the_same_delivery_may_be_tried_again(web: WebServer, me: Client) -> None:
    conversation = await me.start()
    path = f"/api/conversations/{conversation}/messages"
    web.turns.script = lambda turns, inbound: StoreError() if len(turns.taken) == 1 else [say("now")]
    await me.post(path, json={"text": "x", "cid": "delivery-1"}, expect=503)
    answer = await me.post(path, json={"text": "x", "cid": "delivery-1"})
    assert answer["replies"][0]["parts"][0]["text"] == "now"


async def test_name_and_time_zone_can_be_changed_and_nothing_else(me: Client) -> None:
    changed = await me.call("PATCH", "/api/me", json={"name": "Ines", "time_zone": "America/New_York"})
    assert (changed["name"], changed["time_zone"]) == ("Ines", "America/New_York")
    assert await me.get("/api/me") == changed
    for body, status in (
        ({"time_zone": "Mars/Olympus"}, 400),
        ({"time_zone": "../../etc/passwd"}, 400),
        ({"name": ""}, 422),
        ({"name": "x" * 81}, 422),
        ({"role": "owner"}, 422),
    ):
        assert (await me.call("PATCH", "/api/me", json=body, expect=status))["error"]["message"]
    assert await me.get("/api/me") == changed


async def test_the_interface_describes_itself(web: WebServer) -> None:
    async with web.client() as client:
        described = await client.get("/openapi.json")
    send = described["paths"]["/api/conversations/{conversation_id}/messages"]["post"]
    assert send["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith("/Said")
    assert send["responses"]["4XX"]["content"]["application/json"]["schema"]["$ref"].endswith("/Failure")


async def test_health_says_what_is_wrong(web: WebServer, tmp_path: Path) -> None:
    async def fine() -> str:
        return ""

    async def broken() -> str:
        raise StoreError("The database does not answer.")

    async with web.client() as client:
        assert (await client.get("/healthz"))["status"] == "ok"
        assert (await client.get("/readyz"))["status"] == "ok"
    (tmp_path / "other").mkdir()
    checks = {"queue": fine, "store": broken}
    async with serve_web(tmp_path / "other", checks=checks) as other, other.client() as client:
        answer = await client.get("/readyz", expect=503)
    assert answer == {"status": "not ready", "problems": {"store": "The database does not answer."}}
    (tmp_path / "third").mkdir()
    side = {"redis": broken}
    async with (
        serve_web(tmp_path / "third", checks={"store": fine}, side_checks=side) as third,
        third.client() as client,
    ):
        assert (await client.get("/readyz"))["status"] == "degraded"


async def test_a_conversation_is_new_until_its_person_has_seen_it(web: WebServer, me: Client) -> None:
    conversation = await me.start()

    async def is_new() -> list[bool]:
        return [one["is_new"] for one in (await me.get("/api/conversations"))["conversations"]]

    assert await is_new() == [False]
    shown = await web.turns.post(conversation, say("a card"))
    assert await is_new() == [True]
    path = f"/api/conversations/{conversation}/seen"
    async with web.signed_in("ines") as ines:
        await ines.post(path, json={"seq": shown.seq}, expect=404)
    await me.post(path, json={"seq": -1}, expect=422)
    assert await is_new() == [True]
    await me.post(path, json={"seq": shown.seq}, expect=204)
    assert await is_new() == [False]
