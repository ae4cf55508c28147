"""Proposals with their versions, calls, criteria, assessments and scorecards."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012_proposals"
down_revision = "0011_reviews"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "challenge_criteria",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("challenge_id", sa.Uuid(), nullable=False),
        sa.Column("criteria", sa.JSON(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["challenge_id"], ["challenges.id"], name=op.f("fk_challenge_criteria_challenge_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_challenge_criteria")),
        sa.UniqueConstraint("challenge_id", name=op.f("uq_challenge_criteria_challenge_id")),
    )
    op.create_table(
        "proposal_calls",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("requirement_id", sa.Uuid(), nullable=False),
        sa.Column(
            "admission",
            sa.Enum("open", "by_invitation", name="admission", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("criteria", sa.JSON(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["requirement_id"], ["requirements.id"], name=op.f("fk_proposal_calls_requirement_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal_calls")),
        sa.UniqueConstraint("requirement_id", name=op.f("uq_proposal_calls_requirement_id")),
    )
    op.create_table(
        "proposal_assessments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("reviewer_id", sa.Uuid(), nullable=False),
        sa.Column("assigned_by_id", sa.Uuid(), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "assigned",
                "accepted",
                "recused",
                "removed",
                name="assessmentstatus",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["assigned_by_id"], ["users.id"], name=op.f("fk_proposal_assessments_assigned_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["call_id"], ["proposal_calls.id"], name=op.f("fk_proposal_assessments_call_id")
        ),
        sa.ForeignKeyConstraint(
            ["reviewer_id"], ["users.id"], name=op.f("fk_proposal_assessments_reviewer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal_assessments")),
        sa.UniqueConstraint(
            "call_id", "reviewer_id", name=op.f("uq_proposal_assessments_call_id_reviewer_id")
        ),
    )
    with op.batch_alter_table("proposal_assessments", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_proposal_assessments_reviewer_id"), ["reviewer_id"], unique=False
        )

    op.create_table(
        "proposals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("requirement_id", sa.Uuid(), nullable=False),
        sa.Column("solver_id", sa.Uuid(), nullable=False),
        sa.Column("invitation_id", sa.Uuid(), nullable=True),
        sa.Column("created_by_id", sa.Uuid(), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "draft",
                "submitted",
                "under_evaluation",
                "shortlisted",
                "selected",
                "not_selected",
                "withdrawn",
                name="proposalstatus",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("approach", sa.Text(), nullable=False),
        sa.Column("indicators", sa.Text(), nullable=False),
        sa.Column("foundation", sa.Text(), nullable=False),
        sa.Column("schedule", sa.Text(), nullable=False),
        sa.Column("ownership", sa.Text(), nullable=False),
        sa.Column("price_wan", sa.BigInteger(), nullable=True),
        sa.Column("months", sa.Integer(), nullable=True),
        sa.Column("number", sa.Integer(), server_default="0", nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["created_by_id"], ["users.id"], name=op.f("fk_proposals_created_by_id")),
        sa.ForeignKeyConstraint(
            ["invitation_id"], ["invitations.id"], name=op.f("fk_proposals_invitation_id")
        ),
        sa.ForeignKeyConstraint(
            ["requirement_id"], ["requirements.id"], name=op.f("fk_proposals_requirement_id")
        ),
        sa.ForeignKeyConstraint(["solver_id"], ["solver_profiles.id"], name=op.f("fk_proposals_solver_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposals")),
    )
    with op.batch_alter_table("proposals", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_proposals_invitation_id"), ["invitation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_proposals_requirement_id"), ["requirement_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_proposals_solver_id"), ["solver_id"], unique=False)
        batch_op.create_index("ix_proposals_status", ["status"], unique=False)
        batch_op.create_index(
            "uq_proposals_live",
            ["requirement_id", "solver_id"],
            unique=True,
            sqlite_where=sa.text("status != 'withdrawn'"),
            postgresql_where=sa.text("status != 'withdrawn'"),
        )

    op.create_table(
        "proposal_files",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("proposal_id", sa.Uuid(), nullable=False),
        sa.Column("attachment_id", sa.Uuid(), nullable=False),
        sa.Column("is_current", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["attachment_id"], ["attachments.id"], name=op.f("fk_proposal_files_attachment_id")
        ),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposals.id"], name=op.f("fk_proposal_files_proposal_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal_files")),
        sa.UniqueConstraint(
            "proposal_id", "attachment_id", name=op.f("uq_proposal_files_proposal_id_attachment_id")
        ),
    )
    with op.batch_alter_table("proposal_files", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_proposal_files_attachment_id"), ["attachment_id"], unique=False)

    op.create_table(
        "proposal_scorecards",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("assessment_id", sa.Uuid(), nullable=False),
        sa.Column("proposal_id", sa.Uuid(), nullable=False),
        sa.Column("scores", sa.JSON(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["assessment_id"], ["proposal_assessments.id"], name=op.f("fk_proposal_scorecards_assessment_id")
        ),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposals.id"], name=op.f("fk_proposal_scorecards_proposal_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal_scorecards")),
        sa.UniqueConstraint(
            "assessment_id", "proposal_id", name=op.f("uq_proposal_scorecards_assessment_id_proposal_id")
        ),
    )
    with op.batch_alter_table("proposal_scorecards", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_proposal_scorecards_proposal_id"), ["proposal_id"], unique=False)

    op.create_table(
        "proposal_versions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("proposal_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("submitted_by_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposals.id"], name=op.f("fk_proposal_versions_proposal_id")
        ),
        sa.ForeignKeyConstraint(
            ["submitted_by_id"], ["users.id"], name=op.f("fk_proposal_versions_submitted_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal_versions")),
        sa.UniqueConstraint("proposal_id", "number", name=op.f("uq_proposal_versions_proposal_id_number")),
    )
    with op.batch_alter_table("invitations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("proposal_reminded_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("invitations", schema=None) as batch_op:
        batch_op.drop_column("proposal_reminded_at")

    op.drop_table("proposal_versions")
    with op.batch_alter_table("proposal_scorecards", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_proposal_scorecards_proposal_id"))

    op.drop_table("proposal_scorecards")
    with op.batch_alter_table("proposal_files", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_proposal_files_attachment_id"))

    op.drop_table("proposal_files")
    with op.batch_alter_table("proposals", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_proposals_live",
            sqlite_where=sa.text("status != 'withdrawn'"),
            postgresql_where=sa.text("status != 'withdrawn'"),
        )
        batch_op.drop_index("ix_proposals_status")
        batch_op.drop_index(batch_op.f("ix_proposals_solver_id"))
        batch_op.drop_index(batch_op.f("ix_proposals_requirement_id"))
        batch_op.drop_index(batch_op.f("ix_proposals_invitation_id"))

    op.drop_table("proposals")
    with op.batch_alter_table("proposal_assessments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_proposal_assessments_reviewer_id"))

    op.drop_table("proposal_assessments")
    op.drop_table("proposal_calls")
    op.drop_table("challenge_criteria")
