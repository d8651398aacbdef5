"""Migrations make exactly the tables that the store uses, on an empty and on a filled database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from core.errors import ConfigError
from store.sql.migrate import HEAD, is_current, migrate
from store.sql.migrations.script import config
from store.sql.store import SqlStore, open_database
from store.sql.table import metadata
from tests.contract.store.world import World


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
