"""Privacy accounts, spends and answers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "privacy_account",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", Json, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "privacy_answer",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("slot", sa.String(length=80), nullable=False),
        sa.Column("permit", sa.String(length=64), nullable=False),
        sa.Column("lineage", sa.String(length=64), nullable=False),
        sa.Column("dataset", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.String(length=200), nullable=False),
        sa.Column("sealed_question", sa.LargeBinary(), nullable=False),
        sa.Column("cost", Json, nullable=False),
        sa.Column("accuracy", Json, nullable=True),
        sa.Column("charged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed_answer", sa.LargeBinary(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("slot"),
    )
    with op.batch_alter_table("privacy_answer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_privacy_answer_lineage"), ["lineage"], unique=False)

    op.create_table(
        "privacy_spend",
        sa.Column("account", sa.String(length=200), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("document", Json, nullable=False),
        sa.ForeignKeyConstraint(
            ["account"],
            ["privacy_account.name"],
        ),
        sa.PrimaryKeyConstraint("account", "number"),
    )
