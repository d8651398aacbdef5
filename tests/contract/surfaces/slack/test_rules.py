"""The fake bites: what Slack refuses or punishes is refused here and noted. Otherwise all other tests would mean nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.surfaces.slack.api import SlackApi
from core.errors import NotFoundError, RateLimitedError, RejectedError
from tests.contract.surfaces.slack.lab import SlackLab
from tests.fakes.block_kit import Where, lint_blocks, lint_message, lint_view
from tests.fakes.clock import FixedClock
from tests.fakes.slack_server import SlackServer
from tests.fakes.slack_workspace import BOT_TOKEN


@pytest.fixture
async def strict() -> AsyncIterator[SlackServer]:
    """One whose violations are looked at by the test itself."""
    async with SlackServer.open() as server:
        yield server


@pytest.fixture
async def api(strict: SlackServer, tmp_path: Path, clock: FixedClock) -> AsyncIterator[SlackApi]:
    async with SlackLab.serve(tmp_path, clock, strict, "socket") as lab:
        yield lab.adapter._api


def section(**more: Any) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": "x"}} | more


def button(**more: Any) -> dict[str, Any]:
    text = {"type": "plain_text", "text": "Yes"}
    return {"type": "actions", "elements": [{"type": "button", "action_id": "a", "text": text, "value": "v"} | more]}


WRONG = {
    "empty text": [section(text={"type": "mrkdwn", "text": " "})],
    "long text": [section(text={"type": "mrkdwn", "text": "x" * 3001})],
    "long field": [{"type": "section", "fields": [{"type": "mrkdwn", "text": "x" * 2001}]}],
    "many fields": [{"type": "section", "fields": [{"type": "mrkdwn", "text": "x"}] * 11}],
    "many blocks": [section()] * 51,
    "unknown key": [section(colour="red")],
    "unknown block": [{"type": "carousel"}],
    "empty actions": [{"type": "actions", "elements": []}],
    "doubled action": [{"type": "actions", "elements": button()["elements"] * 2}],
    "doubled block": [section(block_id="b"), section(block_id="b")],
    "input in actions": [{"type": "actions", "elements": [{"type": "plain_text_input", "action_id": "a"}]}],
    "mrkdwn label": [button(text={"type": "mrkdwn", "text": "Yes"})],
    "long label": [button(text={"type": "plain_text", "text": "x" * 76})],
    "long value": [button(value="x" * 2001)],
    "empty value": [button(value="")],
    "no action id": [button(action_id="")],
    "unknown style": [button(style="secondary")],
    "mrkdwn header": [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}],
    "button in context": [{"type": "context", "elements": button()["elements"]}],
    "bogus text": [section(text={"type": "html", "text": "x"})],
}


@pytest.mark.parametrize("name", WRONG)
def test_what_slack_refuses_is_found_in_blocks(name: str) -> None:
    assert lint_blocks(WRONG[name], "message")


def test_what_slack_takes_is_found_good() -> None:
    assert lint_message([section(), button()], "x") == []
    assert lint_message([section()], " ") == ["no_fallback_text"]


@pytest.mark.parametrize(
    "changes",
    [
        {"submit": None},
        {"title": {"type": "plain_text", "text": "x" * 25}},
        {"private_metadata": "x" * 3001},
        {"type": "tab"},
        {"blocks": [section()] * 101},
    ],
)
def test_what_slack_refuses_is_found_in_views(changes: dict[str, Any]) -> None:
    element = {"type": "plain_text_input", "action_id": "value"}
    label = {"type": "plain_text", "text": "x"}
    good = {
        "type": "modal",
        "title": label,
        "submit": label,
        "blocks": [{"type": "input", "label": label, "element": element}],
    }
    assert lint_view(good) == []
    assert lint_view({name: value for name, value in (good | changes).items() if value is not None})


@pytest.mark.parametrize(
    ("element", "where"),
    [
        ({"max_files": 11}, "modal"),
        ({"max_files": 0}, "modal"),
        ({"filetypes": [".csv"]}, "modal"),
        ({"filetypes": []}, "modal"),
        ({"initial_files": []}, "modal"),
        ({}, "message"),
        ({}, "home"),
    ],
)
def test_where_and_how_files_can_be_handed_in(element: dict[str, Any], where: Where) -> None:
    label = {"type": "plain_text", "text": "x"}
    file = {"type": "file_input", "action_id": "value", "max_files": 1, "filetypes": ["csv"]}
    assert lint_blocks([{"type": "input", "label": label, "element": file}], "modal") == []
    assert lint_blocks([{"type": "actions", "elements": [file]}], "modal")
    assert lint_blocks([{"type": "input", "label": label, "element": file | element}], where)


async def test_a_file_is_shown_to_whoever_has_the_token_and_to_no_other(strict: SlackServer) -> None:
    told = strict.told(strict.add_file("a.csv", b"1"))
    async with aiohttp.ClientSession() as session:
        async with session.get(told["url_private_download"]) as answer:
            assert (answer.status, answer.content_type) == (200, "text/html")
            assert "Sign in" in await answer.text()
        assert strict.violations == ["a file was asked for without the bot's token"]
        async with session.get(
            told["url_private_download"], headers={"Authorization": f"Bearer {BOT_TOKEN}"}
        ) as answer:
            assert await answer.read() == b"1"


async def test_who_acknowledges_too_late_is_noted(strict: SlackServer, api: SlackApi) -> None:
    strict.ack_s = 0.0
    await strict.deliver("slash_commands", {"command": "/errand", "user_id": "U1", "trigger_id": "1"})
    assert strict.violations == ["not acknowledged in time: slash_commands"]


async def test_a_trigger_is_used_once_and_in_time(strict: SlackServer, api: SlackApi) -> None:
    view = {"type": "home", "blocks": [section()]}
    with pytest.raises(RejectedError, match="invalid_trigger_id"):
        await api.call("views.open", trigger_id="nobody's", view=view)
    trigger = strict.new_trigger()
    await api.call("views.open", trigger_id=trigger, view=view)
    with pytest.raises(RejectedError, match="exchanged_trigger_id"):
        await api.call("views.open", trigger_id=trigger, view=view)
    strict.trigger_ttl_s = 0.0
    late = strict.new_trigger()
    await asyncio.sleep(0.001)
    with pytest.raises(RejectedError, match="expired_trigger_id"):
        await api.call("views.open", trigger_id=late, view=view)


async def test_blocks_that_are_wrong_are_refused_wherever_they_come(strict: SlackServer, api: SlackApi) -> None:
    with pytest.raises(RejectedError, match="invalid_blocks"):
        await api.call("chat.postMessage", channel="C1", text="x", blocks=[section(colour="red")])
    assert strict.violations == ["chat.postMessage: blocks[0]: unknown colour"]


async def test_nobody_else_s_message_is_changed(strict: SlackServer, api: SlackApi) -> None:
    said = await strict.say("U1", "mine", channel="C1")
    with pytest.raises(NotFoundError, match="cant_update_message"):
        await api.call("chat.update", channel="C1", ts=said.ts, text="yours", blocks=[section()])
    assert strict.violations


async def test_a_channel_has_its_rate(strict: SlackServer, api: SlackApi) -> None:
    strict.post_gap_s = 60.0
    await api.call("chat.postMessage", channel="C1", text="x", blocks=[section()])
    with pytest.raises(RateLimitedError) as raised:
        await api.call("chat.postMessage", channel="C1", text="x", blocks=[section()])
    assert raised.value.retry_after_s == 1.0


async def test_what_slack_has_no_method_for_is_noted(strict: SlackServer, api: SlackApi) -> None:
    with pytest.raises(RejectedError, match="unknown_method"):
        await api.call("chat.shout", channel="C1")
    assert strict.violations == ["no method chat.shout"]


async def test_a_stream_is_closed_after_its_time(strict: SlackServer, api: SlackApi) -> None:
    root = await strict.say("U1", "hi")
    started = await api.call(
        "chat.startStream", channel=root.channel, thread_ts=root.ts, recipient_user_id="U1", recipient_team_id="T1"
    )
    with pytest.raises(RejectedError, match="invalid_arguments"):
        await api.call("chat.startStream", channel=root.channel)
    strict.stream_ttl_s = 0.0
    with pytest.raises(RejectedError, match="not streaming"):
        await api.call("chat.appendStream", channel=root.channel, ts=started["ts"], markdown_text="late")


async def test_a_ticket_opens_one_socket(strict: SlackServer, api: SlackApi) -> None:
    assert strict.openings == 2
    assert strict._session is not None
    async with strict._session.get(strict.base.replace("api/", "socket"), params={"ticket": "t1"}) as answer:
        assert answer.status == 403
