"""The live stream: order, resumption, acknowledgements, updates, and sockets that do not keep up."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import aiohttp

from store.port import Event
from store.record import Shows, reference
from tests.fakes import parts
from tests.fakes.web_server import Client, WebServer, said, say, serve_web


def texts(frames: list[Any]) -> list[str]:
    return [frame["message"]["parts"][0]["text"] for frame in frames if frame["type"] == "message"]


async def test_what_is_said_comes_back_before_its_acknowledgement(web: WebServer, me: Client) -> None:
    conversation = await me.start()
    async with me.stream(conversation) as stream:
        assert await stream.until("live") == [{"type": "live", "seq": 0}]
        await stream.send(cid="message-1", text="hello")
        frames = await stream.until("ack")
    assert texts(frames) == ["hello", "You said: hello"]
    assert frames[-1] == {"type": "ack", "cid": "message-1"}


async def test_two_sockets_see_the_same_without_doubles(web: WebServer, me: Client) -> None:
    conversation = await me.start()
    async with me.stream(conversation) as one, me.stream(conversation) as other:
        await one.until("live")
        await other.until("live")
        for number in range(5):
            await one.send(cid=f"message-{number}", text=str(number))
            await one.until("ack")
        seen = [await other.next() for _ in range(10)]
    assert [frame["message"]["seq"] for frame in seen] == list(range(1, 11))


async def test_a_new_socket_resumes_after_the_last_message_seen(web: WebServer, me: Client) -> None:
    conversation = await me.start()
    async with me.stream(conversation) as stream:
        await stream.until("live")
        await stream.send(cid="message-1", text="one")
        await stream.until("ack")
    for number in range(3):
        await web.turns.post(conversation, say(f"while away {number}"))
    async with me.stream(conversation, after=2) as stream:
        frames = await stream.until("live")
    assert texts(frames) == ["while away 0", "while away 1", "while away 2"]
    assert frames[-1]["seq"] == 5


async def test_sending_again_after_a_cut_is_acknowledged_and_does_nothing(web: WebServer, me: Client) -> None:
    conversation = await me.start()
    async with me.stream(conversation) as stream:
        await stream.until("live")
        web.turns.gate.clear()
        await stream.send(cid="message-1", text="pay the invoice")
        await asyncio.sleep(0.05)
        web.abort_connections()
        web.turns.gate.set()
    async with me.stream(conversation) as stream:
        before = await stream.until("live")
        await stream.send(cid="message-1", text="pay the invoice")
        frames = before + await stream.until("ack")
    assert texts(frames) == ["pay the invoice", "You said: pay the invoice"]
    assert len(web.turns.taken) == 1


async def test_a_cut_line_does_not_cut_the_turn(web: WebServer, me: Client) -> None:
    conversation = await me.start()
    async with me.stream(conversation) as stream:
        await stream.until("live")
        web.turns.gate.clear()
        await stream.send(cid="message-1", text="go on")
        await asyncio.sleep(0.05)
    web.turns.gate.set()
    async with me.stream(conversation) as stream:
        frames = await stream.until("live")
        while len(texts(frames)) < 2:
            frames.append(await stream.next())
    assert texts(frames) == ["go on", "You said: go on"]


async def test_bad_frames_are_answered_and_the_socket_lives_on(web: WebServer, me: Client) -> None:
    conversation = await me.start()
    async with me.stream(conversation) as stream:
        await stream.until("live")
        for bad in (
            "",
            "{",
            "[]",
            '{"cid": "message-1"}',
            '{"text": "no cid"}',
            '{"cid": 5, "text": "x"}',
            "\x00" * 50,
        ):
            await stream.socket.send_str(bad)
            frame = (await stream.until("error"))[-1]
            assert frame["error"]["message"], bad
        await stream.socket.send_bytes(b"\xff\x00")
        assert (await stream.until("error"))[-1]["cid"] is None
        await stream.send(cid="message-2", text="a", action="b")
        assert (await stream.until("error"))[-1]["cid"] == "message-2"
        await stream.send(cid="message-3", text="fine")
        assert (await stream.until("ack"))[-1]["cid"] == "message-3"
    assert [said(one) for one in web.turns.taken] == ["fine"]


async def test_a_failed_turn_is_told_to_its_sender_only(web: WebServer, me: Client) -> None:
    web.turns.script = lambda turns, inbound: RuntimeError("oops") if said(inbound) == "break" else [say("ok")]
    conversation = await me.start()
    async with me.stream(conversation) as one, me.stream(conversation) as other:
        await one.until("live")
        await other.until("live")
        await one.send(cid="message-1", text="break")
        frame = (await one.until("error"))[-1]
        assert frame["cid"] == "message-1"
        assert frame["error"]["reference"].startswith("bug_")
        await one.send(cid="message-2", text="go on")
        await one.until("ack")
        assert [(await other.next())["type"] for _ in range(2)] == ["message", "message"]


async def test_a_run_is_shown_anew_when_it_changes_and_its_last_state_always_arrives(
    web: WebServer, me: Client
) -> None:
    """A hundred changes in a moment are a few updates, the last of them final."""
    web.turns.shown["run_1"] = parts.run()
    conversation = await me.start()
    await web.turns.post(conversation, say("first"))
    await web.turns.post(conversation, reference(Shows.RUN, "run_1"))
    async with me.stream(conversation) as stream:
        await stream.until("live")
        started = time.monotonic()
        for done in range(100):
            await web.turns.change(Shows.RUN, "run_1", parts.run(state_text=f"{done} done"))
        await web.turns.change(Shows.RUN, "run_1", parts.run_succeeded("run_1"))
        frames = [await stream.next()]
        while frames[-1]["message"]["parts"][0]["state"] != "succeeded":
            frames.append(await stream.next())
        assert len(frames) <= 2 + 10 * (time.monotonic() - started)
    assert {(frame["type"], frame["message"]["seq"]) for frame in frames} == {("update", 2)}
    assert '<a href="/api/files/reports/contacts.pdf"' in frames[-1]["message"]["parts"][0]["result_html"]


async def test_changes_of_a_workflow_reach_every_conversation_that_shows_it(web: WebServer, me: Client) -> None:
    web.turns.shown["wfl_1"] = parts.workflow()
    one = await me.start()
    await web.turns.post(one, reference(Shows.WORKFLOW, "wfl_1"))
    other = await me.start()
    await web.turns.post(other, reference(Shows.WORKFLOW, "wfl_1"))
    async with me.stream(one) as first, me.stream(other) as second:
        await first.until("live")
        await second.until("live")
        await web.turns.change(Shows.WORKFLOW, "wfl_1", parts.workflow(state="paused"))
        for stream in (first, second):
            assert (await stream.until("update"))[-1]["message"]["parts"][0]["state"] == "paused"


async def test_a_message_named_by_an_event_is_rendered_again(web: WebServer, me: Client) -> None:
    """E.g. a card whose proposal was approved on another surface."""
    web.turns.shown["prp_1"] = parts.proposal()
    conversation = await me.start()
    message = await web.turns.post(conversation, reference(Shows.PROPOSAL, "prp_1"))
    async with me.stream(conversation) as stream:
        await stream.until("live")
        web.turns.shown["prp_1"] = parts.proposal(state="approved", actions=[])
        await web.bus.publish(Event(conversation_id=conversation, message_id=message.id))
        frame = (await stream.until("update"))[-1]
    assert frame["message"]["parts"][0]["state"] == "approved"


async def test_after_a_turn_an_open_card_is_looked_at_again(web: WebServer, me: Client) -> None:
    web.turns.shown["prp_1"] = parts.proposal()
    conversation = await me.start()
    await web.turns.post(conversation, reference(Shows.PROPOSAL, "prp_1"))

    def approve(turns: Any, inbound: Any) -> Any:
        turns.shown["prp_1"] = parts.proposal(state="approved", actions=[])
        return [say("Started.")]

    web.turns.script = approve
    async with me.stream(conversation) as stream:
        await stream.until("live")
        await stream.send(cid="message-1", action="approve:prp_1:0a1b2c3d4e5f")
        frames = await stream.until("ack")
    assert [frame["type"] for frame in frames] == ["message", "update", "ack"]


async def test_cards_that_changed_while_away_are_sent_anew(web: WebServer, me: Client) -> None:
    """Resuming after the last message must not leave an old card on the screen."""
    web.turns.shown["run_1"] = parts.run()
    conversation = await me.start()
    await web.turns.post(conversation, reference(Shows.RUN, "run_1"))
    web.turns.shown["run_1"] = parts.run_failed("run_1")
    async with me.stream(conversation, after=1) as stream:
        frames = await stream.until("live")
    assert [frame["type"] for frame in frames] == ["update", "live"]
    assert frames[0]["message"]["parts"][0]["state"] == "failed"


async def test_a_lost_event_is_made_up_for_at_the_next_beat(tmp_path: Path) -> None:
    async with serve_web(tmp_path, beat_s=0.2) as web, web.signed_in() as me:
        web.turns.shown["run_1"] = parts.run()
        conversation = await me.start()
        await web.turns.post(conversation, reference(Shows.RUN, "run_1"))
        async with me.stream(conversation) as stream:
            await stream.until("live")
            web.bus.is_losing = True
            await web.turns.change(Shows.RUN, "run_1", parts.run_succeeded("run_1"))
            await web.turns.post(conversation, say("nobody was told"))
            frames = [await stream.next() for _ in range(3)]
    assert {frame["type"] for frame in frames} == {"beat", "message", "update"}


async def test_a_reader_that_takes_nothing_is_let_go_and_resumes_without_a_gap(tmp_path: Path) -> None:
    async with serve_web(tmp_path, slow_reader_s=0.3) as web, web.signed_in() as me:
        conversation = await me.start()
        async with me.stream(conversation, max_msg_size=0) as slow, me.stream(conversation) as quick:
            await slow.until("live")
            await quick.until("live")
            slow.socket._reader._protocol.pause_reading()
            for _ in range(120):
                await web.turns.post(conversation, say("x" * 50_000))
                assert (await quick.next())["type"] == "message", "others are not held up"
            await asyncio.sleep(0.5)
            slow.socket._reader._protocol.resume_reading()
            seen = []
            while (message := await asyncio.wait_for(slow.socket.receive(), 10)).type == aiohttp.WSMsgType.TEXT:
                frame = message.json()
                if frame["type"] == "message":
                    seen.append(frame["message"]["seq"])
            assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, 4408)
        assert 0 < len(seen) < 120
        async with me.stream(conversation, after=seen[-1]) as again:
            seen += [frame["message"]["seq"] for frame in await again.until("live") if frame["type"] == "message"]
    assert seen == list(range(1, 121))


async def test_at_shutdown_sockets_are_asked_to_come_back(tmp_path: Path) -> None:
    async with serve_web(tmp_path) as web, web.signed_in() as me:
        conversation = await me.start()
        async with me.stream(conversation) as stream:
            await stream.until("live")
            web.uvicorn.should_exit = True
            message = await asyncio.wait_for(stream.socket.receive(), 5)
    assert message.data == 1012


async def test_news_in_another_conversation_is_told_to_its_person_only(web: WebServer, me: Client) -> None:
    first = await me.start()
    await web.turns.post(first, say("hello"))
    other = await me.start()
    async with web.signed_in("ines") as ines, me.stream(other) as mine, ines.stream(await ines.start()) as hers:
        await mine.until("live")
        await hers.until("live")
        shown = await web.turns.post(first, say("a card"))
        assert await mine.next() == {"type": "elsewhere"}
        await me.post(f"/api/conversations/{first}/seen", json={"seq": shown.seq}, expect=204)
        assert await mine.next() == {"type": "elsewhere"}, "seen in one tab is seen in all"
        await hers.send(cid="message-1", text="hello")
        assert "elsewhere" not in [frame["type"] for frame in await hers.until("ack")]


async def writings(stream: Any, until: str) -> list[str]:
    """What was shown as being written, up to this text."""
    seen: list[str] = []
    while until not in (seen[-1] if seen else ""):
        frame = await stream.next()
        assert frame["type"] == "writing"
        seen.append(frame["html"])
    return seen


async def test_an_answer_is_shown_as_it_is_written_and_its_message_takes_its_place(web: WebServer, me: Client) -> None:
    conversation = await me.start()
    async with me.stream(conversation) as stream:
        await stream.until("live")
        for text in ("It", "It can", "It can **<script>x</script>**"):
            web.services.live.write(conversation, text)
        seen = await writings(stream, "It can <strong>")
        assert "<script>" not in seen[-1]
        assert len(seen) == len(set(seen)) <= 3
        web.services.live.end(conversation)
        await web.turns.post(conversation, say("It can do that."))
        assert texts(await stream.until("message")) == ["It can do that."]


async def test_whoever_comes_back_while_it_is_written_sees_it_whole_and_once(web: WebServer, me: Client) -> None:
    conversation = await me.start()
    async with me.stream(conversation) as stream:
        await stream.until("live")
        web.services.live.write(conversation, "One two")
        await writings(stream, "One two")
    web.services.live.write(conversation, "One two three")
    async with me.stream(conversation) as stream:
        await stream.until("live")
        assert await writings(stream, "three") == ["<p>One two three</p>"]
        web.services.live.end(conversation)
        await web.turns.post(conversation, say("One two three."))
        assert texts(await stream.until("message")) == ["One two three."]
    async with me.stream(conversation) as stream:
        frames = await stream.until("live")
        assert texts(frames) == ["One two three."]
        await stream.send(cid="message-1", text="and now?")
        assert {frame["type"] for frame in await stream.until("ack")} == {"message", "ack"}


async def test_nobody_else_sees_what_is_written(web: WebServer, me: Client) -> None:
    first = await me.start()
    await web.turns.post(first, say("hello"))
    second = await me.start()
    async with me.stream(second) as stream:
        await stream.until("live")
        web.services.live.write(first, "for the first one only")
        await web.turns.post(second, say("news"))
        assert "writing" not in {frame["type"] for frame in await stream.until("message")}
