"""The table of what the language model cost. Made like those of `store.sql.table`."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table

from store.record import Purpose
from store.sql.column import Instant, Word
from store.sql.metadata import id_column, metadata

model_uses = Table(
    "model_uses",
    metadata,
    id_column(),
    Column("at", Instant, nullable=False),
    Column("person_id", String, ForeignKey("people.id")),
    Column("conversation_id", String, ForeignKey("conversations.id")),
    Column("turn", String, nullable=False),
    Column("purpose", Word(Purpose), nullable=False),
    Column("model", String, nullable=False),
    Column("prompt_tokens", Integer, nullable=False),
    Column("answer_tokens", Integer, nullable=False),
    Column("cost_micros", BigInteger, nullable=False),
    Index(None, "at"),
    Index(None, "person_id", "at"),
    Index(None, "conversation_id", "at"),
)
