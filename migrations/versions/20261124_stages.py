"""Dated stages of challenges with their extensions, who is invited, for whom one is held, and its last number."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007_stages"
down_revision = "0006_outbox_indexes"
branch_labels = None
depends_on = None

KINDS = (
    "collection",
    "review",
    "refinement",
    "publication",
    "proposals",
    "matching",
    "contact",
    "finals",
    "signing",
    "delivery",
)


def upgrade() -> None:
    access = sa.Enum("public", "by_invitation", name="challengeaccess", native_enum=False, length=40)
    with op.batch_alter_table("challenges") as batch_op:
        batch_op.add_column(sa.Column("access", access, server_default="public", nullable=False))
        batch_op.add_column(sa.Column("industries", sa.JSON(), server_default="[]", nullable=False))
        batch_op.add_column(sa.Column("fields", sa.JSON(), server_default="[]", nullable=False))
        batch_op.add_column(sa.Column("last_number", sa.Integer(), server_default="0", nullable=False))
    op.execute(
        "UPDATE challenges SET last_number = (SELECT COALESCE(MAX(number), 0) FROM challenge_entries"
        " WHERE challenge_entries.challenge_id = challenges.id)"
    )
    op.create_table(
        "challenge_stages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("challenge_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Enum(*KINDS, name="stagekind", native_enum=False, length=40), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["challenge_id"],
            ["challenges.id"],
            name=op.f("fk_challenge_stages_challenge_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_challenge_stages")),
        sa.UniqueConstraint("challenge_id", "kind", name=op.f("uq_challenge_stages_challenge_id_kind")),
    )
    op.create_index("ix_challenge_stages_closes_at", "challenge_stages", ["closes_at"])
    op.create_table(
        "stage_extensions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("stage_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("closed_before_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_stage_extensions_author_id")),
        sa.ForeignKeyConstraint(
            ["stage_id"],
            ["challenge_stages.id"],
            name=op.f("fk_stage_extensions_stage_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stage_extensions")),
    )
    op.create_index(op.f("ix_stage_extensions_stage_id"), "stage_extensions", ["stage_id"])
    op.create_table(
        "stage_changes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("stage_id", sa.Uuid(), nullable=False),
        sa.Column(
            "turn",
            sa.Enum("opened", "closed", name="stageturn", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["stage_id"],
            ["challenge_stages.id"],
            name=op.f("fk_stage_changes_stage_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stage_changes")),
        sa.UniqueConstraint("stage_id", "turn", "due_at", name=op.f("uq_stage_changes_stage_id_turn_due_at")),
    )
    op.create_table(
        "challenge_invitees",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("challenge_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["challenge_id"],
            ["challenges.id"],
            name=op.f("fk_challenge_invitees_challenge_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_challenge_invitees_organization_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_challenge_invitees")),
        sa.UniqueConstraint(
            "challenge_id", "organization_id", name=op.f("uq_challenge_invitees_challenge_id_organization_id")
        ),
    )
    op.create_index(op.f("ix_challenge_invitees_organization_id"), "challenge_invitees", ["organization_id"])


def downgrade() -> None:
    for table in ("challenge_invitees", "stage_changes", "stage_extensions", "challenge_stages"):
        op.drop_table(table)
    with op.batch_alter_table("challenges") as batch_op:
        for column in ("last_number", "fields", "industries", "access"):
            batch_op.drop_column(column)
