"""Files beside the words of a message: over HTTP and the stream, there or clearly refused, once however often they are sent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from agent.inbound import HandedFile, Text
from tests.contract.web.test_real_turns import MESSAGES, serving
from tests.fakes.clock import FixedClock
from tests.fakes.file_templates import COUNT, with_files
from tests.fakes.talk import ScriptedInterpreter, Talk
from tests.fakes.web_server import Client, WebServer, said

PEOPLE = HandedFile(name="people.csv", path="people.csv")


@pytest.fixture
async def talk(tmp_path: Path, clock: FixedClock) -> AsyncIterator[Talk]:
    opened = await Talk.open(tmp_path, clock, templates=with_files())
    yield opened
    await opened.store.close()


async def upload(me: Client, *names: str) -> list[str]:
    return [(await me.post(f"/api/files?name={name}", data=b"a,b\n1,2\n", expect=201))["path"] for name in names]


def files_in(log: list[Any]) -> list[Any]:
    return [one["parts"][0]["files"] for one in log if one["author"] == "person"]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"text": "remove duplicates", "files": ["people.csv"]}, "remove duplicates"),
        ({"text": "", "files": ["people.csv"]}, ""),
        ({"files": ["people.csv"]}, ""),
        ({"text": "x", "files": ["people.csv", " people.csv "]}, "x"),
    ],
)
async def test_a_file_comes_with_the_words_or_alone(web: WebServer, me: Client, body: Any, text: str) -> None:
    await upload(me, "people.csv")
    path = f"/api/conversations/{await me.start()}/messages"
    await me.post(path, json=body)
    assert [one.content for one in web.turns.taken] == [Text(text=text, files=(PEOPLE,))]
    log = (await me.get(path))["messages"]
    assert log[0]["parts"][0]["text"] == text
    assert files_in(log) == [[{"name": "people.csv", "path": "people.csv"}]]


async def test_a_file_in_a_folder_is_called_by_its_path(web: WebServer, me: Client) -> None:
    (web.files / "reports").mkdir()
    (web.files / "reports" / "May 2026.csv").write_bytes(b"x")
    await me.post(f"/api/conversations/{await me.start()}/messages", json={"files": ["reports/May 2026.csv"]})
    assert web.turns.taken[0].content == Text(
        text="", files=(HandedFile(name="May 2026.csv", path="reports/May 2026.csv"),)
    )


@pytest.mark.parametrize("path", ["gone.csv", "../secret.keys", "/etc/passwd", "reports", "a\u202eb.csv", "x" * 300])
async def test_what_is_not_in_the_folder_is_refused_and_no_turn_is_taken(web: WebServer, me: Client, path: str) -> None:
    (web.files.parent / "secret.keys").write_text("key")
    (web.files / "reports").mkdir()
    await upload(me, "people.csv")
    conversation = await me.start()
    sent = {"text": "count", "files": ["people.csv", path]}
    answer = await me.post(f"/api/conversations/{conversation}/messages", json=sent, expect=400)
    assert answer["error"]["message"] == f"There is no file {path} in the files folder."
    assert answer["error"]["advice"] == "Attach it again."
    async with me.stream(conversation) as stream:
        await stream.until("live")
        await stream.send(cid="message-1", **sent)
        frame = (await stream.until("error"))[-1]
    assert (frame["cid"], frame["error"]) == ("message-1", answer["error"])
    assert web.turns.taken == []


@pytest.mark.parametrize(
    "body",
    [
        {"text": "x", "files": [f"{number}.csv" for number in range(11)]},
        {"text": "x", "files": [""]},
        {"text": "x", "files": ["   "]},
        {"text": "x", "files": ["x" * 401]},
        {"text": "x", "files": "people.csv"},
        {"text": "x", "files": [{"path": "people.csv"}]},
        {"action": "cancel-run:run_1", "files": ["people.csv"]},
        {"form": {"action": "fill:prp_1"}, "files": ["people.csv"]},
        {"files": []},
    ],
)
async def test_what_does_not_go_together_is_refused(web: WebServer, me: Client, body: Any) -> None:
    await upload(me, "people.csv")
    path = f"/api/conversations/{await me.start()}/messages"
    answer = await me.post(path, json=body, expect=422)
    assert answer["error"]["message"]
    assert web.turns.taken == []


async def test_sent_again_it_is_answered_even_if_the_file_is_gone_by_now(web: WebServer, me: Client) -> None:
    """A browser that heard no acknowledgement sends again; meanwhile a run may have moved the file."""
    await upload(me, "people.csv")
    conversation = await me.start()
    body = {"text": "tidy up", "files": ["people.csv"], "cid": "delivery-1"}
    first = await me.post(f"/api/conversations/{conversation}/messages", json=body)
    (web.files / "people.csv").unlink()
    assert await me.post(f"/api/conversations/{conversation}/messages", json=body) == first
    async with me.stream(conversation) as stream:
        await stream.until("live")
        await stream.send(**body)
        assert (await stream.until("ack"))[-1]["cid"] == "delivery-1"
    assert [said(one) for one in web.turns.taken] == ["tidy up"]


async def test_what_was_refused_can_be_sent_again_once_the_file_is_there(web: WebServer, me: Client) -> None:
    path = f"/api/conversations/{await me.start()}/messages"
    body = {"files": ["people.csv"], "cid": "delivery-1"}
    await me.post(path, json=body, expect=400)
    await upload(me, "people.csv")
    await me.post(path, json=body)
    assert len(web.turns.taken) == 1


async def test_the_real_conversation_takes_the_file_as_on_any_surface(talk: Talk, tmp_path: Path) -> None:
    assert isinstance(talk.interpreter, ScriptedInterpreter)
    async with serving(talk, tmp_path / "one") as server, server.signed_in("usr_ana") as me:
        await upload(me, "people.csv", "people.csv")
        talk.interpreter.script.append([COUNT])
        answer = await me.post(MESSAGES, json={"text": "count the rows", "files": ["people (2).csv"]})
        [card] = [part for reply in answer["replies"] for part in reply["parts"] if part["kind"] == "proposal"]
        assert {one["name"]: one["value"] for one in card["values"]}["file"] == "people (2).csv"
        log = (await me.get(MESSAGES))["messages"]
    assert talk.interpreter.texts == ['count the rows "people (2).csv"']
    assert log[0]["parts"][0]["text"] == "count the rows"
    assert files_in(log) == [[{"name": "people (2).csv", "path": "people (2).csv"}]]


async def test_a_file_alone_is_asked_about(talk: Talk, tmp_path: Path) -> None:
    async with serving(talk, tmp_path / "one") as server, server.signed_in("usr_ana") as me:
        await upload(me, "sales.csv")
        answer = await me.post(MESSAGES, json={"text": "", "files": ["sales.csv"]})
        [part] = answer["replies"][0]["parts"]
        assert part["text"].startswith("In the files folder now: sales.csv. What should happen with it?")
        assert [one["label"] for one in part["choices"]] == ["Count rows"]
