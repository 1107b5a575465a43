"""The enclave's tables: protected views, runs, the environments they ran in, and their outputs."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from casemate.store import Base, Json, UtcDateTime
from casemate.store.wrapped import sealed, wrapped


class ViewRow(Base):
    """A dataset version as one permit may see it. ``slot`` is empty once the view is sealed, so that
    a permit has at most one open view of a version, and a renewed one may have a fresh view."""

    __tablename__ = "enclave_view"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    permit: Mapped[str] = mapped_column(String(64), index=True)
    dataset: Mapped[str] = mapped_column(String(200))
    version: Mapped[int]
    slot: Mapped[str | None] = mapped_column(String(300), unique=True)
    blob: Mapped[str] = mapped_column(String(64))
    wrapped_key: Mapped[bytes | None] = mapped_column(LargeBinary, info=wrapped("{blob}"))
    digest: Mapped[str] = mapped_column(String(71))
    rows: Mapped[int] = mapped_column(BigInteger)
    report: Mapped[dict[str, Any]] = mapped_column(Json)
    certificate: Mapped[dict[str, Any]] = mapped_column(Json)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sealed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ViewOriginRow(Base):
    """Which records of the published table the rows of a view are: sealed in the vault, beside it."""

    __tablename__ = "enclave_view_origin"

    view: Mapped[str] = mapped_column(ForeignKey("enclave_view.id"), primary_key=True)
    blob: Mapped[str] = mapped_column(String(64))
    wrapped_key: Mapped[bytes | None] = mapped_column(LargeBinary, info=wrapped("{blob}"))


class PrivacyAccountRow(Base):
    """What was spent of a privacy budget. ``version`` is compared and set by every change."""

    __tablename__ = "privacy_account"

    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    version: Mapped[int]
    document: Mapped[dict[str, Any]] = mapped_column(Json)


class PrivacySpendRow(Base):
    """One line of an account's record; each names the digest of the line before. Never changed."""

    __tablename__ = "privacy_spend"

    account: Mapped[str] = mapped_column(ForeignKey("privacy_account.name"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    document: Mapped[dict[str, Any]] = mapped_column(Json)


class AnswerRow(Base):
    """A question that was charged, and its one answer once it was drawn. ``slot`` is a keyed digest of
    permit, dataset and question: the same question is charged once, and answered once."""

    __tablename__ = "privacy_answer"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    slot: Mapped[str] = mapped_column(String(80), unique=True)
    permit: Mapped[str] = mapped_column(String(64))
    lineage: Mapped[str] = mapped_column(String(64), index=True)
    dataset: Mapped[str] = mapped_column(String(200))
    version: Mapped[int]
    asked_by: Mapped[str] = mapped_column(String(200))
    sealed_question: Mapped[bytes] = mapped_column(LargeBinary, info=sealed("{id}"))
    cost: Mapped[dict[str, Any]] = mapped_column(Json)
    accuracy: Mapped[dict[str, Any] | None] = mapped_column(Json)
    charged_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sealed_answer: Mapped[bytes | None] = mapped_column(LargeBinary, info=sealed("{id}"))
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class EnvironmentRow(Base):
    """The interpreter and package versions that runs saw, kept once for all runs that saw the same."""

    __tablename__ = "enclave_environment"

    digest: Mapped[str] = mapped_column(String(71), primary_key=True)
    packages: Mapped[dict[str, Any]] = mapped_column(Json)


class DraftRow(Base):
    """One version of the program that a person writes under a permit, sealed; ``number`` counts them."""

    __tablename__ = "enclave_draft"

    permit: Mapped[str] = mapped_column(String(64), primary_key=True)
    author: Mapped[str] = mapped_column(String(200), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sealed: Mapped[bytes] = mapped_column(
        LargeBinary, info=sealed("draft:{permit}:{author}:{number}")
    )
    size: Mapped[int]
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RunRow(Base):
    __tablename__ = "enclave_run"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    permit: Mapped[str] = mapped_column(String(64), index=True)
    submitted_by: Mapped[str] = mapped_column(String(200), index=True)
    purpose: Mapped[str] = mapped_column(String(128))
    filename: Mapped[str] = mapped_column(String(128))
    state: Mapped[str] = mapped_column(String(16), index=True)
    reason: Mapped[str | None] = mapped_column(Text)
    script_blob: Mapped[str] = mapped_column(String(64))
    script_key: Mapped[bytes] = mapped_column(LargeBinary, info=wrapped("{script_blob}"))
    script_digest: Mapped[str] = mapped_column(String(71))
    parameters: Mapped[dict[str, Any]] = mapped_column(Json)
    environment: Mapped[str | None] = mapped_column(ForeignKey("enclave_environment.digest"))
    inputs: Mapped[dict[str, Any]] = mapped_column(Json)
    resources: Mapped[dict[str, Any]] = mapped_column(Json)
    submitted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class OutputRow(Base):
    """One file, or one of the two logs, that a run left. ``checked_digest`` is what the verdict
    speaks of; nothing is released unless it equals ``digest``. ``name_is_known``: the script spells
    the name out, so that it tells nothing of the data."""

    __tablename__ = "enclave_output"
    __table_args__ = (UniqueConstraint("run", "name"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    run: Mapped[str] = mapped_column(ForeignKey("enclave_run.id"), index=True)
    name: Mapped[str] = mapped_column(String(400))
    sealed_name: Mapped[bytes | None] = mapped_column(LargeBinary, info=sealed("{id}"))
    """The name, encrypted, where the script does not spell it out: it may be somebody's data."""
    name_is_known: Mapped[bool]
    kind: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(16), index=True)
    blob: Mapped[str] = mapped_column(String(64))
    wrapped_key: Mapped[bytes] = mapped_column(LargeBinary, info=wrapped("{blob}"))
    digest: Mapped[str] = mapped_column(String(71))
    size: Mapped[int] = mapped_column(BigInteger)
    decision: Mapped[str | None] = mapped_column(String(16))
    verdict: Mapped[dict[str, Any] | None] = mapped_column(Json)
    checked_digest: Mapped[str | None] = mapped_column(String(71))
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reviewed_by: Mapped[str | None] = mapped_column(String(200))
    reviewed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    review_reason: Mapped[str | None] = mapped_column(Text)
    released_by: Mapped[str | None] = mapped_column(String(200))
    released_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ledger_index: Mapped[int | None] = mapped_column(BigInteger)
    repaired_from: Mapped[str | None] = mapped_column(String(64))
    """The output that trusted code made this one in the place of."""


class OriginalRow(Base):
    """What a program wrote, where bytes that trusted code made leave in its place: it stays sealed."""

    __tablename__ = "enclave_original"

    output: Mapped[str] = mapped_column(ForeignKey("enclave_output.id"), primary_key=True)
    blob: Mapped[str] = mapped_column(String(64))
    wrapped_key: Mapped[bytes] = mapped_column(LargeBinary, info=wrapped("{blob}"))
    digest: Mapped[str] = mapped_column(String(71))
    size: Mapped[int] = mapped_column(BigInteger)


class DecisionRow(Base):
    """One person's decision on one output; ``number`` counts them. Never changed."""

    __tablename__ = "enclave_decision"

    output: Mapped[str] = mapped_column(ForeignKey("enclave_output.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    checker: Mapped[str] = mapped_column(String(200))
    clear: Mapped[bool]
    reason: Mapped[str] = mapped_column(Text)
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ClaimRow(Base):
    """Who is looking at an output, until when, so that nobody else does the same work meanwhile."""

    __tablename__ = "enclave_claim"

    output: Mapped[str] = mapped_column(ForeignKey("enclave_output.id"), primary_key=True)
    checker: Mapped[str | None] = mapped_column(String(200))
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ReceiptRow(Base):
    """What was stated of a released output; the ledger's entry of the release holds its digest."""

    __tablename__ = "enclave_receipt"

    output: Mapped[str] = mapped_column(ForeignKey("enclave_output.id"), primary_key=True)
    statement: Mapped[dict[str, Any]] = mapped_column(Json)
