"""What a candidate's achievement says of the requirement's stated targets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010_candidate_targets"
down_revision = "0009_round_exclusions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("candidates") as table:
        table.add_column(sa.Column("targets", sa.JSON(), server_default=sa.text("'[]'"), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("candidates") as table:
        table.drop_column("targets")
