"""The tables of the regulatory sandbox. Rows stay inside this room."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from casemate.access.procedure import ID, NAME, CaseColumns, EventColumns
from casemate.store import Base, Json, UtcDateTime


class ParticipationRow(CaseColumns, Base):
    __tablename__ = "sandbox"

    algorithm: Mapped[str | None] = mapped_column(ID, index=True)
    revised: Mapped[dict[str, Any] | None] = mapped_column(Json)
    """The form as it is being mended after it was asked back: nobody else's until handed in."""
    plan: Mapped[dict[str, Any] | None] = mapped_column(Json)
    plan_version: Mapped[int]
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    report: Mapped[dict[str, Any] | None] = mapped_column(Json)
    report_digest: Mapped[str | None] = mapped_column(String(71))
    authority_publishes: Mapped[bool]
    participant_publishes: Mapped[bool]


class SandboxEventRow(EventColumns, Base):
    __tablename__ = "sandbox_event"

    sandbox: Mapped[str] = mapped_column(ForeignKey("sandbox.id"), index=True)


class SandboxEvidenceRow(Base):
    """An evaluation attached to a test of the plan; what came later counts, and none is taken away."""

    __tablename__ = "sandbox_evidence"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    sandbox: Mapped[str] = mapped_column(ForeignKey("sandbox.id"), index=True)
    test: Mapped[str] = mapped_column(String(40))
    evaluation: Mapped[str] = mapped_column(ID)
    digest: Mapped[str] = mapped_column(String(71))
    value: Mapped[str] = mapped_column(String(60))
    low: Mapped[str | None] = mapped_column(String(60))
    high: Mapped[str | None] = mapped_column(String(60))
    met: Mapped[bool]
    plan_version: Mapped[int]
    attached_by: Mapped[str] = mapped_column(NAME)
    attached_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SandboxIncidentRow(Base):
    __tablename__ = "sandbox_incident"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    sandbox: Mapped[str] = mapped_column(ForeignKey("sandbox.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    occurred_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    aware_at: Mapped[datetime] = mapped_column(UtcDateTime)
    description: Mapped[str] = mapped_column(Text)
    mitigation: Mapped[str] = mapped_column(Text)
    reported_by: Mapped[str] = mapped_column(NAME)
    reported_at: Mapped[datetime] = mapped_column(UtcDateTime)
