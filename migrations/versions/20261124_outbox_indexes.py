"""Finds waiting changes by index. Some databases have these from an earlier form of the first migration."""

from __future__ import annotations

from alembic import op

revision = "0006_outbox_indexes"
down_revision = "0005_invitations"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_outbox_collection_seq", "outbox", ["collection", "seq"], if_not_exists=True)
    op.create_index("ix_outbox_key", "outbox", ["key"], if_not_exists=True)


def downgrade() -> None:
    op.drop_index("ix_outbox_key", "outbox", if_exists=True)
    op.drop_index("ix_outbox_collection_seq", "outbox", if_exists=True)
