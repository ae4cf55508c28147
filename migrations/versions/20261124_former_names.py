"""Keeps the names that a unit had before, so that anonymous texts hide these, too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002_former_names"
down_revision = "0001_foundation"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("organizations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("former_names", sa.JSON(), server_default="[]", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("organizations", schema=None) as batch_op:
        batch_op.drop_column("former_names")
