"""What durable runs need: priorities, slots, pauses, replays, cursors of polls, approval requests, groups, what was seen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _runs()
    _triggers()
    _approvals()
    _conversations()


def _instant() -> sa.DateTime:
    return sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")


def _json() -> sa.JSON:
    return sa.JSON().with_variant(sa.Text(), "sqlite")


def _runs() -> None:
    op.add_column("runs", sa.Column("priority", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.add_column("runs", sa.Column("concurrency_key", sa.String()))
    op.add_column("runs", sa.Column("paused_s", sa.Float(), server_default=sa.text("0"), nullable=False))
    op.add_column("runs", sa.Column("paused_at", _instant()))
    op.add_column("runs", sa.Column("started_by", sa.String()))
    op.add_column("runs", sa.Column("replay_of", sa.String()))
    op.add_column("runs", sa.Column("dismissed_at", _instant()))
    op.add_column("runs", sa.Column("pruned_at", _instant()))
    op.create_index("ix_runs_replay_of", "runs", ["replay_of"])
    is_dead = sa.text("state = 'failed' AND dismissed_at IS NULL AND pruned_at IS NULL AND NOT is_rehearsal")
    op.create_index("ix_runs_dead", "runs", ["person_id", "ended_at"], sqlite_where=is_dead, postgresql_where=is_dead)
    is_whole = sa.text("ended_at IS NOT NULL AND pruned_at IS NULL")
    op.create_index("ix_runs_kept_whole", "runs", ["ended_at"], sqlite_where=is_whole, postgresql_where=is_whole)
    op.create_index("ix_deliveries_at", "deliveries", ["at"])
    has_turn = sa.text("concurrency_key IS NOT NULL")
    op.create_index("ix_runs_turn", "runs", ["concurrency_key"], sqlite_where=has_turn, postgresql_where=has_turn)
    op.create_table(
        "concurrency_slots",
        sa.Column("concurrency_key", sa.String(), nullable=False),
        sa.Column("slot", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_concurrency_slots_run_id"),
        sa.PrimaryKeyConstraint("concurrency_key", "slot", name="pk_concurrency_slots"),
    )
    op.create_index("ix_concurrency_slots_run_id", "concurrency_slots", ["run_id"])


def _triggers() -> None:
    op.add_column("triggers", sa.Column("cursor", _json()))
    op.add_column("triggers", sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.add_column("triggers", sa.Column("problem", sa.Text()))


def _approvals() -> None:
    op.create_table(
        "approval_requests",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("step_id", sa.String(), nullable=False),
        sa.Column("item", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("requester_id", sa.String(), nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("fields", _json(), nullable=False),
        sa.Column("editable", _json(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("approvers", _json(), nullable=False),
        sa.Column("quorum", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", _instant(), nullable=False),
        sa.Column("excluded", _json(), nullable=False),
        sa.Column("handed_over", _json(), nullable=False),
        sa.Column("escalate_to", _json(), nullable=False),
        sa.Column("remind_at", _instant()),
        sa.Column("escalate_at", _instant()),
        sa.Column("expires_at", _instant()),
        sa.Column("reminded_at", _instant()),
        sa.Column("escalated_at", _instant()),
        sa.Column("edited_by", sa.String()),
        sa.Column("decided_at", _instant()),
        sa.Column("decided_by", sa.String()),
        sa.Column("kept_of", sa.String()),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["requester_id"], ["people.id"], name="fk_approval_requests_requester_id"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_approval_requests_run_id"),
        sa.PrimaryKeyConstraint("id", name="pk_approval_requests"),
        sa.UniqueConstraint(
            "run_id", "step_id", "item", "number", name="uq_approval_requests_run_id_step_id_item_number"
        ),
    )
    op.create_table(
        "group_members",
        sa.Column("group", sa.Text(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("added_at", _instant(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_group_members_person_id"),
        sa.PrimaryKeyConstraint("group", "person_id", name="pk_group_members"),
    )
    op.add_column("approvals", sa.Column("comment", sa.Text(), server_default=sa.text("''"), nullable=False))
    of_approvals = sa.text("subject = 'approval'")
    op.create_index(
        "ix_cards_approval", "cards", ["conversation_id"], sqlite_where=of_approvals, postgresql_where=of_approvals
    )
    _ask_again()


def _conversations() -> None:
    """What was said before anybody counted what was seen is not new."""
    op.add_column("conversations", sa.Column("seen_seq", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.execute("UPDATE conversations SET seen_seq = last_seq")


def _ask_again() -> None:
    """Runs that wait at an approval step from before there were requests look at it again, and ask as it is done now."""
    op.execute(
        "UPDATE step_attempts SET due_at = started_at WHERE state = 'waiting' AND due_at IS NULL AND run_id IN"
        " (SELECT id FROM runs WHERE state = 'waiting' AND waiting_for = 'approval')"
    )
    op.execute("UPDATE runs SET due_at = created_at WHERE state = 'waiting' AND waiting_for = 'approval'")
