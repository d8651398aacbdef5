"""Files handed in on Slack: in a modal, with a message, alone. The token goes to Slack only; what goes wrong is said, and costs
nobody their words.
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest
from aiohttp import web

from agent.command import CannotHandle, Command, Start
from bot.surface.inbox import MOST_TRIES
from tests.contract.surfaces.slack.lab import Mode, SlackLab
from tests.fakes.clock import FixedClock
from tests.fakes.file_templates import COUNT, MERGE, with_files
from tests.fakes.slack_files import SharedFile
from tests.fakes.slack_server import SlackServer
from tests.fakes.slack_workspace import BOT_TOKEN, BOT_USER
from tests.fakes.talk import Talk

ROWS = b"name,city\nAna,Lisbon\n"


@pytest.fixture(params=["socket", "http"])
async def lab(
    request: pytest.FixtureRequest, tmp_path: Path, clock: FixedClock, slack: SlackServer
) -> AsyncIterator[SlackLab]:
    talk = await Talk.open(tmp_path, clock, templates=with_files())
    async with SlackLab.serve(tmp_path, clock, slack, cast("Mode", request.param), talk=talk) as opened:
        yield opened
    await talk.store.close()


async def send(
    lab: SlackLab, files: Sequence[SharedFile], text: str = "", *commands: Command, channel: str = "", user: str = "U1"
) -> None:
    if text:
        lab.means(*commands)
    await lab.slack.say(user, text, files=files, channel=channel)
    await lab.settle()


async def stored(lab: SlackLab) -> dict[str, bytes]:
    return {name: await lab.files.read(name) for name in await lab.files.names()}


async def test_a_file_that_came_with_a_wish_is_its_value(lab: SlackLab) -> None:
    await send(lab, [lab.slack.add_file("people.csv", ROWS)], "count the rows", COUNT)
    assert await stored(lab) == {"people.csv": ROWS}
    assert "people.csv" in lab.read()[-1]
    assert lab.interpreter.texts == ["count the rows people.csv"]


async def test_a_file_with_a_mention_is_taken_once_and_answered_in_the_thread(lab: SlackLab) -> None:
    """Slack tells of it twice, in the mention by the file's id alone."""
    await send(lab, [lab.slack.add_file("people.csv", ROWS)], f"<@{BOT_USER}> count the rows", COUNT, channel="C1")
    assert await stored(lab) == {"people.csv": ROWS}
    assert "people.csv" in lab.read(channel="C1")[-1]
    assert lab.interpreter.texts == ["count the rows people.csv"]


async def test_a_file_of_which_only_the_id_is_told_is_looked_up(lab: SlackLab) -> None:
    await send(lab, [lab.slack.add_file("people.csv", ROWS, is_bare=True)], "count the rows", COUNT)
    assert list((await stored(lab)).values()) == [ROWS]
    assert ("files.info", {"file": "F1"}) in lab.slack.calls
    assert "people.csv" in lab.read()[-1]


async def test_a_file_without_a_word_is_kept_and_what_can_be_done_is_said(lab: SlackLab) -> None:
    await send(lab, [lab.slack.add_file("people.csv", ROWS)])
    assert await stored(lab) == {"people.csv": ROWS}
    assert "In the files folder now: people.csv. What should happen with it?" in lab.read()[-1]
    await lab.press("Count rows")
    assert "Count rows" in lab.read()[-1]
    assert "people.csv" in lab.read()[-1]


async def test_a_file_answers_the_question_for_one(lab: SlackLab) -> None:
    await lab.say("count the rows", COUNT)
    await send(lab, [lab.slack.add_file("people.csv", ROWS)], "here it is", CannotHandle(reason="unclear"))
    assert "people.csv" in lab.read()[-1]


