"""Why an organizer entered a requirement into a challenge that is not held for it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019_scope_reasons"
down_revision = "0018_letters"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column("scope_reason", sa.String(length=500), server_default="", nullable=False)
    with op.batch_alter_table("challenge_entries") as batch_op:
        batch_op.add_column(column)


def downgrade() -> None:
    with op.batch_alter_table("challenge_entries") as batch_op:
        batch_op.drop_column("scope_reason")
