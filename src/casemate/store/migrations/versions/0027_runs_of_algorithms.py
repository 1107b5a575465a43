"""Which programs and runs the algorithms of the register are of, and reports of what went wrong."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "algorithm_code",
        sa.Column("organisation", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=71), nullable=False),
        sa.Column("algorithm", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("organisation", "code"),
    )
    op.create_table(
        "algorithm_run",
        sa.Column("run", sa.String(length=64), nullable=False),
        sa.Column("algorithm", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=71), nullable=False),
        sa.Column("attached_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ledger_index", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("run"),
    )
    op.create_index("ix_algorithm_run_algorithm", "algorithm_run", ["algorithm"])
    op.create_table(
        "algorithm_incident",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("algorithm", sa.String(length=64), nullable=False),
        sa.Column("happened_on", sa.String(length=10), nullable=False),
        sa.Column("says", sa.Text(), nullable=False),
        sa.Column("serious", sa.Boolean(), nullable=False),
        sa.Column("reported_by", sa.String(length=64), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ledger_index", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_algorithm_incident_algorithm", "algorithm_incident", ["algorithm"])
