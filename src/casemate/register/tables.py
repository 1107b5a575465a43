"""The register's tables: each version of the record of an algorithm, and what is searched."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from casemate.store import Base, Json, UtcDateTime
from casemate.store.wrapped import sealed


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


class AlgorithmEntryRow(Base):
    """What the search finds an algorithm by: one row a shelf, made anew with each version."""

    __tablename__ = "algorithm_entry"
    __table_args__ = (UniqueConstraint("algorithm", "shelf", name="algorithm_entry_once"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    algorithm: Mapped[str] = mapped_column(String(64))
    shelf: Mapped[str] = mapped_column(String(8))
    """``kept``: the newest version, for those who may read it; ``public``: the published one."""
    version: Mapped[int]
    organisation: Mapped[str] = mapped_column(String(64), index=True)
    section: Mapped[str] = mapped_column(String(16))
    """Of the EU database: who may know that there is such an entry at all."""
    status: Mapped[str] = mapped_column(String(16))
    ai_act_class: Mapped[str] = mapped_column(String(24))
    complete: Mapped[str] = mapped_column(String(200))
    """The standards whose mandatory fields are all told, each between blanks."""
    sort_name: Mapped[str] = mapped_column(String(200))
    name_words: Mapped[str] = mapped_column(Text)
    text_words: Mapped[str] = mapped_column(Text)


class AlgorithmFeedbackRow(Base):
    """What somebody said of an algorithm, encrypted; of what was taken back no words are left."""

    __tablename__ = "algorithm_feedback"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    algorithm: Mapped[str] = mapped_column(String(64), index=True)
    kind: Mapped[str] = mapped_column(String(12))
    language: Mapped[str] = mapped_column(String(2))
    salt: Mapped[str] = mapped_column(String(32))
    """Of the digests on the ledger."""
    text: Mapped[bytes | None] = mapped_column(LargeBinary, info=sealed("feedback:{id}:text"))
    contact: Mapped[bytes | None] = mapped_column(LargeBinary, info=sealed("feedback:{id}:contact"))
    code: Mapped[str] = mapped_column(String(64), unique=True)
    """The SHA-256 of what its sender was told."""
    sender: Mapped[str] = mapped_column(String(64), index=True)
    """A keyed mark of the network address, for counting; empty where none was known."""
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(12))
    answer: Mapped[bytes | None] = mapped_column(LargeBinary, info=sealed("feedback:{id}:answer"))
    answered_by: Mapped[str | None] = mapped_column(String(64))
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AlgorithmAnswersRow(Base):
    """One version of what keepers answer beside the record, for documents that the law asks for."""

    __tablename__ = "algorithm_answers"

    algorithm: Mapped[str] = mapped_column(String(64), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    document: Mapped[dict[str, Any]] = mapped_column(Json)
    digest: Mapped[str] = mapped_column(String(71))
    kept_by: Mapped[str] = mapped_column(String(64))
    kept_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AlgorithmCodeRow(Base):
    """Which algorithm a program of an organisation is, by the program's digest: the one it first ran as."""

    __tablename__ = "algorithm_code"

    organisation: Mapped[str] = mapped_column(String(64), primary_key=True)
    code: Mapped[str] = mapped_column(String(71), primary_key=True)
    algorithm: Mapped[str] = mapped_column(String(64))


class AlgorithmRunRow(Base):
    """Which algorithm a run was of, and the ledger's entry that says so."""

    __tablename__ = "algorithm_run"

    run: Mapped[str] = mapped_column(String(64), primary_key=True)
    algorithm: Mapped[str] = mapped_column(String(64), index=True)
    code: Mapped[str] = mapped_column(String(71))
    attached_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ledger_index: Mapped[int] = mapped_column(BigInteger)


class AlgorithmIncidentRow(Base):
    """What went wrong with an algorithm, as its organisation reported it; none is changed or taken away."""

    __tablename__ = "algorithm_incident"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    algorithm: Mapped[str] = mapped_column(String(64), index=True)
    happened_on: Mapped[str] = mapped_column(String(10))
    says: Mapped[str] = mapped_column(Text)
    serious: Mapped[bool]
    reported_by: Mapped[str] = mapped_column(String(64))
    reported_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ledger_index: Mapped[int] = mapped_column(BigInteger)
