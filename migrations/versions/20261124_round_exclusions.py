"""Teams that a rule keeps out of a round's candidates, with the rules."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009_round_exclusions"
down_revision = "0009_learning"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "round_exclusions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("requirement_id", sa.Uuid(), nullable=False),
        sa.Column("solver_id", sa.Uuid(), nullable=False),
        sa.Column("achievement_id", sa.Uuid(), nullable=True),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("grade", sa.String(length=1), nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["achievement_id"],
            ["achievements.id"],
            name=op.f("fk_round_exclusions_achievement_id_achievements"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["requirement_id"],
            ["requirements.id"],
            name=op.f("fk_round_exclusions_requirement_id_requirements"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["round_id"],
            ["match_rounds.id"],
            name=op.f("fk_round_exclusions_round_id_match_rounds"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["solver_id"],
            ["solver_profiles.id"],
            name=op.f("fk_round_exclusions_solver_id_solver_profiles"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round_exclusions")),
        sa.UniqueConstraint(
            "round_id",
            "requirement_id",
            "solver_id",
            name=op.f("uq_round_exclusions_round_id_requirement_id_solver_id"),
        ),
    )
    op.create_index("ix_round_exclusions_requirement_id", "round_exclusions", ["requirement_id"])
    op.create_index("ix_round_exclusions_solver_id", "round_exclusions", ["solver_id"])


def downgrade() -> None:
    op.drop_table("round_exclusions")
