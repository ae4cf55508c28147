"""Letters with a link to be used once; registrations count when their address is confirmed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018_letters"
down_revision = "0017_reports"
branch_labels = None
depends_on = None

KINDS = ("confirm_address", "reset_password", "registration_refused")


def upgrade() -> None:
    op.create_table(
        "letters",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Enum(*KINDS, name="letterkind", native_enum=False, length=40), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("salt", sa.String(length=64), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letters")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_letters_token_hash")),
    )
    op.create_index("ix_letters_email_kind_created_at", "letters", ["email", "kind", "created_at"])
    op.create_index("ix_letters_created_at", "letters", ["created_at"])
    with op.batch_alter_table("registrations") as batch_op:
        batch_op.add_column(sa.Column("language", sa.String(length=2), server_default="zh", nullable=False))
        batch_op.add_column(sa.Column("email_confirmed_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    # Nobody confirms these any more; the older version knows no such state.
    op.execute("DELETE FROM registrations WHERE status = 'unconfirmed'")
    with op.batch_alter_table("registrations") as batch_op:
        batch_op.drop_column("email_confirmed_at")
        batch_op.drop_column("language")
    op.drop_table("letters")
