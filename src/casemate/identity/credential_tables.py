"""The tables of what people sign in with, beside their password. No secret of them lies here in the open:
what has to be read again is sealed under the home's keyring, of the rest only a digest is kept."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from casemate.store import Base, Json, UtcDateTime
from casemate.store.wrapped import sealed


class OneTimePasswordRow(Base):
    """The second factor of an account (RFC 6238)."""

    __tablename__ = "one_time_password"

    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(
        LargeBinary, info=sealed("one-time-password/{account_id}")
    )
    last_step: Mapped[int] = mapped_column(BigInteger)
    """The time step of the last code that was taken: it and those before it are taken no more."""
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RecoveryCodeRow(Base):
    """A recovery code that was not used yet; a used one is deleted."""

    __tablename__ = "recovery_code"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)


class PasskeyRow(Base):
    """The public half of a passkey."""

    __tablename__ = "passkey"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    """Of the credential's id, which may be as long as 1023 bytes."""
    credential: Mapped[bytes] = mapped_column(LargeBinary)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    transports: Mapped[list[str]] = mapped_column(Json)
    name: Mapped[str] = mapped_column(String(200))
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class CeremonyRow(Base):
    """A sign-in or an enrolment that is half done, for minutes. No act, so not on the ledger."""

    __tablename__ = "ceremony"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    sealed: Mapped[bytes] = mapped_column(LargeBinary, info=sealed("ceremony/{digest}"))
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class InvitationRow(Base):
    """The one invitation of an account that is open. Its link is nowhere, only its SHA-256."""

    __tablename__ = "invitation"

    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    resets: Mapped[bool]
    """Whether whoever uses it loses the one-time password and the passkeys that the account had."""
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ProviderLinkRow(Base):
    """That whoever an OpenID provider calls ``subject`` is an account of ours."""

    __tablename__ = "provider_link"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    issuer: Mapped[str] = mapped_column(String(500))
    subject: Mapped[str] = mapped_column(String(255))
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
