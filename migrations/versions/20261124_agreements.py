"""Agreements with their milestones, payments and reports."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003_agreements"
down_revision = "0002_former_names"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agreements",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("requirement_id", sa.Uuid(), nullable=False),
        sa.Column("solver_id", sa.Uuid(), nullable=False),
        sa.Column("challenge_id", sa.Uuid(), nullable=True),
        sa.Column("created_by_id", sa.Uuid(), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "draft",
                "signed",
                "in_delivery",
                "completed",
                "terminated",
                "cancelled",
                name="agreementstatus",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "kind",
            sa.Enum(
                "commissioned",
                "joint",
                "transfer",
                "licence",
                "consulting",
                "service",
                "other",
                name="agreementkind",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("number", sa.String(length=100), nullable=False),
        sa.Column("other_parties", sa.JSON(), nullable=False),
        sa.Column("amount_wan", sa.BigInteger(), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("termination_reason", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["challenge_id"], ["challenges.id"], name=op.f("fk_agreements_challenge_id")),
        sa.ForeignKeyConstraint(["created_by_id"], ["users.id"], name=op.f("fk_agreements_created_by_id")),
        sa.ForeignKeyConstraint(
            ["requirement_id"], ["requirements.id"], name=op.f("fk_agreements_requirement_id")
        ),
        sa.ForeignKeyConstraint(["solver_id"], ["solver_profiles.id"], name=op.f("fk_agreements_solver_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreements")),
    )
    with op.batch_alter_table("agreements", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_agreements_challenge_id"), ["challenge_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_agreements_requirement_id"), ["requirement_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_agreements_solver_id"), ["solver_id"], unique=False)
        batch_op.create_index("ix_agreements_status_signed_on", ["status", "signed_on"], unique=False)

    op.create_table(
        "agreement_milestones",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("amount_wan", sa.BigInteger(), nullable=True),
        sa.Column("reached_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["agreements.id"], name=op.f("fk_agreement_milestones_agreement_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement_milestones")),
    )
    with op.batch_alter_table("agreement_milestones", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_agreement_milestones_agreement_id"), ["agreement_id"], unique=False
        )

    op.create_table(
        "agreement_payments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("amount_wan", sa.BigInteger(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("recorded_by_id", sa.Uuid(), nullable=True),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("void_reason", sa.String(length=500), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["agreements.id"], name=op.f("fk_agreement_payments_agreement_id")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["users.id"], name=op.f("fk_agreement_payments_recorded_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement_payments")),
    )
    with op.batch_alter_table("agreement_payments", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_agreement_payments_agreement_id"), ["agreement_id"], unique=False
        )

    op.create_table(
        "agreement_reports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("midterm", "final", name="reportkind", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column(
            "status",
            sa.Enum("submitted", "accepted", "returned", name="reportstatus", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("submitted_by_id", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision_reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["agreements.id"], name=op.f("fk_agreement_reports_agreement_id")
        ),
        sa.ForeignKeyConstraint(
            ["submitted_by_id"], ["users.id"], name=op.f("fk_agreement_reports_submitted_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement_reports")),
    )
    with op.batch_alter_table("agreement_reports", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_agreement_reports_agreement_id"), ["agreement_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("agreement_reports", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_agreement_reports_agreement_id"))

    op.drop_table("agreement_reports")
    with op.batch_alter_table("agreement_payments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_agreement_payments_agreement_id"))

    op.drop_table("agreement_payments")
    with op.batch_alter_table("agreement_milestones", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_agreement_milestones_agreement_id"))

    op.drop_table("agreement_milestones")
    with op.batch_alter_table("agreements", schema=None) as batch_op:
        batch_op.drop_index("ix_agreements_status_signed_on")
        batch_op.drop_index(batch_op.f("ix_agreements_solver_id"))
        batch_op.drop_index(batch_op.f("ix_agreements_requirement_id"))
        batch_op.drop_index(batch_op.f("ix_agreements_challenge_id"))

    op.drop_table("agreements")
