"""The tables of outside surfaces. Made like those of `store.sql.table`; `lanes`, who posts into which channel, is no record."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, UniqueConstraint, text

from store.record import GONE, EntryState
from store.sql.column import Instant, Json, Prose, Word
from store.sql.metadata import metadata, partial_index, reference

IS_NEW = text("state = 'new'")
IS_UNPOSTED = text("external_id = '' AND problem = ''")
IS_GIVEN_UP = text(f"problem <> '' AND external_id <> '{GONE}'")
IS_DUE_SOMETIME = text("due_at IS NOT NULL")

inbox = Table(
    "inbox",
    metadata,
    Column("position", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("surface", String, nullable=False),
    Column("delivery_id", String, nullable=False),
    Column("place", String, nullable=False),
    Column("payload", Json, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("state", Word(EntryState), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("problem", Prose, nullable=False),
    Column("lease_owner", String),
    Column("lease_until", Instant),
    UniqueConstraint("surface", "delivery_id"),
    Index(None, "received_at"),
)
partial_index("ix_inbox_new", inbox.c.surface, inbox.c.place, inbox.c.position, where=IS_NEW)

postings = Table(
    "postings",
    metadata,
    Column("position", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("message_id", String, ForeignKey("messages.id"), nullable=False, unique=True),
    reference("conversation_id", "conversations"),
    Column("surface", String, nullable=False),
    Column("lane", String, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("due_at", Instant),
    Column("external_id", String, nullable=False),
    Column("shown", String, nullable=False),
    Column("shown_at", Instant),
    Column("attempts", Integer, nullable=False),
    Column("problem", Prose, nullable=False),
    Index(None, "surface", "lane", "external_id"),
)
partial_index("ix_postings_due", postings.c.surface, postings.c.lane, postings.c.due_at, where=IS_DUE_SOMETIME)
partial_index("ix_postings_unposted", postings.c.created_at, where=IS_UNPOSTED)
partial_index("ix_postings_given_up", postings.c.created_at, where=IS_GIVEN_UP)

lanes = Table(
    "lanes",
    metadata,
    Column("surface", String, primary_key=True),
    Column("lane", String, primary_key=True),
    Column("owner", String, nullable=False),
    Column("until", Instant, nullable=False),
)
