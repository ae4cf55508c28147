"""Owners, pauses, escalation and re-openings of what is owed, acknowledgements, and a calendar of its own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014_ledger"
down_revision = "0013_agreement_proposals"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calendar_years",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("days_off", sa.JSON(), nullable=False),
        sa.Column("days_worked", sa.JSON(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_years")),
        sa.UniqueConstraint("year", name=op.f("uq_calendar_years_year")),
    )
    op.create_table(
        "escalation_rules",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("challenge_id", sa.Uuid(), nullable=False),
        sa.Column("superior_id", sa.Uuid(), nullable=False),
        sa.Column("after_days", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["challenge_id"],
            ["challenges.id"],
            name=op.f("fk_escalation_rules_challenge_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["superior_id"], ["users.id"], name=op.f("fk_escalation_rules_superior_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalation_rules")),
        sa.UniqueConstraint("challenge_id", name=op.f("uq_escalation_rules_challenge_id")),
    )
    op.create_table(
        "ledger_digests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("told", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_digests")),
        sa.UniqueConstraint("day", name=op.f("uq_ledger_digests_day")),
    )
    op.create_table(
        "obligation_pauses",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("obligation_id", sa.Uuid(), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=True),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replied_by_id", sa.Uuid(), nullable=True),
        sa.Column("reply", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["asked_by_id"], ["users.id"], name=op.f("fk_obligation_pauses_asked_by_id")),
        sa.ForeignKeyConstraint(
            ["obligation_id"],
            ["obligations.id"],
            name=op.f("fk_obligation_pauses_obligation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["replied_by_id"], ["users.id"], name=op.f("fk_obligation_pauses_replied_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_obligation_pauses")),
    )
    with op.batch_alter_table("obligation_pauses") as batch_op:
        batch_op.create_index("ix_obligation_pauses_obligation_id", ["obligation_id"], unique=False)
        batch_op.create_index(
            "uq_obligation_pauses_open",
            ["obligation_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "reopenings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("response_id", sa.Uuid(), nullable=False),
        sa.Column("requirement_id", sa.Uuid(), nullable=False),
        sa.Column("obligation_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["obligation_id"], ["obligations.id"], name=op.f("fk_reopenings_obligation_id")
        ),
        sa.ForeignKeyConstraint(
            ["requirement_id"],
            ["requirements.id"],
            name=op.f("fk_reopenings_requirement_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["response_id"], ["responses.id"], name=op.f("fk_reopenings_response_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_reopenings_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reopenings")),
        sa.UniqueConstraint("response_id", name=op.f("uq_reopenings_response_id")),
    )
    with op.batch_alter_table("reopenings") as batch_op:
        batch_op.create_index(batch_op.f("ix_reopenings_obligation_id"), ["obligation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_reopenings_requirement_id"), ["requirement_id"], unique=False)

    op.create_table(
        "response_acknowledgements",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("response_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("satisfaction", sa.Integer(), nullable=True),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "satisfaction BETWEEN 1 AND 5", name=op.f("ck_response_acknowledgements_satisfaction")
        ),
        sa.ForeignKeyConstraint(
            ["response_id"],
            ["responses.id"],
            name=op.f("fk_response_acknowledgements_response_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_response_acknowledgements_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_response_acknowledgements")),
        sa.UniqueConstraint("response_id", name=op.f("uq_response_acknowledgements_response_id")),
    )
    with op.batch_alter_table("obligations") as batch_op:
        batch_op.add_column(sa.Column("owner_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("runs_from", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("runs_days", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("remaining_days", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("uncounted_year", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("overdue_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("escalated_to_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("continues_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))
        batch_op.create_index(batch_op.f("ix_obligations_owner_id"), ["owner_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_obligations_escalated_to_id"), "users", ["escalated_to_id"], ["id"]
        )
        batch_op.create_foreign_key(batch_op.f("fk_obligations_owner_id"), "users", ["owner_id"], ["id"])
        batch_op.create_foreign_key(
            batch_op.f("fk_obligations_continues_id"), "obligations", ["continues_id"], ["id"]
        )


def downgrade() -> None:
    with op.batch_alter_table("obligations") as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_obligations_continues_id"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_obligations_owner_id"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_obligations_escalated_to_id"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_obligations_owner_id"))
        batch_op.drop_column("version")
        batch_op.drop_column("continues_id")
        batch_op.drop_column("escalated_to_id")
        batch_op.drop_column("escalated_at")
        batch_op.drop_column("overdue_at")
        batch_op.drop_column("uncounted_year")
        batch_op.drop_column("remaining_days")
        batch_op.drop_column("runs_days")
        batch_op.drop_column("runs_from")
        batch_op.drop_column("owner_id")

    op.drop_table("response_acknowledgements")
    with op.batch_alter_table("reopenings") as batch_op:
        batch_op.drop_index(batch_op.f("ix_reopenings_requirement_id"))
        batch_op.drop_index(batch_op.f("ix_reopenings_obligation_id"))

    op.drop_table("reopenings")
    with op.batch_alter_table("obligation_pauses") as batch_op:
        batch_op.drop_index(
            "uq_obligation_pauses_open",
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.drop_index("ix_obligation_pauses_obligation_id")

    op.drop_table("obligation_pauses")
    op.drop_table("ledger_digests")
    op.drop_table("escalation_rules")
    op.drop_table("calendar_years")
