"""What people say of a published algorithm (questions, corrections, complaints, appeals), and the answers.

Who writes needs no account. The text and the way to reach them are encrypted and read by the algorithm's
organisation and the authority; the ledger has a digest made with a random salt, from which no short text is
guessed. The sender keeps a code, of which we keep the SHA-256: with it they read the answer, or take
everything back (GDPR Art. 17). Source: AI Act Art. 26(11), 85, 86; GDPR Art. 12, 16, 22(3).
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casemate.canonical import digest
from casemate.clock import Clock
from casemate.errors import BadInput, Conflict, NotFound, TooManyRequests
from casemate.ids import new_id
from casemate.ledger import Ledger
from casemate.register.records import LANGUAGES
from casemate.register.tables import AlgorithmFeedbackRow as Row
from casemate.store.keys import Keyring

NOBODY = "public"
"""The actor on the ledger, also where somebody was signed in: a complaint is nobody else's business."""
LONGEST_TEXT = 5_000
LONGEST_CONTACT = 320
FROM_ONE_SOURCE = 5
"""Pieces of feedback from one network address in a day."""
UNANSWERED = 500
"""Pieces of feedback on one algorithm that wait for an answer: beyond it, its keeper is told of by mail."""
_DAY = timedelta(days=1)


class FeedbackKind(StrEnum):
    """What somebody wants."""

    QUESTION = "question"
    CORRECTION = "correction"
    COMPLAINT = "complaint"
    APPEAL = "appeal"
    """To have a decision looked at by a person (GDPR Art. 22(3), AI Act Art. 86)."""


class FeedbackState(StrEnum):
    """What became of it."""

    RECEIVED = "received"
    ANSWERED = "answered"
    TAKEN_BACK = "taken_back"


@dataclass(frozen=True)
class Feedback:
    """One piece of feedback; of one that was taken back the words are gone."""

    id: str
    algorithm: str
    kind: FeedbackKind
    language: str
    text: str
    contact: str
    received_at: datetime
    state: FeedbackState
    answer: str
    answered_by: str | None
    answered_at: datetime | None


