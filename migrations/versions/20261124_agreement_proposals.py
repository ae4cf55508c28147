"""An agreement can name the proposal that it carries out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013_agreement_proposals"
down_revision = "0012_proposals"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("agreements", schema=None) as batch_op:
        batch_op.add_column(sa.Column("proposal_id", sa.Uuid(), nullable=True))
        batch_op.create_index(batch_op.f("ix_agreements_proposal_id"), ["proposal_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_agreements_proposal_id"), "proposals", ["proposal_id"], ["id"]
        )


def downgrade() -> None:
    with op.batch_alter_table("agreements", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_agreements_proposal_id"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_agreements_proposal_id"))
        batch_op.drop_column("proposal_id")
