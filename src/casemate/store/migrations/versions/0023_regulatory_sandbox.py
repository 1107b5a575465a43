"""The regulatory sandbox: participations, their histories, evidence and incidents."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def _moment(name: str, *, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str, length: int, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), nullable=nullable)


def _of_sandbox() -> tuple[sa.Column[str], sa.ForeignKeyConstraint]:
    return _text("sandbox", 64), sa.ForeignKeyConstraint(["sandbox"], ["sandbox.id"])


def upgrade() -> None:
    op.create_table(
        "sandbox",
        _text("id", 64),
        _text("state", 20),
        sa.Column("revision", sa.Integer(), nullable=False),
        _text("applicant", 200),
        _text("organisation", 200),
        _text("algorithm", 64, nullable=True),
        sa.Column("form", Json, nullable=False),
        sa.Column("revised", Json, nullable=True),
        sa.Column("plan", Json, nullable=True),
        sa.Column("plan_version", sa.Integer(), nullable=False),
        _moment("created_at"),
        _moment("submitted_at", nullable=True),
        _moment("decided_at", nullable=True),
        _moment("started_at", nullable=True),
        _moment("ended_at", nullable=True),
        sa.Column("report", Json, nullable=True),
        _text("report_digest", 71, nullable=True),
        sa.Column("authority_publishes", sa.Boolean(), nullable=False),
        sa.Column("participant_publishes", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    for column in ("algorithm", "applicant", "state"):
        op.create_index(f"ix_sandbox_{column}", "sandbox", [column])
    op.create_table(
        "sandbox_event",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        *_of_sandbox(),
        _moment("at"),
        _text("actor", 200),
        _text("act", 40),
        _text("from_state", 20),
        _text("to_state", 20),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("deciding", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "sandbox_evidence",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        *_of_sandbox(),
        _text("test", 40),
        _text("evaluation", 64),
        _text("digest", 71),
        _text("value", 60),
        _text("low", 60, nullable=True),
        _text("high", 60, nullable=True),
        sa.Column("met", sa.Boolean(), nullable=False),
        sa.Column("plan_version", sa.Integer(), nullable=False),
        _text("attached_by", 200),
        _moment("attached_at"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "sandbox_incident",
        _text("id", 64),
        *_of_sandbox(),
        _text("kind", 20),
        _moment("occurred_at", nullable=True),
        _moment("aware_at"),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("mitigation", sa.Text(), nullable=False),
        _text("reported_by", 200),
        _moment("reported_at"),
        sa.PrimaryKeyConstraint("id"),
    )
    for table in ("sandbox_event", "sandbox_evidence", "sandbox_incident"):
        op.create_index(f"ix_{table}_sandbox", table, ["sandbox"])
