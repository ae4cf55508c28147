"""Review assignments, conflicts of interest and scorecards; refined statements beside the seekers' own words."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011_reviews"
down_revision = "0010_candidate_targets"
branch_labels = None
depends_on = None

IS_ACTIVE = sa.text("status = 'active'")


def upgrade() -> None:
    with op.batch_alter_table("requirements") as batch_op:
        batch_op.add_column(sa.Column("refined", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("refined_from", sa.JSON(none_as_null=True), nullable=True))
    status = sa.Enum(
        "active",
        "conflict",
        "reassigned",
        "removed",
        name="assignmentstatus",
        native_enum=False,
        length=40,
    )
    op.create_table(
        "review_assignments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("requirement_id", sa.Uuid(), nullable=False),
        sa.Column("reviewer_id", sa.Uuid(), nullable=False),
        sa.Column("assigned_by_id", sa.Uuid(), nullable=True),
        sa.Column("status", status, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["assigned_by_id"], ["users.id"], name=op.f("fk_review_assignments_assigned_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["requirement_id"],
            ["requirements.id"],
            name=op.f("fk_review_assignments_requirement_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["reviewer_id"], ["users.id"], name=op.f("fk_review_assignments_reviewer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_assignments")),
    )
    op.create_index(
        "uq_review_assignments_active",
        "review_assignments",
        ["requirement_id", "reviewer_id"],
        unique=True,
        sqlite_where=IS_ACTIVE,
        postgresql_where=IS_ACTIVE,
    )
    op.create_index(
        "ix_review_assignments_reviewer_id_status", "review_assignments", ["reviewer_id", "status"]
    )
    op.create_table(
        "review_conflicts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reviewer_id", sa.Uuid(), nullable=False),
        sa.Column("requirement_id", sa.Uuid(), nullable=True),
        sa.Column("organization_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(requirement_id IS NULL) <> (organization_id IS NULL)",
            name=op.f("ck_review_conflicts_one_object"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_review_conflicts_organization_id")
        ),
        sa.ForeignKeyConstraint(
            ["requirement_id"],
            ["requirements.id"],
            name=op.f("fk_review_conflicts_requirement_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["reviewer_id"], ["users.id"], name=op.f("fk_review_conflicts_reviewer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_conflicts")),
        sa.UniqueConstraint(
            "reviewer_id", "organization_id", name=op.f("uq_review_conflicts_reviewer_id_organization_id")
        ),
        sa.UniqueConstraint(
            "reviewer_id", "requirement_id", name=op.f("uq_review_conflicts_reviewer_id_requirement_id")
        ),
    )
    for column in ("organization_id", "requirement_id"):
        op.create_index(op.f(f"ix_review_conflicts_{column}"), "review_conflicts", [column])
    op.create_table(
        "scorecards",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("requirement_id", sa.Uuid(), nullable=False),
        sa.Column("reviewer_id", sa.Uuid(), nullable=False),
        sa.Column("marks", sa.JSON(), nullable=False),
        sa.Column(
            "advice",
            sa.Enum("pass", "return", "reject", name="advice", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["requirement_id"],
            ["requirements.id"],
            name=op.f("fk_scorecards_requirement_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["reviewer_id"], ["users.id"], name=op.f("fk_scorecards_reviewer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scorecards")),
        sa.UniqueConstraint(
            "requirement_id", "reviewer_id", name=op.f("uq_scorecards_requirement_id_reviewer_id")
        ),
    )
    op.create_table(
        "statements",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("requirement_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("original", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_statements_author_id")),
        sa.ForeignKeyConstraint(
            ["requirement_id"],
            ["requirements.id"],
            name=op.f("fk_statements_requirement_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statements")),
        sa.UniqueConstraint("requirement_id", "number", name=op.f("uq_statements_requirement_id_number")),
    )
    op.create_table(
        "statement_replies",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("is_confirmed", sa.Boolean(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_statement_replies_author_id")),
        sa.ForeignKeyConstraint(
            ["statement_id"],
            ["statements.id"],
            name=op.f("fk_statement_replies_statement_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement_replies")),
    )
    op.create_index(op.f("ix_statement_replies_statement_id"), "statement_replies", ["statement_id"])


def downgrade() -> None:
    for table in ("statement_replies", "statements", "scorecards", "review_conflicts", "review_assignments"):
        op.drop_table(table)
    with op.batch_alter_table("requirements") as batch_op:
        batch_op.drop_column("refined_from")
        batch_op.drop_column("refined")
