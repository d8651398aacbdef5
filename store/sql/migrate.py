"""Brings a database to the schema that this Errand needs. Imports Alembic only when there is something to do.

A new revision: change `store.sql.table`, run `python -m store.sql.migrations "what changes"`, read what it wrote, and set `HEAD`.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from core.errors import ConfigError
from store.sql.database import parse_url
from store.sql.store import open_database

HEAD = "0007"
"""The newest revision in `store/sql/migrations/versions`."""

_LOCK = 7_251_004_877
"""Any number that no other program takes for an advisory lock on PostgreSQL."""


async def is_current(url: str) -> bool:
    """Whether nothing is to be done. Raises StoreError when the database cannot be reached."""
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite" and not _exists(Path(str(parsed.database))):
        return False
    database = open_database(url)
    try:
        return await database.run(_is_at_head)
    finally:
        await database.close()


async def migrate(url: str) -> None:
    """Upgrade to `HEAD`, in one transaction: all or nothing. Others who do the same at this time wait for it.

    Raises ConfigError when a newer Errand made the database, StoreError when it cannot be reached.
    """
    database = open_database(url, answers_within_s=None)
    try:
        await database.run(_upgrade)
    finally:
        await database.close()


def _exists(path: Path) -> bool:
    return path.exists()


def _is_at_head(connection: Connection) -> bool:
    if not inspect(connection).has_table("alembic_version"):
        return False
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == [HEAD]


def _upgrade(connection: Connection) -> None:
    from alembic import command  # a second start need not pay for it
    from alembic.util import CommandError

    from store.sql.migrations.script import config

    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    try:
        command.upgrade(config(connection), "head")
    except CommandError as error:
        raise ConfigError(f"The database was made by another version of Errand: {error}") from error
