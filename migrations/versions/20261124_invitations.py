"""Invitations of teams to requirements, with their deadlines."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005_invitations"
down_revision = "0004_requirement_analyses"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "invitations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("requirement_id", sa.Uuid(), nullable=False),
        sa.Column("solver_id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=True),
        sa.Column("instead_of_id", sa.Uuid(), nullable=True),
        sa.Column("created_by_id", sa.Uuid(), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "sent",
                "opened",
                "accepted",
                "declined",
                "expired",
                "cancelled",
                name="invitationstatus",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("reply_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("remind_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("invites_alternates", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["created_by_id"], ["users.id"], name=op.f("fk_invitations_created_by_id")),
        sa.ForeignKeyConstraint(
            ["instead_of_id"], ["invitations.id"], name=op.f("fk_invitations_instead_of_id")
        ),
        sa.ForeignKeyConstraint(
            ["requirement_id"], ["requirements.id"], name=op.f("fk_invitations_requirement_id")
        ),
        sa.ForeignKeyConstraint(["round_id"], ["match_rounds.id"], name=op.f("fk_invitations_round_id")),
        sa.ForeignKeyConstraint(["solver_id"], ["solver_profiles.id"], name=op.f("fk_invitations_solver_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
    )
    with op.batch_alter_table("invitations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_invitations_requirement_id"), ["requirement_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_invitations_round_id"), ["round_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_invitations_solver_id"), ["solver_id"], unique=False)
        batch_op.create_index("ix_invitations_status_reply_by", ["status", "reply_by"], unique=False)
        batch_op.create_index(
            "uq_invitations_binding",
            ["requirement_id", "solver_id"],
            unique=True,
            sqlite_where=sa.text("status IN ('sent', 'opened', 'accepted')"),
            postgresql_where=sa.text("status IN ('sent', 'opened', 'accepted')"),
        )


def downgrade() -> None:
    with op.batch_alter_table("invitations", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_invitations_binding",
            sqlite_where=sa.text("status IN ('sent', 'opened', 'accepted')"),
            postgresql_where=sa.text("status IN ('sent', 'opened', 'accepted')"),
        )
        batch_op.drop_index("ix_invitations_status_reply_by")
        batch_op.drop_index(batch_op.f("ix_invitations_solver_id"))
        batch_op.drop_index(batch_op.f("ix_invitations_round_id"))
        batch_op.drop_index(batch_op.f("ix_invitations_requirement_id"))

    op.drop_table("invitations")
