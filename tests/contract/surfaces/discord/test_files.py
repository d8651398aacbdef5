"""Files handed in on Discord: in a form, with a message, alone. No token goes with a download; what goes wrong is said, and costs
nobody their words.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from agent.command import CannotHandle, Start
from agent.reply import Action
from bot.surface.inbox import MOST_TRIES
from tests.contract.surfaces.discord.lab import SURFACE, Town, serving
from tests.contract.surfaces.lab import SurfaceLab
from tests.fakes.bus import LocalBus
from tests.fakes.clock import FixedClock
from tests.fakes.discord_files import GOOD_S
from tests.fakes.discord_lint import lint_message, lint_modal
from tests.fakes.discord_server import DiscordServer
from tests.fakes.file_templates import COUNT, MERGE, with_files
from tests.fakes.recording_surface import RecordingSurface
from tests.fakes.talk import Talk

ROWS = b"name,city\nAna,Lisbon\n"


@pytest.fixture
async def town(tmp_path: Path, clock: FixedClock, server: DiscordServer) -> AsyncIterator[Town]:
    talk = await Talk.open(tmp_path, clock, templates=with_files())
    lab = SurfaceLab(talk, clock, RecordingSurface(clock), LocalBus(), "srv_1")
    async with serving(lab, server):
        yield Town(lab, server)
    await talk.store.close()


async def stored(town: Town) -> dict[str, bytes]:
    return {name: await town.lab.files.read(name) for name in await town.lab.files.names()}


def last(town: Town) -> str:
    return town.read()[-1].text.replace("\\", "")


async def test_a_file_that_came_with_a_wish_is_its_value(town: Town) -> None:
    await town.say("count the rows", COUNT, files=[town.server.add_file("people.csv", ROWS)])
    assert await stored(town) == {"people.csv": ROWS}
    assert "people.csv" in last(town)
    assert town.lab.interpreter.texts == ["count the rows people.csv"]


async def test_a_file_with_nothing_but_a_mention_is_answered_in_the_thread(town: Town) -> None:
    file = town.server.add_file("people.csv", ROWS)
    message = await town.say("", files=[file], channel=town.ops, mentions=True)
    [read] = town.read(town.thread_of(message))
    assert "In the files folder now: people.csv" in read.text
    assert "Count rows" in read.buttons


async def test_a_file_without_a_word_is_kept_and_what_can_be_done_is_said(town: Town) -> None:
    await town.say("", files=[town.server.add_file("people.csv", ROWS)])
    assert await stored(town) == {"people.csv": ROWS}
    assert "In the files folder now: people.csv. What should happen with it?" in last(town)
    await town.press("Count rows")
    assert "people.csv" in last(town)


async def test_a_file_answers_the_question_for_one(town: Town) -> None:
    await town.say("count the rows", COUNT)
    await town.say("here", CannotHandle(reason="unclear"), files=[town.server.add_file("people.csv", ROWS)])
    assert "people.csv" in last(town)


async def test_of_two_files_one_is_picked(town: Town) -> None:
    files = [town.server.add_file("a.csv", b"a"), town.server.add_file("b.csv", b"b")]
    await town.say("merge these", MERGE, files=files)
    await town.press("b.csv")
    await town.press("a.csv")
    assert "b.csv" in last(town)
    assert await stored(town) == {"a.csv": b"a", "b.csv": b"b"}


async def test_what_others_share_in_a_channel_is_not_fetched(town: Town) -> None:
    await town.say("look", files=[town.server.add_file("holiday.png", b"png")], channel=town.ops)
    assert town.server.downloads == []
    assert await stored(town) == {}


async def test_a_form_that_run_opens_takes_a_file(town: Town) -> None:
    opened = await town.server.slash(town.ana, "run", name="pick:data.count")
    [upload] = [one["component"] for one in opened.modal["components"] if one["component"]["type"] == 19]
    assert (upload["custom_id"], upload["required"]) == ("file", False)
    done = await town.submit(opened, file=town.server.add_file("people.csv", ROWS))
    await town.arrived(done.id)
    await town.settle()
    assert await stored(town) == {"people.csv": ROWS}
    assert "people.csv" in last(town)


async def test_a_form_without_a_file_is_asked_for_one(town: Town) -> None:
    opened = await town.server.slash(town.ana, "run", name="pick:data.count")
    done = await town.submit(opened)
    await town.arrived(done.id)
    await town.settle()
    assert "Which file?" in last(town)
    await town.say("", files=[town.server.add_file("people.csv", ROWS)])
    assert "people.csv" in last(town)


async def test_an_open_card_s_form_takes_another_file(town: Town) -> None:
    await town.say("count the rows of old.csv", Start(template_id="data.count", values={"file": "old.csv"}))
    opened = await town.press("Edit")
    await town.submit(opened, **{"file:file": town.server.add_file("people.csv", ROWS), "output": "n.txt"})
    assert await stored(town) == {"people.csv": ROWS}
    assert "people.csv" in last(town)
    assert "n.txt" in last(town)


async def test_what_was_handed_in_is_in_the_inbox_before_anything_is_fetched(town: Town) -> None:
    town.lab.means(COUNT)
    file = town.server.add_file("people.csv", ROWS)
    message = await town.server.say(town.ana, "count the rows", files=[file])
    await town.arrived(message.id)
    assert town.server.downloads == []
    [(payload,)] = town.lab.talk.rows("SELECT payload FROM inbox")
    assert json.loads(str(payload))["what"]["files"][0]["name"] == "people.csv"
    await town.settle()
    assert town.server.downloads == [file.id]


async def test_a_file_that_is_too_large_is_not_even_asked_for(town: Town) -> None:
    await town.say("count the rows", COUNT, files=[town.server.add_file("people.csv", b"x" * 10_001)])
    assert "people.csv was not kept: it is larger than 0.01 MB" in last(town)
    assert "Which file?" in last(town)
    assert town.server.downloads == []


async def test_a_file_that_is_larger_than_it_says_is_not_kept(town: Town) -> None:
    await town.say("count the rows", COUNT, files=[town.server.add_file("people.csv", b"x" * 99_999, size=5)])
    assert "people.csv was not kept: it is larger" in last(town)
    assert await stored(town) == {}


async def test_a_file_that_is_gone_is_named_and_the_words_count(town: Town) -> None:
    file = town.server.add_file("people.csv", ROWS)
    file.is_deleted = True
    await town.say("count the rows", COUNT, files=[file])
    assert "people.csv was not kept: it is not there any more" in last(town)
    assert "Which file?" in last(town)


async def test_an_address_that_has_expired_is_asked_for_anew(town: Town) -> None:
    """An entry may have waited for longer than a day until somebody was there to deal with it."""
    town.server.age_s = GOOD_S + 60
    await town.say("count the rows", COUNT, files=[town.server.add_file("people.csv", ROWS)])
    assert "POST /attachments/refresh-urls" in town.server.calls
    assert await stored(town) == {"people.csv": ROWS}


async def test_an_address_elsewhere_is_not_asked(town: Town) -> None:
    file = town.server.add_file("people.csv", ROWS)
    file.is_elsewhere = "http://127.0.0.1:9/people.csv"
    await town.say("count the rows", COUNT, files=[file])
    assert "cannot be fetched from where it is" in last(town)


async def test_a_name_that_leads_elsewhere_becomes_a_plain_one(town: Town) -> None:
    await town.say("count the rows", COUNT, files=[town.server.add_file("../../<@1>@everyone\u202egpj.csv", ROWS)])
    assert list(await stored(town)) == ["_@1_@everyone_gpj.csv"]


async def test_a_line_that_breaks_is_tried_again_and_nothing_is_doubled(town: Town) -> None:
    town.server.faults_of_files = ["", "503", "", "cut"]
    files = [town.server.add_file("a.csv", b"a"), town.server.add_file("b.csv", b"b")]
    await town.say("merge these", MERGE, files=files)
    for _ in range(2):
        town.lab.clock.move(60)
        await town.settle()
    assert await stored(town) == {"a.csv": b"a", "b.csv": b"b"}
    assert "Which file comes first?" in last(town)


async def test_a_line_that_stays_broken_is_apologized_for_and_the_words_count(town: Town) -> None:
    town.server.faults_of_files = ["503"] * MOST_TRIES
    await town.say("count the rows", COUNT, files=[town.server.add_file("people.csv", ROWS)])
    for _ in range(MOST_TRIES):
        town.lab.clock.move(60)
        await town.settle()
    assert len(town.server.downloads) == MOST_TRIES
    assert "people.csv was not kept: it could not be fetched" in last(town)
    assert "Which file?" in last(town)


async def test_the_fake_gives_a_file_to_whoever_has_its_signed_address_only(town: Town) -> None:
    url = town.server.told(town.server.add_file("people.csv", ROWS))["url"]
    async with aiohttp.ClientSession() as session:
        async with session.get(url) as answer:
            assert await answer.read() == ROWS
        async with session.get(url.replace("hm=", "hm=0")) as answer:
            assert answer.status == 404
        async with session.get(url, headers={"Authorization": "Bot x"}):
            assert town.server.violations.pop() == "the bot's token was sent for a file"


UPLOAD = {"type": 19, "custom_id": "f", "min_values": 0, "max_values": 1, "required": False}
WRONG = [{"min_values": 1}, {"max_values": 11}, {"min_values": 2, "required": True}, {"placeholder": "x"}]


@pytest.mark.parametrize("wrong", WRONG)
def test_the_check_finds_a_wrong_upload(wrong: dict[str, object]) -> None:
    def form(upload: dict[str, object]) -> dict[str, object]:
        label = {"type": 18, "label": "File", "component": upload}
        return {"custom_id": "x", "title": "Form", "components": [label]}

    assert lint_modal(form(UPLOAD)) == []
    assert lint_modal(form(UPLOAD | wrong))


def test_the_check_finds_an_upload_outside_a_form() -> None:
    label = {"type": 18, "label": "File", "component": UPLOAD}
    message = {"flags": 1 << 15, "components": [label], "allowed_mentions": {"parse": []}}
    assert "an input outside a modal" in lint_message(message)
    modal = {"custom_id": "x", "title": "Form", "components": [UPLOAD]}
    assert "a component of type 19 in a modal" in lint_modal(modal)


async def test_a_button_for_a_file_carries_no_name_of_somebody_s(town: Town) -> None:
    ids = town.lab.host._surfaces[SURFACE]._ids  # type: ignore[attr-defined]
    assert "people" not in ids.of(Action(id="use-file:data.count:people.csv", label="x"), "msg_1")
