"""Analyses of requirements: what was read, and people's corrections apart from it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004_requirement_analyses"
down_revision = "0003_agreements"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "requirement_analyses",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("requirement_id", sa.Uuid(), nullable=False),
        sa.Column("requirement_version", sa.Integer(), nullable=False),
        sa.Column("text_hash", sa.String(length=64), nullable=False),
        sa.Column("analyser", sa.String(length=100), nullable=False),
        sa.Column("computed", sa.JSON(), nullable=False),
        sa.Column("edits", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("edited_by_id", sa.Uuid(), nullable=True),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["edited_by_id"], ["users.id"], name=op.f("fk_requirement_analyses_edited_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["requirement_id"], ["requirements.id"], name=op.f("fk_requirement_analyses_requirement_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requirement_analyses")),
        sa.UniqueConstraint("requirement_id", name=op.f("uq_requirement_analyses_requirement_id")),
    )


def downgrade() -> None:
    op.drop_table("requirement_analyses")
