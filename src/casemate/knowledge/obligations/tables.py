"""The room's tables: what organisations say of themselves, and what they did about their duties."""

from datetime import datetime
from typing import Any

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from casemate.store import Base, Json, UtcDateTime


class CompanyProfileRow(Base):
    """One version of a profile; none is ever changed or taken away."""

    __tablename__ = "company_profile"

    profile: Mapped[str] = mapped_column(String(64), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    organisation: Mapped[str] = mapped_column(String(64), index=True)
    document: Mapped[dict[str, Any]] = mapped_column(Json)
    salt: Mapped[str] = mapped_column(String(32))
    """Of the digest on the ledger: answers are few, and could be guessed from a plain one."""
    digest: Mapped[str] = mapped_column(String(71))
    kept_by: Mapped[str] = mapped_column(String(64))
    kept_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CompanyStepRow(Base):
    """What was said of a duty, and of which words; the last one holds, and none is ever changed."""

    __tablename__ = "company_step"

    profile: Mapped[str] = mapped_column(String(64), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    duty: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(16))
    words: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the duty's quote as it was looked at."""
    quote: Mapped[str] = mapped_column(Text)
    source: Mapped[dict[str, Any]] = mapped_column(Json)
    kind: Mapped[str] = mapped_column(String(16))
    reference: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)
    salt: Mapped[str] = mapped_column(String(32))
    noted_by: Mapped[str] = mapped_column(String(64))
    noted_at: Mapped[datetime] = mapped_column(UtcDateTime)
