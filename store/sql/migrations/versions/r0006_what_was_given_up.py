"""An index of the messages that outside surfaces do not take, for health."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    is_given_up = sa.text("problem <> '' AND external_id <> 'gone'")
    op.create_index(
        "ix_postings_given_up", "postings", ["created_at"], sqlite_where=is_given_up, postgresql_where=is_given_up
    )
