"""Releases that nothing could be read off, whose records are whose, and what a repair was made from."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "differencing_persons",
        sa.Column("dataset", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("blob", sa.String(length=64), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("dataset", "version"),
    )
    # What was kept before is of recipes, off which everything can be read.
    op.add_column(
        "differencing_statements",
        sa.Column("opaque", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.add_column("enclave_output", sa.Column("repaired_from", sa.String(length=64), nullable=True))
