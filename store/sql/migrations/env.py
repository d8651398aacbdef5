"""Executed by Alembic itself for each command, on the connection that `store.sql.migrations.script` was given."""

from __future__ import annotations

from alembic import context

from store.sql.metadata import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite changes a column only by copying its table
)
with context.begin_transaction():
    context.run_migrations()
