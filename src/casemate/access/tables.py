"""The tables of this room. Rows stay inside it.

Of a permit, only ``jws`` and the revocation columns are ever believed; the others are there to find
it by, and are compared with the signed claims whenever a permit is read.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from casemate.access.procedure import ID, NAME, CaseColumns, EventColumns
from casemate.store import Base, Json, UtcDateTime


class ApplicationRow(CaseColumns, Base):
    __tablename__ = "application"

    kind: Mapped[str] = mapped_column(String(20))
    versions: Mapped[dict[str, int]] = mapped_column(Json)
    regime: Mapped[str | None] = mapped_column(String(8))
    clock_started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    clock_stopped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    stopped_microseconds: Mapped[int] = mapped_column(BigInteger)
    extended: Mapped[bool]
    complete_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    appealed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    permit: Mapped[str | None] = mapped_column(ID)


class ApplicationEventRow(EventColumns, Base):
    """What was done and said, in order. Decisions are the events that ``deciding`` marks."""

    __tablename__ = "application_event"

    application: Mapped[str] = mapped_column(ForeignKey("application.id"), index=True)


class RevisedFormRow(Base):
    """What an applicant has written since the application was given back: nobody else's business
    until it is handed in."""

    __tablename__ = "application_revised_form"

    application: Mapped[str] = mapped_column(ForeignKey("application.id"), primary_key=True)
    form: Mapped[dict[str, Any]] = mapped_column(Json)
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PermitRow(Base):
    __tablename__ = "permit"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    jws: Mapped[str] = mapped_column(Text)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_by: Mapped[str | None] = mapped_column(NAME)
    revoke_reason: Mapped[str | None] = mapped_column(Text)
    superseded_by: Mapped[str | None] = mapped_column(ID)

    application: Mapped[str | None] = mapped_column(ID, index=True)
    applicant: Mapped[str] = mapped_column(NAME, index=True)
    standing: Mapped[bool] = mapped_column(index=True)
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    valid_from: Mapped[datetime] = mapped_column(UtcDateTime)
    valid_until: Mapped[datetime] = mapped_column(UtcDateTime)


class PermitPersonRow(Base):
    """Finds the permits of a person; says nothing about rights."""

    __tablename__ = "permit_person"

    permit: Mapped[str] = mapped_column(ForeignKey("permit.id"), primary_key=True)
    person: Mapped[str] = mapped_column(NAME, primary_key=True, index=True)


class PermitDatasetRow(Base):
    """Finds the permits on a dataset; says nothing about rights."""

    __tablename__ = "permit_dataset"

    permit: Mapped[str] = mapped_column(ForeignKey("permit.id"), primary_key=True)
    dataset: Mapped[str] = mapped_column(NAME, primary_key=True, index=True)
    version: Mapped[int] = mapped_column(primary_key=True)