async def test_of_two_files_one_is_picked(lab: SlackLab) -> None:
    files = [lab.slack.add_file("a.csv", b"a"), lab.slack.add_file("a.csv", b"b")]
    await send(lab, files, "merge these", MERGE)
    assert await stored(lab) == {"a.csv": b"a", "a (2).csv": b"b"}
    await lab.press("a (2).csv")
    await lab.press("a.csv")
    assert "a (2).csv" in lab.read()[-1]


async def test_what_others_share_in_a_channel_is_not_fetched(lab: SlackLab) -> None:
    await send(lab, [lab.slack.add_file("holiday.png", b"png", media_type="image/png")], channel="C1")
    assert lab.slack.downloads == []
    assert await stored(lab) == {}


async def test_a_modal_takes_a_file_and_the_card_shows_it(lab: SlackLab) -> None:
    await lab.say("count the rows of old.csv", Start(template_id="data.count", values={"file": "old.csv"}))
    await lab.press("Edit")
    new = lab.slack.add_file("people.csv", ROWS)
    assert await lab.slack.submit("U1", **{"file:file": new, "output": "n.txt"}) == {}
    await lab.settle()
    assert await stored(lab) == {"people.csv": ROWS}
    assert "people.csv" in lab.read()[-1]
    assert "n.txt" in lab.read()[-1]


async def test_the_form_that_run_opens_takes_a_file(lab: SlackLab) -> None:
    await lab.slack.command("U1", "/run", "Count rows")
    view = await lab.slack.modal("U1")
    controls = {one["block_id"]: one["element"]["type"] for one in view["blocks"] if one["type"] == "input"}
    assert controls == {"field:file": "file_input", "field:output": "plain_text_input"}
    assert await lab.slack.submit("U1", file=lab.slack.add_file("people.csv", ROWS)) == {}
    await lab.settle()
    assert await stored(lab) == {"people.csv": ROWS}
    assert "people.csv" in lab.read()[-1]


async def test_the_form_that_run_opens_may_leave_the_file_to_be_named(lab: SlackLab) -> None:
    await lab.slack.command("U1", "/run", "Count rows")
    assert await lab.slack.submit("U1") == {}
    await lab.settle()
    assert "Which file?" in lab.read()[-1]


async def test_a_form_that_is_sent_again_brings_its_file_once(lab: SlackLab) -> None:
    new = lab.slack.add_file("people.csv", ROWS)
    await lab.say("count the rows of old.csv", Start(template_id="data.count", values={"file": "old.csv"}))
    for output in ("../out.txt", "out.txt"):
        await lab.press("Edit")
        await lab.slack.submit("U1", **{"file:file": new, "output": output})
        await lab.settle()
    assert await stored(lab) == {"people.csv": ROWS}
    assert "out.txt" in lab.read()[-1]


async def test_what_was_handed_in_is_in_the_inbox_before_anything_is_fetched(lab: SlackLab) -> None:
    lab.means(COUNT)
    await lab.slack.say("U1", "count the rows", files=[lab.slack.add_file("people.csv", ROWS)])
    assert lab.slack.downloads == [], "it was acknowledged, and nothing was fetched for that"
    [(payload,)] = lab.talk.rows("SELECT payload FROM inbox")
    assert json.loads(str(payload))["what"]["files"][0]["name"] == "people.csv"
    assert BOT_TOKEN not in str(payload)
    await lab.settle()
    assert lab.slack.downloads == ["F1"]


PROBLEMS = {
    "too large": (lambda file: setattr(file, "content", b"x" * 10_001), "larger than 0.01 MB"),
    "larger than it says": (lambda file: (setattr(file, "size", 5), setattr(file, "content", b"x" * 99_999)), "larger"),
    "deleted": (lambda file: setattr(file, "is_deleted", True), "not there any more"),
    "kept elsewhere": (lambda file: setattr(file, "url", "https://drive.example/1"), "cannot be fetched from where"),
}


