"""Annual targets of districts, monitoring reports with their editions, and who gets them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021_monitoring"
down_revision = "0020_meeting_availability"
branch_labels = None
depends_on = None

IS_DRAFT = sa.text("status = 'draft'")


def upgrade() -> None:
    op.create_table(
        "indicator_targets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("region", sa.String(length=200), nullable=False),
        sa.Column("indicator", sa.String(length=40), nullable=False),
        sa.Column("annual", sa.BigInteger(), nullable=False),
        sa.Column("green_from", sa.Integer(), nullable=False),
        sa.Column("yellow_from", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_indicator_targets")),
        sa.UniqueConstraint(
            "year", "region", "indicator", name=op.f("uq_indicator_targets_year_region_indicator")
        ),
    )
    op.create_table(
        "indicator_reports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("period_kind", sa.String(length=40), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("region", sa.String(length=200), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("issued_by_id", sa.Uuid(), nullable=True),
        sa.Column("issuer", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("parts", sa.JSON(), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("rows", sa.JSON(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["issued_by_id"], ["users.id"], name=op.f("fk_indicator_reports_issued_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_indicator_reports")),
        sa.UniqueConstraint(
            "period_kind",
            "year",
            "number",
            "region",
            "edition",
            name=op.f("uq_indicator_reports_period_kind_year_number_region_edition"),
        ),
    )
    with op.batch_alter_table("indicator_reports", schema=None) as batch_op:
        batch_op.create_index("ix_indicator_reports_region", ["region"], unique=False)
        batch_op.create_index(
            "uq_indicator_reports_draft",
            ["period_kind", "year", "number", "region"],
            unique=True,
            sqlite_where=IS_DRAFT,
            postgresql_where=IS_DRAFT,
        )

    op.create_table(
        "report_recipients",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("region", sa.String(length=200), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_report_recipients_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_recipients")),
        sa.UniqueConstraint("region", "user_id", name=op.f("uq_report_recipients_region_user_id")),
    )
    with op.batch_alter_table("report_recipients", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_report_recipients_user_id"), ["user_id"], unique=False)


def downgrade() -> None:
    op.drop_table("report_recipients")
    op.drop_table("indicator_reports")
    op.drop_table("indicator_targets")
