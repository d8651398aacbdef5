"""What Slack delivers is taken in once, acknowledged at once, and only when it is Slack's: over sockets and HTTP."""

from __future__ import annotations

import asyncio
import json
import logging
from pathlib import Path
from urllib.parse import urlencode

import pytest

from agent.command import Start
from core.errors import StoreError
from tests.contract.surfaces.slack.lab import SlackLab
from tests.fakes.clock import FixedClock
from tests.fakes.slack_server import SECRET, SlackServer
from tests.fakes.slack_workspace import APP_TOKEN, BOT_TOKEN

POST = Start(template_id="chat.say", values={"message": "Hello"})


async def test_one_event_told_of_four_times_is_heard_once(lab: SlackLab) -> None:
    lab.means(POST)
    await lab.slack.say("U1", "post hello", times=4)
    await lab.settle()
    assert lab.interpreter.texts == ["post hello"]
    assert len(lab.read()) == 1


async def test_many_at_once_are_acknowledged_before_any_of_them_is_dealt_with(lab: SlackLab) -> None:
    lab.slack.ack_s = 2.0
    await asyncio.gather(*(lab.slack.say("U1", f"wish {number}") for number in range(100)))
    assert len(lab.slack.acks_ms) == 100
    assert lab.talk.count("inbox") == 100
    assert lab.interpreter.texts == [], "nobody has looked at them yet"


