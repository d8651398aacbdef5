"""Writes a new revision: `python -m store.sql.migrations "what changes"`. Not part of the running application."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from alembic import command
from sqlalchemy import create_engine

from store.sql.migrate import HEAD
from store.sql.migrations.script import config


def write_revision(title: str) -> None:
    """Compare the tables with the newest revision, on an empty SQLite file, and write what differs."""
    with tempfile.TemporaryDirectory() as folder:
        engine = create_engine(f"sqlite:///{Path(folder) / 'empty.db'}")
        with engine.begin() as connection:
            command.upgrade(config(connection), "head")
            number = f"{int(HEAD) + 1:04}"
            command.revision(config(connection), title, autogenerate=True, rev_id=number)
        engine.dispose()


if __name__ == "__main__":
    write_revision(sys.argv[1])
