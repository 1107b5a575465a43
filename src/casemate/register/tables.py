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
