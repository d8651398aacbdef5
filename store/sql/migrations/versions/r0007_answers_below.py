"""The thread of an outside surface in which a message is said, where that is no conversation of its own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("messages", sa.Column("below", sa.String(), nullable=False, server_default=sa.text("''")))
