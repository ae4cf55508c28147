"""Parties say themselves when they can come to a session."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020_meeting_availability"
down_revision = "0019_scope_reasons"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("meeting_sessions") as batch:
        batch.add_column(sa.Column("asks_until", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("meeting_parties") as batch:
        batch.add_column(sa.Column("stated_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("meeting_parties") as batch:
        batch.drop_column("stated_at")
    with op.batch_alter_table("meeting_sessions") as batch:
        batch.drop_column("asks_until")
