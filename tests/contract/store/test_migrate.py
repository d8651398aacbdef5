"""Migrations make exactly the tables that the store uses, on an empty and on a filled database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Table, inspect, text

from core.errors import ConfigError
from store.record import AttemptState, LearnedAsk, RunState, Waiting
from store.sql.metadata import metadata
from store.sql.migrate import HEAD, is_current, migrate
from store.sql.migrations.script import config
from store.sql.store import SqlStore, open_database
from store.sql.table import conversations, messages, people, runs, step_attempts, workflow_versions, workflows
from tests.contract.store.world import (
    CONVERSATION,
    LATER,
    NOON,
    PERSON,
    SOON,
    VERSION,
    WORKFLOW,
    World,
    attempt,
    message,
    run,
)

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def _executing(statement: str) -> Callable[[Connection], None]:
    def execute(connection: Connection) -> None:
        connection.execute(text(statement))

    return execute


async def test_an_empty_database_becomes_current(empty_url: str) -> None:
    assert not await is_current(empty_url)
    await migrate(empty_url)
    assert await is_current(empty_url)


async def test_a_database_that_does_not_exist_is_not_made_by_asking(tmp_path: Path) -> None:
    assert not await is_current(f"sqlite:///{tmp_path / 'none.db'}")
    assert list(tmp_path.iterdir()) == []


async def test_migrating_again_keeps_what_is_there(url: str, world: World) -> None:
    await migrate(url)
    await migrate(url)
    async with world.store.begin() as records:
        assert await records.people.count() == 1


async def test_several_processes_may_migrate_at_once(empty_url: str) -> None:
    """As when several of them start on a new database: one does it, the others find it done."""
    await asyncio.gather(*(migrate(empty_url) for _ in range(4)))
    assert await is_current(empty_url)


async def test_tables_and_migrations_agree(empty_url: str) -> None:
    """`store.sql.table` and the revisions cannot drift apart unseen."""

    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        return list(compare_metadata(context, metadata))

    await migrate(empty_url)
    database = open_database(empty_url)
    assert len(metadata.tables) > 15
    assert await database.run(differences) == []
    await database.close()


async def test_indices_are_partial_where_the_tables_say_so(empty_url: str) -> None:
    """Alembic does not compare the condition of an index, so it is compared here."""
    await migrate(empty_url)
    database = open_database(empty_url)
    catalogue = "sqlite_master WHERE type = 'index'" if "sqlite" in empty_url else "pg_indexes"
    column = "sql" if "sqlite" in empty_url else "indexdef"

    def definitions(connection: Connection) -> list[str]:
        return [str(row[0]) for row in connection.execute(text(f"SELECT {column} FROM {catalogue}"))]

    partial = [line for line in await database.run(definitions) if " WHERE " in line]
    await database.close()
    assert sorted(line.split("ix_")[1].split()[0].strip('"') for line in partial) == [
        "cards_approval",
        "inbox_new",
        "postings_due",
        "postings_given_up",
        "postings_unposted",
        "runs_dead",
        "runs_due",
        "runs_kept_whole",
        "runs_lease",
        "runs_turn",
        "triggers_due",
    ]


def test_head_is_the_newest_revision() -> None:
    assert ScriptDirectory.from_config(config(None)).get_heads() == [HEAD]  # type: ignore[arg-type]  # not connected


async def test_a_database_of_a_newer_errand_is_refused(empty_url: str) -> None:
    await migrate(empty_url)
    database = open_database(empty_url)
    await database.run(_executing("UPDATE alembic_version SET version_num = '9999'"))
    await database.close()
    assert not await is_current(empty_url)
    with pytest.raises(ConfigError, match="another version"):
        await migrate(empty_url)


async def test_a_migration_that_fails_leaves_nothing_behind(empty_url: str) -> None:
    """All or nothing: the tables that were made before the failure are gone."""
    database = open_database(empty_url)
    await database.run(_executing("CREATE TABLE runs (id INTEGER)"))
    with pytest.raises(Exception, match="runs"):
        await migrate(empty_url)

    def count(connection: Connection) -> int:
        return sum(connection.dialect.has_table(connection, name) for name in metadata.tables)

    assert await database.run(count) == 1
    await database.close()


async def test_a_store_opens_on_what_was_migrated(empty_url: str) -> None:
    await migrate(empty_url)
    store = await SqlStore.open(empty_url)
    async with store.begin() as records:
        assert await records.people.count() == 0
    await store.close()


async def test_a_database_from_before_there_was_learning_learns(empty_url: str) -> None:
    """What was there is kept, and the count of changes begins."""

    def of_the_second_schema(connection: Connection) -> None:
        command.upgrade(config(connection), "0002")
        _put(connection, people, PERSON)

    database = open_database(empty_url)
    await database.run(of_the_second_schema)
    await database.close()
    await migrate(empty_url)
    store = await SqlStore.open(empty_url)
    ask = LearnedAsk(words="wake me at {time}", template_id="chat.remind", person_id=PERSON.id, at=NOON)
    async with store.begin() as records:
        assert await records.shelf.revision() == 0
        await records.shelf.learn(ask, keep=3)
        assert await records.people.get(PERSON.id) == PERSON
        assert await records.shelf.revision() == 1
        assert await records.shelf.asks(["chat.remind"]) == [ask]
    await store.close()


def _put(connection: Connection, table: Table, record: DataclassInstance) -> None:
    """Insert as much of a record as the table of that time can take."""
    there = {column["name"] for column in inspect(connection).get_columns(table.name)}
    values = {each.name: getattr(record, each.name) for each in fields(record) if each.name in there}
    connection.execute(table.insert(), values)


def _of_the_first_schema(connection: Connection) -> None:
    """Runs that wait, as Errand wrote them when approval steps made no requests: without a time to look again."""
    command.upgrade(config(connection), "0001")
    for table, record in (
        (people, PERSON),
        (conversations, CONVERSATION),
        (workflows, WORKFLOW),
        (workflow_versions, VERSION),
    ):
        _put(connection, table, record)
    for run_id, waiting_for, due_at in (
        ("run_ask", Waiting.APPROVAL, None),
        ("run_check", Waiting.CHECK, None),
        ("run_timer", Waiting.TIMER, LATER),
    ):
        _put(connection, runs, run(id=run_id, state=RunState.WAITING, waiting_for=waiting_for, due_at=due_at))
        output = {"waiting_for": waiting_for.value, "prompt": "Pay?"}
        state = AttemptState.WAITING
        _put(connection, step_attempts, attempt(run_id, state=state, due_at=due_at, output=output, started_at=SOON))
    done = attempt("run_ask", step_id="before", ended_at=SOON, output={"ok": True})
    _put(connection, step_attempts, done)


async def test_runs_that_waited_for_a_yes_before_there_were_requests_look_again(empty_url: str) -> None:
    """So that they ask as it is done now. Whatever else waits goes on waiting, and nothing is lost."""
    database = open_database(empty_url)
    await database.run(_of_the_first_schema)
    await database.close()
    await migrate(empty_url)
    store = await SqlStore.open(empty_url)
    async with store.begin() as records:
        due = [one.id for one in await records.runs.due(LATER.replace(microsecond=0))]
        found = {run_id: await records.runs.get(run_id) for run_id in ("run_ask", "run_check", "run_timer")}
        times: dict[tuple[str, str], datetime | None] = {
            (one.run_id, one.step_id): one.due_at for run_id in found for one in await records.runs.attempts(run_id)
        }
    await store.close()
    assert due == ["run_ask"]
    assert times == {
        ("run_ask", "before"): None,
        ("run_ask", "get"): SOON,
        ("run_check", "get"): None,
        ("run_timer", "get"): LATER,
    }
    for run_id, one in found.items():
        assert one is not None
        assert one.state is RunState.WAITING
        assert one.due_at == {"run_ask": NOON, "run_check": None, "run_timer": LATER}[run_id]
        assert (one.started_by, one.priority, one.paused_s) == (None, 0, 0)


MESSAGE = message(id="msg_1", seq=1)


def _before_outside_surfaces(connection: Connection) -> None:
    command.upgrade(config(connection), "0004")
    for table, record in ((people, PERSON), (conversations, CONVERSATION), (messages, MESSAGE)):
        _put(connection, table, record)


async def test_people_and_messages_from_before_outside_surfaces_are_as_they_were(empty_url: str) -> None:
    """They are their own, said to everybody, and nothing that was said before is posted anywhere."""
    database = open_database(empty_url)
    await database.run(_before_outside_surfaces)
    await database.close()
    await migrate(empty_url)
    store = await SqlStore.open(empty_url)
    async with store.begin() as records:
        assert await records.people.get(PERSON.id) == PERSON
        assert await records.people.everyone() == [PERSON]
        assert await records.conversations.message(MESSAGE.id) == MESSAGE
        assert await records.postings.backlog() == await records.inbox.backlog() == {}
    await store.close()
