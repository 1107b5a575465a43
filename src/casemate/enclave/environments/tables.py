"""The tables of environments: what was built, and which permits may run on what."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from casemate.store import Base, Json, UtcDateTime


class PackageSetRow(Base):
    """One version of a named environment. ``fingerprint`` is what the file system said of its folder
    when it was filled: where it says the same, nobody wrote to it since."""

    __tablename__ = "enclave_package_set"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(16))
    digest: Mapped[str] = mapped_column(String(71), index=True)
    tree: Mapped[str] = mapped_column(String(71))
    fingerprint: Mapped[str] = mapped_column(String(64))
    source: Mapped[str] = mapped_column(String(71))
    files: Mapped[int]
    size: Mapped[int] = mapped_column(BigInteger)
    document: Mapped[dict[str, Any]] = mapped_column(Json)
    added_by: Mapped[str] = mapped_column(String(200))
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PermitEnvironmentRow(Base):
    """That runs under ``permit`` may use environment ``name``; with no such row they may use any."""

    __tablename__ = "enclave_permit_environment"

    permit: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
