"""Composed workflows are sound, are rehearsed without effect, and truly do what their blocks say."""

from __future__ import annotations

import asyncio
import csv
import sqlite3
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest
from pydantic import JsonValue

from bot.library import read_library
from bot.rehearse import _stage
from catalog.block import Block
from catalog.block_loader import BLOCKS, load_blocks
from catalog.check import check_sample, check_workflow
from catalog.retrieval.embedding import LocalEmbedding
from catalog.retrieval.hybrid import HybridRetriever
from catalog.wiring import Part, compose
from catalog.workflow import Template
from core.settings import Settings
from store.record import RunState
from tests.contract.templates.appearing import appear
from tests.contract.templates.library import values_of
from tests.contract.templates.office import Ended, Office
from tests.contract.templates.web import Web
from tests.fakes.http_service import HttpService
from tests.fakes.run_step import registry
from tools.connector import load_connectors

pytestmark = pytest.mark.xdist_group("composed")


@cache
def blocks() -> dict[str, Block]:
    return load_blocks(BLOCKS, registry(), load_connectors())


def composed(*ids: str) -> Template:
    first, *others = (Part(block=blocks()[one]) for one in ids)
    found = compose(first, others)
    assert found is not None, f"{ids} do not go together"
    return found.template


def pairs() -> list[tuple[str, str]]:
    """Every trigger with every action that it goes together with."""
    triggers = [block for block in blocks().values() if block.is_trigger]
    actions = [block for block in blocks().values() if not block.is_trigger]
    return [
        (trigger.id, action.id)
        for trigger in triggers
        for action in actions
        if compose(Part(block=trigger), [Part(block=action)]) is not None
    ]


def test_nothing_is_asked_that_people_would_not_mind_having_made() -> None:
    """A title is asked for only where nothing before it brings anything, a text only where nothing is handed over."""
    asked = {
        name
        for trigger, action in pairs()
        if blocks()[trigger].gives
        for name, parameter in composed(trigger, action).parameters.items()
        if parameter.is_required and parameter.kind in {"text", "long_text"} and name in blocks()[action].parameters
    }
    assert asked == {"statement"}


def test_a_mail_is_headed_with_what_brought_it() -> None:
    called = composed("webhook.call", "csv.add-row", "email.send").parameters["subject"]
    assert (called.is_required, called.default) == (False, "Webhook call")
    fetched = composed("time.schedule", "http.get", "flow.ask-first", "email.send").parameters["subject"]
    assert fetched.default == "What the web address answered"
    assert composed("time.schedule", "email.send").parameters["subject"].is_required


def test_most_triggers_go_together_with_most_actions() -> None:
    assert len(pairs()) >= 80
    assert {trigger for trigger, _ in pairs()} == {one.id for one in blocks().values() if one.is_trigger}


@pytest.mark.parametrize("trigger", [one.id for one in blocks().values() if one.is_trigger])
def test_every_trigger_with_every_two_actions_makes_a_sound_workflow(trigger: str) -> None:
    actions = [one for one in blocks().values() if not one.is_trigger]
    count = 0
    for first in actions:
        for second in actions:
            found = compose(Part(block=blocks()[trigger]), [Part(block=first), Part(block=second)])
            if found is not None:
                count += 1
                assert [*check_workflow(found.template, registry()), *check_sample(found.template)] == []
    assert count >= len(actions)


async def test_what_people_say_of_a_block_finds_it(tmp_path: Path) -> None:
    retriever = HybridRetriever(
        [one.as_template() for one in blocks().values()], LocalEmbedding(), folder=tmp_path, name="blocks"
    )
    await retriever.wait_until_ready()
    assert retriever.has_vectors
    missed = []
    for block in blocks().values():
        for ask in block.asks:
            found = [one.template_id for one in await retriever.search(ask, limit=6)]
            alike = [one for one in found if blocks()[one].is_trigger == block.is_trigger]
            if block.id not in alike[:2]:
                missed.append((block.id, ask, alike))
    await retriever.close()
    assert missed == []


