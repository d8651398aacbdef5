"""The web surface with the real conversation behind it: what must hold on every surface holds here, too."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from agent.command import Start
from store.vault import Vault
from tests.fakes.clock import FixedClock
from tests.fakes.errand import TalkErrand
from tests.fakes.talk import ScriptedInterpreter, Talk
from tests.fakes.web_server import Client, WebServer, serve_web

POST = Start(template_id="chat.say", values={"message": "Hello"})
MESSAGES = "/api/conversations/cnv_1/messages"
VAULT = Vault([f"{'A' * 43}="])


@pytest.fixture
async def talk(tmp_path: Path, clock: FixedClock) -> AsyncIterator[Talk]:
    opened = await Talk.open(tmp_path, clock)
    yield opened
    await opened.store.close()


@asynccontextmanager
async def serving(talk: Talk, folder: Path) -> AsyncIterator[WebServer]:
    """One process on these records."""
    folder.mkdir()
    errand = TalkErrand(talk, talk.knowledge.clock)
    async with serve_web(
        folder,
        store=errand.store,
        bus=errand.bus,
        clock=errand.clock,
        signer=VAULT,
        handle_turn=errand.answer,
        render=errand.render,
    ) as server:
        yield server


async def ask_to_post(talk: Talk, me: Client) -> str:
    """Returns what the button of its card does."""
    assert isinstance(talk.interpreter, ScriptedInterpreter)
    talk.interpreter.script.append([POST])
    answer = await me.post(MESSAGES, json={"text": "post hello"})
    [card] = [part for reply in answer["replies"] for part in reply["parts"] if part["kind"] == "proposal"]
    return str(next(one["id"] for one in card["actions"] if one["label"] == "Run"))


async def test_of_two_tabs_that_press_at_once_one_decides_and_the_other_is_told(talk: Talk, tmp_path: Path) -> None:
    async with serving(talk, tmp_path / "one") as server, server.signed_in("usr_ana") as me:
        run = await ask_to_post(talk, me)
        answers = await asyncio.gather(*(me.post(MESSAGES, json={"action": run}) for _ in range(2)))
    assert talk.count("runs") == 1
    assert sorted("already approved" in str(one) for one in answers) == [False, True]


async def test_sessions_and_buttons_of_before_a_restart_work_after_it(talk: Talk, tmp_path: Path) -> None:
    async with serving(talk, tmp_path / "one") as server, server.signed_in("usr_ana") as me:
        run = await ask_to_post(talk, me)
        cookies = {one.key: one.value for one in me.session.cookie_jar}
    async with serving(talk, tmp_path / "two") as server, server.client() as me:
        answer = await me.post(MESSAGES, json={"action": run}, cookies=cookies)
    assert "run" in [part["kind"] for reply in answer["replies"] for part in reply["parts"]]
    assert talk.count("runs") == 1


async def test_many_sentences_at_once_are_each_answered_once(web: WebServer, me: Client) -> None:
    """Nobody waits for a turn that takes long."""
    web.turns.gate.clear()
    path = f"/api/conversations/{await me.start()}/messages"
    waiting = [
        asyncio.create_task(me.post(path, json={"text": f"sentence {number}", "cid": f"sentence-{number:03}"}))
        for number in range(60)
        for _ in range(2)
    ]
    assert (await me.get("/healthz"))["status"] == "ok"
    assert (await me.get(path))["messages"] == []
    web.turns.gate.set()
    await asyncio.gather(*waiting)
    said = [one for one in (await me.get(path))["messages"] if one["author"] == "person"]
    assert sorted(one["parts"][0]["text"] for one in said) == sorted(f"sentence {number}" for number in range(60))


async def test_no_token_and_no_cookie_is_logged(talk: Talk, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with serving(talk, tmp_path / "one") as server:
        link = await server.login_link("usr_ana")
        async with server.client() as me:
            await me.get(link.removeprefix(server.origin))
            token = link.partition("token=")[2]
            await me.post("/login", data={"token": token, "zone": "UTC"}, expect=303)
            cookies = [one.value for one in me.session.cookie_jar]
            await me.post(MESSAGES, json={"text": "nonsense"})
    assert cookies
    assert not [secret for secret in (token, *cookies) if secret in caplog.text]