async def test_what_could_not_be_kept_is_not_acknowledged_and_comes_again(
    lab: SlackLab, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    accept, tries = lab.host.intake.accept, []

    async def fails_once(arrival):  # type: ignore[no-untyped-def]
        tries.append(arrival)
        if len(tries) == 1:
            raise StoreError("the disk is full")
        return await accept(arrival)

    monkeypatch.setattr(lab.host.intake, "accept", fails_once)
    lab.slack.ack_s = 0.3 if not lab.slack.url else 3.0
    lab.means(POST)
    await lab.slack.say("U1", "post hello")
    await lab.settle()
    assert len(lab.slack.retries) == 1
    assert lab.interpreter.texts == ["post hello"]
    lab.slack.violations.clear()  # over a socket it was not acknowledged in time, as it should not be


@pytest.mark.parametrize("what", ["command", "press", "submit"])
async def test_what_goes_wrong_costs_nobody_the_acknowledgement(
    lab: SlackLab, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    await lab.say("post hello", POST)
    await lab.press("Edit")
    await lab.slack.modal("U1")

    async def fails(_):  # type: ignore[no-untyped-def]
        raise ValueError("a bug")

    monkeypatch.setattr(lab.host.intake, "accept", fails)
    match what:
        case "command":
            answer = await lab.slack.command("U1", "/errand", "post hello")
            assert answer is not None
            assert "did not reach me (reference " in answer["text"]
        case "press":
            assert await lab.slack.press("U1", "Run") is not None
            async with asyncio.timeout(5):
                while not any("did not reach me" in text for text in lab.read()):
                    await asyncio.sleep(0.005)
        case _:
            errors = await lab.slack.submit("U1")
            assert "did not reach me" in next(iter(errors.values()))


async def test_an_acknowledgement_survives_an_error_right_after_it(lab: SlackLab) -> None:
    """A stale button is answered by a follow-up that fails at once: in this version of Bolt that would take it back."""
    await lab.say("post hello", POST)
    message, element = lab.slack.button("U1", "Run")
    lab.slack.faults.append(("conversations.open", "away"))
    lab.slack.faults.append(("chat.postMessage", "away"))
    stale = element | {"action_id": "from an older version"}
    assert await lab.slack.press_element("U1", message, stale) == {}


async def test_controls_that_nobody_knows_are_acknowledged(lab: SlackLab) -> None:
    message = await lab.slack.say("U1", "hi")
    unknown = {"type": "button", "action_id": "other", "block_id": "b", "value": "x"}
    assert await lab.slack.press_element("U1", message, unknown) == {}
    view = {"id": "V1", "callback_id": "other", "type": "modal", "blocks": [], "state": {"values": {}}}
    payload = lab.slack._interaction("view_submission", "U1") | {"view": view}
    assert await lab.slack.deliver("interactive", payload) == {}
    assert await lab.slack.deliver("interactive", payload | {"type": "view_closed"}) == {}
    assert await lab.slack.shortcut("U1", "other") == {}
    await lab.slack.deliver("events_api", lab.slack.event({"type": "file_change", "file_id": "F1", "user": "U1"}))
    await lab.slack.submit("U1", wish="x")


async def test_a_reaction_somebody_who_joins_and_a_shortcut_are_taken_in(lab: SlackLab) -> None:
    said = await lab.slack.say("U2", "the build is red", channel="C1")
    await lab.slack.react("U1", "bug", said)
    await lab.slack.join("U3", "C1")
    await lab.slack.shortcut("U1", "start_with_message", said)
    kinds = [json.loads(str(row[0]))["what"] for row in lab.talk.rows("SELECT payload FROM inbox ORDER BY position")]
    assert [one["kind"] for one in kinds] == ["said", "reacted", "joined", "picked"]
    assert kinds[1]["emoji"] == "bug"
    assert kinds[3] == {"kind": "picked", "shortcut": "Start with this message", "text": "the build is red"}


async def test_a_press_that_is_delivered_twice_counts_once(lab: SlackLab) -> None:
    await lab.say("post hello", POST)
    message, element = lab.slack.button("U1", "Run")
    payload = lab.slack._interaction("block_actions", "U1") | {
        "container": {"type": "message", "message_ts": message.ts, "channel_id": message.channel},
        "message": message.as_json(),
        "actions": [element],
    }
    for _ in range(2):
        await lab.slack.deliver("interactive", payload)
    await lab.settle()
    assert lab.talk.count("runs") == 1
    assert lab.talk.count("inbox") == 2


async def test_no_token_is_logged_or_stands_in_an_address(
    tmp_path: Path, clock: FixedClock, slack: SlackServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with SlackLab.serve(tmp_path, clock, slack, "socket") as lab:
        slack.faults.append(("chat.postMessage", "away"))
        await lab.say("post hello", POST)
        lab.clock.move(10)
        await lab.settle()
    for secret in (BOT_TOKEN, APP_TOKEN, SECRET):
        assert secret not in caplog.text
    assert slack.calls


class TestSigned:
    """Over HTTP, what Slack did not sign is not even read."""

    @pytest.fixture
    async def lab(self, tmp_path: Path, clock: FixedClock, slack: SlackServer):  # type: ignore[no-untyped-def]
        async with SlackLab.serve(tmp_path, clock, slack, "http") as opened:
            yield opened

    async def _post(self, slack: SlackServer, body: bytes, headers: dict[str, str]) -> int:
        assert slack._session is not None
        async with slack._session.post(slack.url, data=body, headers=headers) as answer:
            text = await answer.text()
            assert "Traceback" not in text
            return answer.status

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"X-Slack-Request-Timestamp": "1", "X-Slack-Signature": "v0=x"},
            {"X-Slack-Request-Timestamp": "now", "X-Slack-Signature": "v0=x"},
            {"X-Slack-Request-Timestamp": "1", "X-Slack-Signature": "v0=\xfc"},
        ],
    )
    @pytest.mark.parametrize("body", [b"", b"{", b"[1]", b"\xff\xfe", b"payload=%7B", b'{"type":"url_verification"}'])
    async def test_what_is_not_signed_is_refused(self, lab: SlackLab, headers: dict[str, str], body: bytes) -> None:
        assert await self._post(lab.slack, body, headers) == 401
        assert lab.talk.count("inbox") == 0

    async def test_what_is_signed_otherwise_too_old_or_changed_is_refused(self, lab: SlackLab) -> None:
        body = json.dumps(lab.slack.event({"type": "message", "user": "U1", "channel": "C1", "ts": "1.1"})).encode()
        assert await self._post(lab.slack, body, lab.slack.signed(body, secret="wrong")) == 401
        assert await self._post(lab.slack, body, lab.slack.signed(body, at=1_600_000_000)) == 401
        assert await self._post(lab.slack, body + b" ", lab.slack.signed(body)) == 401
        assert lab.talk.count("inbox") == 0

    async def test_signed_garbage_is_answered_without_a_stack(self, lab: SlackLab) -> None:
        for body in (b"{", b"[1]", b"\xff", b"payload=%7B"):
            assert await self._post(lab.slack, body, lab.slack.signed(body)) in (400, 401, 404, 500)

    async def test_a_replay_within_the_five_minutes_has_no_second_effect(self, lab: SlackLab) -> None:
        event = {"type": "message", "user": "U1", "channel": "C1", "channel_type": "channel", "ts": "9.1", "text": "x"}
        body = json.dumps(lab.slack.event(event | {"text": "<@UBOT> post hello"})).encode()
        headers = lab.slack.signed(body) | {"Content-Type": "application/json"}
        for _ in range(3):
            assert await self._post(lab.slack, body, headers) == 200
        assert lab.talk.count("inbox") == 1

    async def test_the_address_is_verified_with_its_challenge(self, lab: SlackLab) -> None:
        answer = await lab.slack._over_http("events_api", {"type": "url_verification", "challenge": "c1"}, 0)
        assert answer == {"challenge": "c1"}

    async def test_a_form_body_is_verified_as_it_is(self, lab: SlackLab) -> None:
        body = urlencode({"command": "/errand", "text": "ü & <>", "user_id": "U1", "trigger_id": "7.7"}).encode()
        headers = lab.slack.signed(body) | {"Content-Type": "application/x-www-form-urlencoded"}
        assert await self._post(lab.slack, body, headers) == 200
        assert lab.talk.count("inbox") == 1
