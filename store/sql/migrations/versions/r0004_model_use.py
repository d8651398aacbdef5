"""What the language model cost, for each question to it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "model_uses",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.String()),
        sa.Column("conversation_id", sa.String()),
        sa.Column("turn", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("prompt_tokens", sa.Integer(), nullable=False),
        sa.Column("answer_tokens", sa.Integer(), nullable=False),
        sa.Column("cost_micros", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_model_uses_person_id"),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name="fk_model_uses_conversation_id"),
        sa.PrimaryKeyConstraint("id", name="pk_model_uses"),
    )
    op.create_index("ix_model_uses_at", "model_uses", ["at"])
    op.create_index("ix_model_uses_person_id_at", "model_uses", ["person_id", "at"])
    op.create_index("ix_model_uses_conversation_id_at", "model_uses", ["conversation_id", "at"])
