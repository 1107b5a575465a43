"""The catalogue's tables: datasets, their versions, and one line a dataset for search."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from casemate.store import Base, Json, UtcDateTime
from casemate.store.wrapped import wrapped


class DatasetRow(Base):
    __tablename__ = "dataset"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    holder: Mapped[str] = mapped_column(String(64), index=True)
    version: Mapped[int] = mapped_column(Integer)  # the newest; publishing compares and sets it
    state: Mapped[str] = mapped_column(String(16), index=True)
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    retire_reason: Mapped[str | None] = mapped_column(Text, default=None)


class DatasetVersionRow(Base):
    __tablename__ = "dataset_version"
    __table_args__ = (UniqueConstraint("dataset_id", "digest"),)

    dataset_id: Mapped[str] = mapped_column(ForeignKey("dataset.id"), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    description: Mapped[dict[str, Any]] = mapped_column(Json)
    columns: Mapped[list[list[str]]] = mapped_column(Json)  # name, type, column type
    rows: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[str] = mapped_column(String(71))
    blob: Mapped[str] = mapped_column(String(64), unique=True)
    size: Mapped[int] = mapped_column(BigInteger)
    wrapped_key: Mapped[bytes | None] = mapped_column(LargeBinary, info=wrapped("{blob}"))
    profile: Mapped[dict[str, Any]] = mapped_column(Json)
    quality: Mapped[dict[str, Any]] = mapped_column(Json)
    risk: Mapped[dict[str, Any]] = mapped_column(Json)
    published_by: Mapped[str] = mapped_column(String(64))
    published_at: Mapped[datetime] = mapped_column(UtcDateTime)


class EntryRow(Base):
    """A published dataset as search sees it; the full-text index hangs on this table.

    The ``*_words`` columns hold folded words only (see ``search.words``), so that both databases
    index the same words and nothing a user writes can be more than a word.
    """

    __tablename__ = "catalogue_entry"
    __table_args__ = (
        # What facets are counted from, so that no row with its texts is read for them.
        Index("catalogue_entry_facets", "id", "holder", "access_right", "regime", "themes"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    dataset_id: Mapped[str] = mapped_column(ForeignKey("dataset.id"), unique=True)
    version: Mapped[int] = mapped_column(Integer)
    holder: Mapped[str] = mapped_column(String(64), index=True)
    access_right: Mapped[str] = mapped_column(String(16), index=True)
    regime: Mapped[str] = mapped_column(String(8))
    themes: Mapped[list[str]] = mapped_column(Json)
    titles: Mapped[dict[str, str]] = mapped_column(Json)
    descriptions: Mapped[dict[str, str]] = mapped_column(Json)
    rows: Mapped[int] = mapped_column(BigInteger)
    title_words: Mapped[str] = mapped_column(Text)
    keyword_words: Mapped[str] = mapped_column(Text)
    description_words: Mapped[str] = mapped_column(Text)
    variable_words: Mapped[str] = mapped_column(Text)
    filter_words: Mapped[str] = mapped_column(Text)
