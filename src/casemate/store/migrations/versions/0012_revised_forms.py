"""What an applicant has written since an application was given back."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "application_revised_form",
        sa.Column("application", sa.String(length=64), nullable=False),
        sa.Column("form", Json, nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["application"], ["application.id"]),
        sa.PrimaryKeyConstraint("application"),
    )
