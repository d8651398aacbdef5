"""What outside surfaces need: an inbox, postings and their lanes, private answers, people who turn out to be one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("messages", sa.Column("audience", sa.String()))
    op.add_column("people", sa.Column("merged_into", sa.String()))
    _inbox()
    _postings()


def _instant() -> sa.DateTime:
    return sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")


def _json() -> sa.JSON:
    return sa.JSON().with_variant(sa.Text(), "sqlite")


def _position() -> sa.Column[int]:
    return sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False)


def _inbox() -> None:
    op.create_table(
        "inbox",
        _position(),
        sa.Column("surface", sa.String(), nullable=False),
        sa.Column("delivery_id", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("payload", _json(), nullable=False),
        sa.Column("received_at", _instant(), nullable=False),
        sa.Column("due_at", _instant(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("lease_owner", sa.String()),
        sa.Column("lease_until", _instant()),
        sa.PrimaryKeyConstraint("position", name="pk_inbox"),
        sa.UniqueConstraint("surface", "delivery_id", name="uq_inbox_surface_delivery_id"),
    )
    op.create_index("ix_inbox_received_at", "inbox", ["received_at"])
    is_new = sa.text("state = 'new'")
    columns = ["surface", "place", "position"]
    op.create_index("ix_inbox_new", "inbox", columns, sqlite_where=is_new, postgresql_where=is_new)


def _postings() -> None:
    op.create_table(
        "postings",
        _position(),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("surface", sa.String(), nullable=False),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("created_at", _instant(), nullable=False),
        sa.Column("due_at", _instant()),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("shown", sa.String(), nullable=False),
        sa.Column("shown_at", _instant()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name="fk_postings_conversation_id"),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name="fk_postings_message_id"),
        sa.PrimaryKeyConstraint("position", name="pk_postings"),
        sa.UniqueConstraint("message_id", name="uq_postings_message_id"),
    )
    op.create_index("ix_postings_surface_lane_external_id", "postings", ["surface", "lane", "external_id"])
    is_due = sa.text("due_at IS NOT NULL")
    columns = ["surface", "lane", "due_at"]
    op.create_index("ix_postings_due", "postings", columns, sqlite_where=is_due, postgresql_where=is_due)
    is_unposted = sa.text("external_id = '' AND problem = ''")
    op.create_index(
        "ix_postings_unposted", "postings", ["created_at"], sqlite_where=is_unposted, postgresql_where=is_unposted
    )
    op.create_table(
        "lanes",
        sa.Column("surface", sa.String(), nullable=False),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("until", _instant(), nullable=False),
        sa.PrimaryKeyConstraint("surface", "lane", name="pk_lanes"),
    )