@pytest.mark.parametrize("name", PROBLEMS)
async def test_a_file_that_cannot_be_had_is_named_and_the_words_count(lab: SlackLab, name: str) -> None:
    change, said = PROBLEMS[name]
    file = lab.slack.add_file("people.csv", ROWS)
    change(file)
    await send(lab, [file], "count the rows", COUNT)
    assert f"people.csv was not kept: {'it is ' if name == 'too large' else ''}" in lab.read()[-1]
    assert said in lab.read()[-1]
    assert "Which file?" in lab.read()[-1]
    assert await stored(lab) == {}


@pytest.mark.parametrize("is_bare", [False, True])
async def test_without_the_scope_slack_s_page_is_not_taken_for_the_file(lab: SlackLab, is_bare: bool) -> None:
    lab.slack.scopes = set()
    await send(lab, [lab.slack.add_file("people.csv", ROWS, is_bare=is_bare)], "count the rows", COUNT)
    assert "I am not allowed to read it" in lab.read()[-1]
    assert await stored(lab) == {}


async def test_a_web_page_that_somebody_shares_is_a_file_like_any_other(lab: SlackLab) -> None:
    page = lab.slack.add_file("page.html", b"<p>Hello</p>", media_type="text/html")
    await send(lab, [page], "count the rows", COUNT)
    assert await stored(lab) == {"page.html": b"<p>Hello</p>"}


async def test_a_name_that_leads_elsewhere_becomes_a_plain_one(lab: SlackLab) -> None:
    await send(lab, [lab.slack.add_file("../../etc/cron.d/<@U2>\u202egpj.csv", ROWS)], "count the rows", COUNT)
    assert await stored(lab) == {"_@U2__gpj.csv": ROWS}


async def test_a_line_that_is_down_is_tried_again_and_nothing_is_doubled(lab: SlackLab) -> None:
    lab.slack.faults_of_files = ["", "away", "", "cut"]
    files = [lab.slack.add_file("a.csv", b"a"), lab.slack.add_file("b.csv", b"b")]
    await send(lab, files, "merge these", MERGE)
    assert lab.read() == []
    for _ in range(2):
        lab.clock.move(60)
        await lab.settle()
    assert await stored(lab) == {"a.csv": b"a", "b.csv": b"b"}
    assert "Which file comes first?" in lab.read()[-1]


async def test_a_line_that_stays_down_is_apologized_for_and_the_words_count(lab: SlackLab) -> None:
    lab.slack.faults_of_files = ["away"] * MOST_TRIES
    await send(lab, [lab.slack.add_file("people.csv", ROWS)], "count the rows", COUNT)
    for _ in range(MOST_TRIES):
        lab.clock.move(60)
        await lab.settle()
    assert len(lab.slack.downloads) == MOST_TRIES
    assert "people.csv was not kept: it could not be fetched" in lab.read()[-1]
    assert "Which file?" in lab.read()[-1]


async def test_the_token_goes_to_slack_s_servers_and_into_no_log(
    lab: SlackLab, caplog: pytest.LogCaptureFixture
) -> None:
    """An address elsewhere is not even asked, whoever named it: a payload, or Slack itself by a redirect."""
    caplog.set_level(logging.DEBUG)
    async with elsewhere() as (address, asked):
        files = [
            lab.slack.add_file("drive.csv", ROWS, url=f"{address}/drive.csv"),
            lab.slack.add_file("moved.csv", ROWS, leads_to=f"{address}/moved.csv"),
            lab.slack.add_file("here.csv", ROWS),
        ]
        await send(lab, files, "merge these", MERGE)
    assert asked == []
    assert await stored(lab) == {"here.csv": ROWS}
    assert BOT_TOKEN not in caplog.text


@asynccontextmanager
async def elsewhere() -> AsyncIterator[tuple[str, list[str]]]:
    """Somebody else's server, and what it was asked."""
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(f"{request.path} {request.headers.get('Authorization')}")
        return web.Response(body=ROWS)

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}", asked
    finally:
        await runner.cleanup()