def test_every_pair_is_rehearsed_and_nothing_leaves(tmp_path: Path) -> None:
    async def rehearse_all() -> tuple[list[str], int, list[str]]:
        settings = Settings(data=tmp_path, allow_hosts=["127.0.0.0/8"], _env_file=None)
        new_file = settings.files / "inbox" / "people.csv"  # what the sample of the source names
        new_file.parent.mkdir(parents=True)
        new_file.write_text("name\nGrace\n")
        wrong = []
        async with HttpService() as service, _stage(settings, read_library(settings)) as stage:
            web = Web(service)
            for pair in pairs():
                template = composed(*pair)
                rehearsal = await stage.rehearse(
                    template, {name: web.local(value) for name, value in template.sample.items()}
                )
                if not rehearsal.is_ok:
                    wrong.append(rehearsal.as_text())
            files = [file.name for file in settings.files.rglob("*") if file.is_file()]
            return wrong, len(service.requests), files

    assert asyncio.run(rehearse_all()) == ([], 0, ["people.csv"])


async def run(office: Office, ids: Sequence[str], **given: JsonValue) -> Ended:
    template = composed(*ids)
    params = {name: office.web.local(value) for name, value in values_of(template, **given).items()}
    workflow = await office.approve(template, params)
    ended = await office.happen(workflow, appear=lambda: appear(office, template))
    assert ended.run.state is RunState.SUCCEEDED, ended.run.failure
    return ended


async def test_an_entry_of_a_feed_is_posted(office: Office) -> None:
    await run(office, ["feed.new-entry", "chat.post"])
    [post] = await office.posts()
    assert post.startswith("Third entry\n\nThird entry, in short.\n\nhttps://news.example.com/")


async def test_what_the_person_wrote_is_filled_with_what_came(office: Office) -> None:
    await run(office, ["feed.new-entry", "chat.post"], message="Read {title}! {unknown}")
    assert await office.posts() == ["Read Third entry! {unknown}"]


async def test_a_mail_is_posted_and_becomes_a_row(office: Office) -> None:
    await run(office, ["mail.new-message", "chat.post", "csv.add-row"], file="mails.csv")
    [post] = await office.posts()
    assert post == "More numbers\n\nAnd these too, please.\n\nboss@example.com"
    [row] = csv.DictReader((office.files / "mails.csv").read_text().splitlines())
    assert (row["subject"], row["from"]) == ("More numbers", "boss@example.com")


async def test_a_form_is_mailed(office: Office) -> None:
    await run(office, ["webhook.call", "email.send"], to=["ops@example.com"], subject="New form")
    [mail] = (one.message for one in office.smtp.mails)
    assert mail["Subject"] == "New form"
    assert "Two chairs, please." in mail.get_content()


async def test_an_answer_of_a_web_address_is_mailed_on_a_schedule(office: Office) -> None:
    await run(office, ["time.schedule", "http.get", "email.send"], to=["ops@example.com"], subject="State")
    [mail] = (one.message for one in office.smtp.mails)
    assert '"status": "fine"' in mail.get_content()


async def test_a_file_is_noted_in_the_database(office: Office) -> None:
    statement = "insert into signups (name) values (:path)"
    await run(office, ["files.new-file", "sql.insert"], statement=statement)
    with sqlite3.connect(office.files / "shop.db") as database:
        names = [name for (name,) in database.execute("select name from signups")]
    database.close()
    assert "inbox/people.csv" in names


async def test_a_file_that_was_made_is_what_is_mailed(office: Office) -> None:
    await run(office, ["feed.new-entry", "pdf.create", "email.send-file"])
    [mail] = (one.message for one in office.smtp.mails)
    [attachment] = mail.iter_attachments()
    assert attachment.get_filename() == "report.pdf"


async def test_the_person_is_asked_before_it_goes_on(office: Office) -> None:
    ended = await run(office, ["webhook.call", "flow.ask-first", "http.send"])
    assert [one.step_id for one in ended.done()] == ["flow", "http"]
