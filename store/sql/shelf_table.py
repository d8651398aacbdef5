"""The tables of what use adds to the catalog. Made like those of `store.sql.table`."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, String, Table, UniqueConstraint

from store.sql.column import Instant, Json, Prose
from store.sql.metadata import id_column, metadata, reference

saved_templates = Table(
    "saved_templates",
    metadata,
    id_column(),
    Column("name", Prose, nullable=False),
    Column("content", Json, nullable=False),
    reference("person_id", "people"),
    Column("version", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
)

learned_asks = Table(
    "learned_asks",
    metadata,
    Column("words", Prose, primary_key=True),
    Column("template_id", String, nullable=False),  # no foreign key: it may be the catalog's
    reference("person_id", "people"),
    Column("at", Instant, nullable=False),
    Index(None, "template_id", "at"),
)

shelf_changes = Table(
    "shelf_changes",
    metadata,
    Column("template_id", String, primary_key=True),  # no foreign key: it outlives what was removed
    Column("revision", Integer, nullable=False),
    Index(None, "revision"),
)

suggestions = Table(
    "suggestions",
    metadata,
    id_column(),
    reference("person_id", "people"),
    Column("template_id", String, nullable=False),
    Column("digest", String, nullable=False),
    reference("workflow_id", "workflows"),
    Column("version", Integer, nullable=False),
    Column("schedules", Json, nullable=False),
    Column("at", Instant, nullable=False),
    UniqueConstraint("person_id", "template_id", "digest"),
)
