"""Each decision on an output in a row of its own, claims of the queue, and release receipts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "enclave_claim",
        sa.Column("output", sa.String(length=64), nullable=False),
        sa.Column("checker", sa.String(length=200), nullable=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["output"], ["enclave_output.id"]),
        sa.PrimaryKeyConstraint("output"),
    )
    op.create_table(
        "enclave_decision",
        sa.Column("output", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("checker", sa.String(length=200), nullable=False),
        sa.Column("clear", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["output"], ["enclave_output.id"]),
        sa.PrimaryKeyConstraint("output", "number"),
    )
    op.create_table(
        "enclave_receipt",
        sa.Column("output", sa.String(length=64), nullable=False),
        sa.Column("statement", Json, nullable=False),
        sa.ForeignKeyConstraint(["output"], ["enclave_output.id"]),
        sa.PrimaryKeyConstraint("output"),
    )
    # Of what was decided before, the last decision is known.
    op.execute(
        "INSERT INTO enclave_decision (output, number, checker, clear, reason, decided_at) "
        "SELECT id, 1, reviewed_by, state <> 'refused', review_reason, reviewed_at "
        "FROM enclave_output WHERE reviewed_by IS NOT NULL"
    )
