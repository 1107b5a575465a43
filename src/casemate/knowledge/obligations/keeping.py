"""Profiles of companies and what was done about their duties, as a home keeps them.

A profile is its organisation's own. The ledger knows that it changed and when, by a salted digest from
which nothing can be read. What is said of a duty is said of its words as they were then: when the words
change, it is to be looked at again.
"""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from casemate.canonical import canonical_json, digest
from casemate.clock import Clock
from casemate.errors import BadInput, Conflict, NotFound
from casemate.ids import new_id
from casemate.knowledge.obligations.binding import CompanyDuty, Overview
from casemate.knowledge.obligations.companies import Company
from casemate.knowledge.obligations.tables import CompanyProfileRow, CompanyStepRow
from casemate.knowledge.redline import Piece, redline
from casemate.ledger import Ledger
from casemate.plain import plain

LONGEST_NOTE = 2000
LONGEST_REFERENCE = 500


class DutyState(StrEnum):
    """How far a company is with a duty."""

    OPEN = "open"
    EVIDENCE = "evidence"
    DONE = "done"
    NOT_APPLICABLE = "not_applicable"


class EvidenceKind(StrEnum):
    """What a reference leads to."""

    ALGORITHM = "algorithm"
    EVALUATION = "evaluation"
    DOCUMENT = "document"
    FILE = "file"
    URL = "url"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class KeptCompany:
    """One version of a profile."""

    profile: str
    version: int
    organisation: str
    document: Mapping[str, Any]
    kept_by: str
    kept_at: datetime


@dataclass(frozen=True, slots=True)
class StepForm:
    """What is to be said of a duty. A state that claims something says what it rests on, or why."""

    duty: str
    state: str
    kind: str = "text"
    reference: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """What was said of a duty, when and by whom."""

    number: int
    duty: str
    state: DutyState
    words: str
    quote: str
    kind: EvidenceKind
    reference: str
    note: str
    noted_by: str
    noted_at: datetime


@dataclass(frozen=True, slots=True)
class DutyStatus:
    """How it stands with a duty. ``again``: its words are others now than those that were looked at."""

    duty: str
    state: DutyState
    again: bool
    changes: tuple[Piece, ...]
    """From the words looked at to those of the day, where they differ."""
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class CompanyOverview:
    """What binds the company on a day, and how it stands with it as of that day."""

    company: KeptCompany
    overview: Overview
    status: Mapping[str, DutyStatus]
    gone: tuple[DutyStatus, ...]
    """Duties of which something was said and that bind the company no more."""


