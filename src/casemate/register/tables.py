"""The register's table: each version of the record of an algorithm."""

from datetime import datetime
from typing import Any

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from casemate.store import Base, Json, UtcDateTime


class AlgorithmRecordRow(Base):
    """One version; none is ever changed or taken away."""

    __tablename__ = "algorithm_record"

    algorithm: Mapped[str] = mapped_column(String(64), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    organisation: Mapped[str] = mapped_column(String(64), index=True)
    document: Mapped[dict[str, Any]] = mapped_column(Json)
    digest: Mapped[str] = mapped_column(String(71))
    reason: Mapped[str] = mapped_column(Text)
    kept_by: Mapped[str] = mapped_column(String(64))
    kept_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AlgorithmPublicationRow(Base):
    """That a version was published, or (``version`` empty) the algorithm withdrawn; ``number`` counts them.
    The last one holds, and none is ever changed or taken away."""

    __tablename__ = "algorithm_publication"

    algorithm: Mapped[str] = mapped_column(String(64), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int | None]
    reason: Mapped[str] = mapped_column(Text)
    decided_by: Mapped[str] = mapped_column(String(64))
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)
