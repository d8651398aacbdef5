"""What use adds to the catalog: saved templates, learned words, suggestions, and a count of their changes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _shelf()
    _suggestions()


def _instant() -> sa.DateTime:
    return sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")


def _json() -> sa.JSON:
    return sa.JSON().with_variant(sa.Text(), "sqlite")


def _shelf() -> None:
    op.create_table(
        "saved_templates",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content", _json(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", _instant(), nullable=False),
        sa.Column("updated_at", _instant(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_saved_templates_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_saved_templates"),
    )
    op.create_table(
        "learned_asks",
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("template_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("at", _instant(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_learned_asks_person_id"),
        sa.PrimaryKeyConstraint("words", name="pk_learned_asks"),
    )
    op.create_index("ix_learned_asks_template_id_at", "learned_asks", ["template_id", "at"])
    op.create_table(
        "shelf_changes",
        sa.Column("template_id", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("template_id", name="pk_shelf_changes"),
    )
    op.create_index("ix_shelf_changes_revision", "shelf_changes", ["revision"])


def _suggestions() -> None:
    op.create_table(
        "suggestions",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("template_id", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("workflow_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("schedules", _json(), nullable=False),
        sa.Column("at", _instant(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_suggestions_person_id"),
        sa.ForeignKeyConstraint(["workflow_id"], ["workflows.id"], name="fk_suggestions_workflow_id"),
        sa.PrimaryKeyConstraint("id", name="pk_suggestions"),
        sa.UniqueConstraint("person_id", "template_id", "digest", name="uq_suggestions_person_id_template_id_digest"),
    )
