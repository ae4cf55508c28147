"""Learning: judgments, versions of the ranker, and which of them a round was computed with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009_learning"
down_revision = "0008_browser_sessions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "judgments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("requirement_id", sa.Uuid(), nullable=False),
        sa.Column("solver_id", sa.Uuid(), nullable=False),
        sa.Column("achievement_id", sa.Uuid(), nullable=True),
        sa.Column(
            "source",
            sa.Enum(
                "graded",
                "shortlisted",
                "satisfaction",
                "invitation_accepted",
                "invitation_declined",
                "pinned",
                "banned",
                "agreement_signed",
                "proposal_evaluated",
                name="judgmentsource",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("origin", sa.String(length=160), nullable=False),
        sa.Column("grade", sa.Double(), nullable=False),
        sa.Column("trust", sa.Double(), nullable=False),
        sa.Column("reason", sa.String(length=1000), server_default="", nullable=False),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("judged_by_id", sa.Uuid(), nullable=True),
        sa.Column("round_id", sa.Uuid(), nullable=True),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("propensity", sa.Double(), server_default="1", nullable=False),
        sa.Column("parts", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("recipe", sa.String(length=220), server_default="", nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["achievement_id"],
            ["achievements.id"],
            name=op.f("fk_judgments_achievement_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(["judged_by_id"], ["users.id"], name=op.f("fk_judgments_judged_by_id")),
        sa.ForeignKeyConstraint(
            ["requirement_id"],
            ["requirements.id"],
            name=op.f("fk_judgments_requirement_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["match_rounds.id"], name=op.f("fk_judgments_round_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["solver_id"], ["solver_profiles.id"], name=op.f("fk_judgments_solver_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_judgments")),
        sa.UniqueConstraint("source", "origin", name=op.f("uq_judgments_source_origin")),
    )
    op.create_index("ix_judgments_requirement_id_solver_id", "judgments", ["requirement_id", "solver_id"])
    op.create_index("ix_judgments_solver_id", "judgments", ["solver_id"])
    op.create_table(
        "rankers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            sa.Enum("candidate", "live", "retired", name="rankerstatus", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("recipe", sa.String(length=220), nullable=False),
        sa.Column("multipliers", sa.JSON(), nullable=False),
        sa.Column("curves", sa.JSON(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("is_better", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("may_be_used", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("created_by_id", sa.Uuid(), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["created_by_id"], ["users.id"], name=op.f("fk_rankers_created_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rankers")),
        sa.UniqueConstraint("number", name=op.f("uq_rankers_number")),
    )
    op.create_index("ix_rankers_job_id", "rankers", ["job_id"])
    op.create_index(
        "uq_rankers_live",
        "rankers",
        ["status"],
        unique=True,
        sqlite_where=sa.text("status = 'live'"),
        postgresql_where=sa.text("status = 'live'"),
    )
    op.add_column(
        "match_rounds", sa.Column("ranker_number", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column(
        "match_rounds", sa.Column("recipe", sa.String(length=220), server_default="", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("match_rounds", "recipe")
    op.drop_column("match_rounds", "ranker_number")
    op.drop_table("rankers")
    op.drop_table("judgments")
