"""`errand doctor` looks at every outside surface, and names what one of them does not take."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot import given_up
from bot.doctor import examine
from core.clock import SystemClock
from core.settings import Settings
from store.record import Author, Conversation, Identity, Message, Person, Place, Role
from store.sql.migrate import migrate
from store.sql.store import SqlStore

NOWHERE = "http://127.0.0.1:9"


async def test_a_surface_that_is_away_is_a_finding_like_any_other(tmp_path: Path) -> None:
    settings = Settings(
        _env_file=None,
        data=tmp_path / "data",
        slack_bot_token=SecretStr("xoxb-1"),
        slack_app_token=SecretStr("xapp-1"),
        slack_url=f"{NOWHERE}/api/",
        discord_token=SecretStr("MTc.a.b"),
        discord_url=f"{NOWHERE}/api/v10",
    )
    assert settings.surfaces
    failed = {one.name for one in await examine(settings) if one.state == "failed"}
    assert failed == set(settings.surfaces)


@pytest.fixture
async def settings(tmp_path: Path) -> Settings:
    """Of an Errand that has said something in a channel of Slack's."""
    settings = Settings(_env_file=None, data=tmp_path)
    url = f"sqlite:///{tmp_path / 'errand.db'}"
    await migrate(url)
    now = SystemClock().now()
    ana = Person(id="usr_1", name="Ana", time_zone="UTC", locale="en", role=Role.OWNER, created_at=now)
    ops = Place(surface="slack", channel="C1", team="T1")
    there = Conversation.begun(surface="slack", person_id=ana.id, at=now, external_id=ops.key)
    said = Message(id="msg_1", conversation_id=there.id, author=Author.ERRAND, parts=[], at=now)
    store = await SqlStore.open(url)
    async with store.begin() as records:
        await records.people.add(ana, Identity(surface="slack", external_id="T1/U1", person_id=ana.id))
        await records.conversations.add(there)
        await records.conversations.append(said)
    await store.close()
    return settings


async def test_without_records_there_is_nothing_to_name(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data=tmp_path / "none")
    assert (await given_up.look(settings)).state == "ok"
    assert not settings.data.exists()


async def test_what_waits_is_not_given_up(settings: Settings) -> None:
    assert (await given_up.look(settings)).state == "ok"


async def test_what_was_given_up_is_named_with_place_and_problem(settings: Settings) -> None:
    store = await SqlStore.open(f"sqlite:///{settings.data / 'errand.db'}")
    async with store.begin() as records:
        posting = await records.postings.get("msg_1")
        assert posting is not None
        await records.postings.settle(
            replace(posting, problem="The channel is archived.", due_at=None), seen=posting.due_at
        )
    await store.close()
    found = await given_up.look(settings)
    assert found.state == "note"
    assert "1 on Slack" in found.text
    assert posting.lane in found.text
    assert "The channel is archived" in found.text
