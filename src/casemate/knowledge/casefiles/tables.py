"""The room's tables: case files, with whom they are shared, alerts, and who has seen them.

What people put in is encrypted; what is open here is whose it is, when it changed, and with whom it is
shared.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from casemate.store import Base, UtcDateTime
from casemate.store.wrapped import sealed


class CaseFileRow(Base):
    """A case file. ``watched`` is what its alerts were reckoned from last, encrypted too."""

    __tablename__ = "case_file"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    owner: Mapped[str] = mapped_column(String(64), index=True)
    version: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary, info=sealed("case-file:{id}:content"))
    watched: Mapped[bytes] = mapped_column(LargeBinary, info=sealed("case-file:{id}:watched"))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CaseFileShareRow(Base):
    """That a case file is shared with an account or an organisation (``party``)."""

    __tablename__ = "case_file_share"

    case_file: Mapped[str] = mapped_column(
        String(64), ForeignKey("case_file.id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    party: Mapped[str] = mapped_column(String(64), primary_key=True, index=True)
    right: Mapped[str] = mapped_column(String(8))


class CaseFileAlertRow(Base):
    """One change in the texts. ``change`` is a digest of what changed: no change is told twice."""

    __tablename__ = "case_file_alert"
    __table_args__ = (UniqueConstraint("case_file", "change", name="case_file_alert_once"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    case_file: Mapped[str] = mapped_column(
        String(64), ForeignKey("case_file.id", ondelete="CASCADE")
    )
    change: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes] = mapped_column(LargeBinary, info=sealed("case-file-alert:{id}:content"))
    found_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CaseFileAlertSeenRow(Base):
    """That an account has marked an alert as seen."""

    __tablename__ = "case_file_alert_seen"

    alert: Mapped[str] = mapped_column(
        String(64), ForeignKey("case_file_alert.id", ondelete="CASCADE"), primary_key=True
    )
    account: Mapped[str] = mapped_column(String(64), primary_key=True)
