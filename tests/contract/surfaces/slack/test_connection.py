"""Connections that break in every way there is, processes that end, and what health says of it: nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr

from agent.command import Start
from bot.surfaces.slack.doctor import examine
from core.errors import ConfigError
from tests.contract.surfaces.slack.lab import SlackLab, settings_for
from tests.fakes.clock import FixedClock
from tests.fakes.slack_server import SlackServer
from tests.fakes.talk import Talk

POST = Start(template_id="chat.say", values={"message": "Hello"})


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not is_so():
            await asyncio.sleep(0.01)


@pytest.fixture
async def lab(tmp_path: Path, clock: FixedClock, slack: SlackServer):  # type: ignore[no-untyped-def]
    async with SlackLab.serve(tmp_path, clock, slack, "socket") as opened:
        yield opened


async def test_two_sockets_are_open(lab: SlackLab) -> None:
    assert len(lab.slack.sockets) == 2
    health = lab.adapter.health()
    assert health.is_connected
    assert health.silent_s is not None


async def test_what_is_said_while_connections_are_cut_is_heard_once(lab: SlackLab) -> None:
    for number in range(5):
        lab.slack.reset_sockets()
        await lab.slack.say("U1", f"wish {number}")
    await lab.settle()
    assert sorted(lab.interpreter.texts) == [f"wish {number}" for number in range(5)]


async def test_no_press_is_lost_when_one_of_the_two_is_cut(lab: SlackLab) -> None:
    await lab.say("post hello", POST)
    transport = lab.slack.sockets[0]._req.transport  # type: ignore[union-attr]
    assert transport is not None
    transport.abort()
    await until(lambda: len(lab.slack.sockets) == 1)
    assert await lab.slack.press("U1", "Run") is not None
    await lab.settle()
    assert lab.talk.count("runs") == 1
    await lab.slack.connected()


async def test_a_refresh_costs_nothing(lab: SlackLab) -> None:
    before = lab.slack.openings
    await lab.slack.refresh_sockets()
    for number in range(10):
        await lab.slack.say("U1", f"wish {number}")
    await until(lambda: lab.slack.openings >= before + 2)
    await lab.slack.connected()
    await lab.settle()
    assert sorted(lab.interpreter.texts) == sorted(f"wish {number}" for number in range(10))


async def test_it_connects_again_after_slack_could_not_be_asked_where(lab: SlackLab) -> None:
    lab.slack.faults += [("apps.connections.open", "away")] * 4
    lab.slack.reset_sockets()
    await until(lambda: not lab.slack.faults)
    await lab.slack.connected()
    assert lab.adapter.health().is_connected


async def test_a_peer_that_falls_silent_is_noticed_and_left(lab: SlackLab) -> None:
    lab.slack.is_deaf = True
    before = lab.slack.openings
    await until(lambda: lab.slack.openings > before)
    lab.slack.is_deaf = False
    await until(lambda: lab.adapter.health().is_connected and len(lab.slack.sockets) >= 2)
    lab.slack.violations.clear()
    await lab.say("post hello", POST)
    assert lab.read()


async def test_slack_may_be_away_at_the_start(tmp_path: Path, clock: FixedClock, slack: SlackServer) -> None:
    slack.faults += [("auth.test", "away")]
    async with SlackLab.serve(tmp_path, clock, slack, "socket") as lab:
        await lab.say("post hello", POST)
        assert lab.read()


async def test_a_revoked_token_is_said_to_operators(tmp_path: Path, clock: FixedClock, slack: SlackServer) -> None:
    async with SlackLab.serve(tmp_path, clock, slack, "socket") as lab:
        await lab.slack.say("U1", "post hello")
        slack.revoked = True
        await lab.settle()
        assert lab.read() == []
        [row] = lab.talk.rows("SELECT problem FROM postings")
        assert "token_revoked" in str(row[0])
        slack.reset_sockets()
        await until(lambda: not lab.adapter.health().is_connected or "token_revoked" in lab.adapter.health().problem)
        slack.revoked = False


async def test_buttons_and_modals_of_before_a_restart_work_after_it(
    tmp_path: Path, clock: FixedClock, slack: SlackServer
) -> None:
    talk = await Talk.open(tmp_path, clock)
    async with SlackLab.serve(tmp_path, clock, slack, "socket", talk=talk) as lab:
        await lab.say("post hello", POST)
        await lab.press("Edit")
        await slack.modal("U1")
    await until(lambda: not slack.sockets)
    async with SlackLab.serve(tmp_path, clock, slack, "socket", talk=talk) as lab:
        assert await slack.submit("U1", message="Good morning") == {}
        await lab.settle()
        assert "Good morning" in lab.read()[-1]
        await lab.press("Run")
        assert talk.count("runs") == 1
    await talk.store.close()


async def test_what_was_taken_in_before_the_end_is_answered_after_it(
    tmp_path: Path, clock: FixedClock, slack: SlackServer
) -> None:
    talk = await Talk.open(tmp_path, clock)
    async with SlackLab.serve(tmp_path, clock, slack, "socket", talk=talk) as lab:
        await slack.say("U1", "post hello")
        assert slack.direct("U1").messages[-1].text == "post hello"
    assert slack.sockets == [] or all(one.closed for one in slack.sockets)
    async with SlackLab.serve(tmp_path, clock, slack, "socket", talk=talk) as lab:
        lab.means(POST)
        await lab.settle()
        assert len(lab.read()) == 1
    await talk.store.close()


async def test_two_processes_with_one_token_take_each_thing_once(
    tmp_path: Path, clock: FixedClock, slack: SlackServer
) -> None:
    talk = await Talk.open(tmp_path, clock)
    async with (
        SlackLab.serve(tmp_path, clock, slack, "socket", talk=talk) as lab,
        SlackLab.serve(tmp_path, clock, slack, "socket", talk=talk) as other,
    ):
        await slack.connected(4)
        lab.means(POST)
        await slack.say("U1", "post hello", times=4)
        await lab.settle()
        await other.settle()
        assert len(lab.read()) == 1
        message, element = slack.button("U1", "Run")
        await asyncio.gather(*(slack.press_element("U1", message, element) for _ in range(4)))
        await asyncio.gather(lab.host.inbox.work_due(), other.host.inbox.work_due())
        await lab.settle()
        assert talk.count("runs") == 1
    await talk.store.close()


async def test_a_token_that_is_missing_is_said_before_anything_is_opened(slack: SlackServer, tmp_path: Path) -> None:
    for mode, name in (("socket", "slack_app_token"), ("http", "slack_signing_secret")):
        settings = settings_for(slack, mode).model_copy(update={name: SecretStr("")})  # type: ignore[arg-type]
        from bot.surfaces.slack import open_surface

        with pytest.raises(ConfigError, match=name.upper()):
            async with open_surface(settings, None):  # type: ignore[arg-type]  # it is not looked at
                pass


async def test_doctor_names_the_scope_and_the_setting_that_are_missing(slack: SlackServer) -> None:
    from bot.surfaces.slack.declared import SCOPES

    slack.scopes = set(SCOPES)
    settings = settings_for(slack, "socket")
    assert [one.state for one in await examine(settings)] == ["ok"]
    slack.scopes -= {"reactions:read"}
    [missed] = await examine(settings)
    assert missed.state == "failed"
    assert "reactions:read" in missed.text
    assert "hear reactions" in missed.text
    wrong = settings.model_copy(update={"slack_bot_token": SecretStr("xoxb-other")})
    assert "ERRAND_SLACK_BOT_TOKEN" in (await examine(wrong))[0].text
    missing = settings.model_copy(update={"slack_app_token": SecretStr("")})
    assert any("ERRAND_SLACK_APP_TOKEN" in one.text for one in await examine(missing))
    http = settings_for(slack, "http")
    assert any("ERRAND_PUBLIC_URL" in one.text for one in await examine(http))