class Companies:
    """The profiles of one home."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger, self._clock = ledger, clock

    def add(self, tx: Session, actor: str, organisation: str, company: Company) -> KeptCompany:
        """The first version of a profile of ``organisation``."""
        return self._keep(tx, actor, organisation, new_id("company"), 1, company)

    def change(
        self, tx: Session, actor: str, profile: str, company: Company, seen: int
    ) -> KeptCompany:
        """The version after ``seen``; raises ``Conflict`` where another came first."""
        newest = self.get(tx, profile)
        if newest.version != seen:
            raise Conflict(
                f"{profile} is at version {newest.version} by now, and {seen} was looked at: look again"
            )
        return self._keep(tx, actor, newest.organisation, profile, seen + 1, company)

    def _keep(
        self,
        tx: Session,
        actor: str,
        organisation: str,
        profile: str,
        version: int,
        company: Company,
    ) -> KeptCompany:
        document, salt = company.as_dict(), secrets.token_hex(16)
        row = CompanyProfileRow(
            profile=profile, version=version, organisation=organisation, document=document, salt=salt,
            digest=digest(salt.encode() + canonical_json(document)), kept_by=actor, kept_at=self._clock(),
        )  # fmt: skip
        _insert(tx, row, profile)
        self._ledger.append(
            tx,
            actor=actor,
            act="company.kept",
            subject=profile,
            version=version,
            profile=row.digest,
        )
        return _kept(row)

    def get(self, tx: Session, profile: str, on: date | None = None) -> KeptCompany:
        """The newest version, or that of the day ``on``; the first where it was made later."""
        rows = list(
            tx.scalars(
                select(CompanyProfileRow)
                .where(CompanyProfileRow.profile == profile)
                .order_by(CompanyProfileRow.version)
            )
        )
        if not rows:
            raise NotFound(f"there is no profile {profile!r}")
        then = [row for row in rows if on is None or row.kept_at.date() <= on]
        return _kept((then or rows[:1])[-1])

    def of_organisation(self, tx: Session, organisation: str) -> Sequence[KeptCompany]:
        """The newest version of each profile of an organisation, by id."""
        newest = (
            select(CompanyProfileRow.profile, func.max(CompanyProfileRow.version).label("version"))
            .where(CompanyProfileRow.organisation == organisation)
            .group_by(CompanyProfileRow.profile)
            .subquery()
        )
        rows = tx.scalars(
            select(CompanyProfileRow)
            .join(newest, CompanyProfileRow.profile == newest.c.profile)
            .where(CompanyProfileRow.version == newest.c.version)
            .order_by(CompanyProfileRow.profile)
        )  # fmt: skip
        return [_kept(row) for row in rows]

    # ── what was done ────────────────────────────────────────────────────────────────────────────

    def note(
        self, tx: Session, actor: str, profile: str, duty: CompanyDuty, form: StepForm
    ) -> Step:
        """Say how it stands with a duty, and what that rests on."""
        state, kind = require_step(form)
        number = 1 + (
            tx.scalar(
                select(func.max(CompanyStepRow.number)).where(CompanyStepRow.profile == profile)
            )
            or 0
        )
        salt = secrets.token_hex(16)
        row = CompanyStepRow(
            profile=profile, number=number, duty=duty.id, state=state.value, words=duty.words,
            quote=duty.quote, source=plain(duty.source), kind=kind.value,
            reference=form.reference.strip(), note=form.note.strip(), salt=salt, noted_by=actor,
            noted_at=self._clock(),
        )  # fmt: skip
        _insert(tx, row, profile)
        said = canonical_json([duty.id, state.value, kind.value, row.reference, row.note])
        self._ledger.append(
            tx, actor=actor, act="company.noted", subject=profile, number=number,
            said=digest(salt.encode() + said), words=f"sha256:{duty.words}",
        )  # fmt: skip
        return _step(row)

    def steps(self, tx: Session, profile: str, on: date | None = None) -> Sequence[Step]:
        """What was said up to the end of the day ``on``, the oldest first."""
        rows = tx.scalars(
            select(CompanyStepRow)
            .where(CompanyStepRow.profile == profile)
            .order_by(CompanyStepRow.number)
        )
        return [_step(row) for row in rows if on is None or row.noted_at.date() <= on]


def statuses(
    found: Overview, steps: Sequence[Step]
) -> tuple[dict[str, DutyStatus], tuple[DutyStatus, ...]]:
    """How it stands with each duty, and with those that are there no more."""
    by_duty: dict[str, list[Step]] = {}
    for step in steps:
        by_duty.setdefault(step.duty, []).append(step)
    duties = {one.id: one for one in (*found.duties, *found.coming)}
    status = {name: _status(duty, by_duty.get(name, [])) for name, duty in duties.items()}
    gone = tuple(_gone(name, said) for name, said in by_duty.items() if name not in duties)
    return status, gone


def _status(duty: CompanyDuty, said: list[Step]) -> DutyStatus:
    if not said:
        return DutyStatus(duty.id, DutyState.OPEN, again=False, changes=(), steps=())
    last = said[-1]
    again = last.words != duty.words
    changes = tuple(redline(last.quote, duty.quote)) if again else ()
    return DutyStatus(duty.id, last.state, again, changes, tuple(said))


def _gone(name: str, said: list[Step]) -> DutyStatus:
    """A duty that was looked at and is there no more."""
    last = said[-1]
    changes = tuple(redline(last.quote, ""))
    return DutyStatus(name, last.state, again=True, changes=changes, steps=tuple(said))


def require_step(form: StepForm) -> tuple[DutyState, EvidenceKind]:
    """State and kind of what is to be said; raises ``BadInput`` with what is wrong."""
    try:
        state, kind = DutyState(form.state), EvidenceKind(form.kind)
    except ValueError as failure:
        states, kinds = (", ".join(one) for one in (DutyState, EvidenceKind))
        raise BadInput(f"{failure}: a state is {states}; evidence is {kinds}") from failure
    reference, note = form.reference.strip(), form.note.strip()
    if len(reference) > LONGEST_REFERENCE or len(note) > LONGEST_NOTE:
        raise BadInput(
            f"a reference has {LONGEST_REFERENCE} characters at most, a note {LONGEST_NOTE}"
        )
    if state in {DutyState.EVIDENCE, DutyState.DONE} and not reference:
        raise BadInput("say what it rests on: a reference to the evidence")
    if state is DutyState.NOT_APPLICABLE and not note:
        raise BadInput("say why the duty does not apply, in the note")
    wanted = _FORMS.get(kind)
    if reference and wanted is not None and not re.fullmatch(wanted[0], reference):
        raise BadInput(f"the reference is {reference[:80]!r}; {wanted[1]}")
    return state, kind


_FORMS = {
    EvidenceKind.FILE: (r"sha256:[0-9a-f]{64}", "a file is named by its digest, sha256:… in 64 digits"),
    EvidenceKind.URL: (r"https?://[^\s<>\"']+", "an address begins with https:// or http://"),
    EvidenceKind.ALGORITHM: (r"[\w-]{1,64}", "name the entry of the register by its id"),
    EvidenceKind.EVALUATION: (r"[\w-]{1,64}", "name the evaluation by its id"),
}  # fmt: skip


def _insert(tx: Session, row: CompanyProfileRow | CompanyStepRow, profile: str) -> None:
    try:
        with tx.begin_nested():
            tx.add(row)
    except IntegrityError as failure:
        raise Conflict(f"{profile} was changed just now: look again") from failure


def _kept(row: CompanyProfileRow) -> KeptCompany:
    return KeptCompany(
        profile=row.profile, version=row.version, organisation=row.organisation,
        document=row.document, kept_by=row.kept_by, kept_at=row.kept_at,
    )  # fmt: skip


def _step(row: CompanyStepRow) -> Step:
    return Step(
        number=row.number, duty=row.duty, state=DutyState(row.state), words=row.words, quote=row.quote,
        kind=EvidenceKind(row.kind), reference=row.reference, note=row.note, noted_by=row.noted_by,
        noted_at=row.noted_at,
    )  # fmt: skip