class FeedbackBox:
    """The feedback of one home."""

    def __init__(self, ledger: Ledger, clock: Clock, keyring: Keyring) -> None:
        self._ledger = ledger
        self._clock = clock
        self._keyring = keyring

    def put(
        self,
        tx: Session,
        algorithm: str,
        kind: str,
        text: str,
        *,
        contact: str,
        language: str,
        source: str | None,
    ) -> tuple[Feedback, str]:
        """Take feedback in; gives it with the sender's code, which is told this once.

        Raises ``BadInput`` for what is none, ``TooManyRequests`` where too many come from one network
        (``source``), or too many wait.
        """
        words = _words(kind, text, contact, language)
        sender = self._sender(source)
        self._require_few(tx, algorithm, sender)
        feedback, code, salt = new_id("feedback"), secrets.token_urlsafe(24), secrets.token_hex(16)
        row = Row(
            id=feedback, algorithm=algorithm, kind=words[0], language=language, salt=salt,
            text=self._keyring.seal(words[1], f"feedback:{feedback}:text"),
            contact=self._keyring.seal(words[2], f"feedback:{feedback}:contact"),
            code=_digest(code), sender=sender, state=FeedbackState.RECEIVED.value,
            received_at=self._clock(),
        )  # fmt: skip
        tx.add(row)
        tx.flush()
        self._note(tx, NOBODY, "algorithm.feedback", row, text=_salted(salt, words[1]))
        return self._read(row), code

    def get(self, tx: Session, feedback: str) -> Feedback:
        """One piece; raises ``NotFound``."""
        return self._read(self._row(tx, feedback))

    def of_code(self, tx: Session, code: str) -> Feedback:
        """The piece whose sender has ``code``; raises ``NotFound``."""
        return self._read(self._of_code(tx, code))

    def of_algorithm(self, tx: Session, algorithm: str) -> list[Feedback]:
        """All of one algorithm, the newest first."""
        wanted = select(Row).where(Row.algorithm == algorithm)
        rows = tx.scalars(wanted.order_by(Row.received_at.desc(), Row.id))
        return [self._read(row) for row in rows]

    @staticmethod
    def waiting(tx: Session) -> dict[str, int]:
        """How many pieces wait for an answer, by algorithm."""
        counted = select(Row.algorithm, func.count()).group_by(Row.algorithm)
        rows = tx.execute(counted.where(Row.state == FeedbackState.RECEIVED.value))
        return {row[0]: row[1] for row in rows}

    def answer(self, tx: Session, actor: str, feedback: str, answer: str) -> Feedback:
        """Answer, once; raises ``Conflict`` where it was answered or taken back."""
        row = self._row(tx, feedback)
        if row.state != FeedbackState.RECEIVED.value:
            raise Conflict(f"{feedback} was {row.state.replace('_', ' ')} already")
        if not answer.strip() or len(answer) > LONGEST_TEXT:
            raise BadInput(f"an answer has 1 to {LONGEST_TEXT:,} characters")
        row.answer = self._keyring.seal(answer.strip(), f"feedback:{feedback}:answer")
        row.state, row.answered_by = FeedbackState.ANSWERED.value, actor
        row.answered_at = self._clock()
        tx.flush()
        self._note(
            tx, actor, "algorithm.feedback_answered", row, answer=_salted(row.salt, answer.strip())
        )
        return self._read(row)

    def take_back(self, tx: Session, code: str) -> Feedback:
        """Erase what its sender wrote, and the answer; that there was something stays on the ledger."""
        row = self._of_code(tx, code)
        if row.state == FeedbackState.TAKEN_BACK.value:
            raise Conflict("this was taken back already")
        row.text = row.contact = row.answer = None
        row.state, row.sender = FeedbackState.TAKEN_BACK.value, ""
        tx.flush()
        self._note(tx, NOBODY, "algorithm.feedback_taken_back", row)
        return self._read(row)

    def _require_few(self, tx: Session, algorithm: str, sender: str) -> None:
        today = (Row.sender == sender, Row.received_at > self._clock() - _DAY)
        if sender and _count(tx, *today) >= FROM_ONE_SOURCE:
            raise TooManyRequests(
                f"more than {FROM_ONE_SOURCE} messages in a day came from your network: write again "
                "tomorrow, or use the contact that the entry names"
            )
        waits = (Row.algorithm == algorithm, Row.state == FeedbackState.RECEIVED.value)
        if _count(tx, *waits) >= UNANSWERED:
            raise TooManyRequests(
                f"{UNANSWERED} messages about this algorithm wait for an answer: use the contact that the "
                "entry names"
            )

    def _sender(self, source: str | None) -> str:
        """An address as a mark: equal for equal addresses, and no address."""
        if source is None:
            return ""
        key = self._keyring.derive("feedback-senders")
        return hmac.new(key, source.encode(), "sha256").hexdigest()

    def _note(self, tx: Session, actor: str, act: str, row: Row, **told: str) -> None:
        self._ledger.append(
            tx, actor=actor, act=act, subject=row.algorithm, feedback=row.id, **told
        )

    @staticmethod
    def _row(tx: Session, feedback: str) -> Row:
        row = tx.get(Row, feedback, populate_existing=True)
        if row is None:
            raise NotFound(f"there is no feedback {feedback!r}")
        return row

    @staticmethod
    def _of_code(tx: Session, code: str) -> Row:
        row = tx.scalar(select(Row).where(Row.code == _digest(code)))
        if row is None:
            raise NotFound("no message has this code: look at it again")
        return row

    def _read(self, row: Row) -> Feedback:
        return Feedback(
            id=row.id,
            algorithm=row.algorithm,
            kind=FeedbackKind(row.kind),
            language=row.language,
            text=self._opened(row.text, row.id, "text"),
            contact=self._opened(row.contact, row.id, "contact"),
            received_at=row.received_at,
            state=FeedbackState(row.state),
            answer=self._opened(row.answer, row.id, "answer"),
            answered_by=row.answered_by,
            answered_at=row.answered_at,
        )

    def _opened(self, sealed: bytes | None, feedback: str, part: str) -> str:
        return "" if sealed is None else self._keyring.unseal(sealed, f"feedback:{feedback}:{part}")


def _words(kind: str, text: str, contact: str, language: str) -> tuple[str, str, str]:
    if kind not in list(FeedbackKind):
        raise BadInput(f"feedback is {', '.join(FeedbackKind)}, not {kind!r}")
    if language not in LANGUAGES:
        raise BadInput(f"feedback is in {', '.join(LANGUAGES)}, not {language!r}")
    if not text.strip() or len(text) > LONGEST_TEXT:
        raise BadInput(f"write what you have to say, in {LONGEST_TEXT:,} characters at most")
    if len(contact) > LONGEST_CONTACT:
        raise BadInput(f"how to reach you takes {LONGEST_CONTACT} characters at most")
    return kind, text.strip(), contact.strip()


def _count(tx: Session, *clauses: Any) -> int:
    return tx.scalar(select(func.count()).select_from(Row).where(*clauses)) or 0


def _salted(salt: str, text: str) -> str:
    return digest(f"{salt}\n{text}".encode())


def _digest(code: str) -> str:
    return sha256(code.encode()).hexdigest()
