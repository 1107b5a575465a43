"""Case files: encrypted, shared by name, with alerts on what has changed in the texts."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DELETE FROM reply")  # kept for a day, and from now on encrypted as case files are
    op.create_table(
        "case_file",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("watched", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_case_file_owner", "case_file", ["owner"])
    op.create_table(
        "case_file_share",
        sa.Column("case_file", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("party", sa.String(length=64), nullable=False),
        sa.Column("right", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(["case_file"], ["case_file.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("case_file", "kind", "party"),
    )
    op.create_index("ix_case_file_share_party", "case_file_share", ["party"])
    op.create_table(
        "case_file_alert",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("case_file", sa.String(length=64), nullable=False),
        sa.Column("change", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_file"], ["case_file.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("case_file", "change", name="case_file_alert_once"),
    )
    op.create_table(
        "case_file_alert_seen",
        sa.Column("alert", sa.String(length=64), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["alert"], ["case_file_alert.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("alert", "account"),
    )
