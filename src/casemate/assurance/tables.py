"""The table of evaluations that a home keeps."""

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from casemate.store import Base, UtcDateTime


class EvaluationRow(Base):
    """One evaluation; of it nothing is ever changed but whether it is public."""

    __tablename__ = "evaluation"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    algorithm: Mapped[str | None] = mapped_column(String(64), index=True)
    organisation: Mapped[str] = mapped_column(String(64), index=True)
    run: Mapped[str | None] = mapped_column(String(64), index=True)
    model_name: Mapped[str] = mapped_column(Text)
    model_kind: Mapped[str] = mapped_column(Text)
    model_digest: Mapped[str] = mapped_column(String(71), index=True)
    suite: Mapped[str] = mapped_column(String(64), index=True)
    suite_version: Mapped[str] = mapped_column(String(64))
    document: Mapped[str] = mapped_column(Text)
    samples: Mapped[str | None] = mapped_column(Text, deferred=True)
    digest: Mapped[str] = mapped_column(String(71))
    recorded_by: Mapped[str] = mapped_column(String(64))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AlgorithmModelRow(Base):
    """One model that an entry of the register is about; the one with the highest number counts."""

    __tablename__ = "algorithm_model"

    algorithm: Mapped[str] = mapped_column(String(64), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    digest: Mapped[str] = mapped_column(String(71), index=True)
    output: Mapped[str | None] = mapped_column(String(64))
    named_by: Mapped[str] = mapped_column(String(64))
    named_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ModelExceptionRow(Base):
    """An authority's decision that a model may go out although it was kept back."""

    __tablename__ = "model_exception"

    algorithm: Mapped[str] = mapped_column(String(64), primary_key=True)
    digest: Mapped[str] = mapped_column(String(71), primary_key=True)
    reason: Mapped[str] = mapped_column(Text)
    decided_by: Mapped[str] = mapped_column(String(64))
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)
