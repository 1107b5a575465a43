"""What binds a company on a day: from its profile, over the works in force, to duties with their sources.

Nothing is kept between two askings but what words say: the duties are found in the text in force on the
day, and their beginning in the article that stands in that version. Where an answer is missing, what hangs
on it is given as open, with the question; it is never left out.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from hashlib import sha256

from casemate.errors import NotFound
from casemate.knowledge.documents.library import Library, Stored, Version
from casemate.knowledge.obligations.applying import Application, Beginning, application_of
from casemate.knowledge.obligations.extracting import duties_in
from casemate.knowledge.obligations.instruments import (
    Applicability,
    Instrument,
    Instruments,
    applicability,
    judged,
)
from casemate.knowledge.obligations.model import Deadline, Duty, DutyKind, Sanction
from casemate.knowledge.obligations.parts import clauses
from casemate.knowledge.obligations.roles import Roles
from casemate.knowledge.obligations.sanctions import sanctions_for, sanctions_in
from casemate.knowledge.obligations.targets import Target, place, targets_in
from casemate.register.law.conditions import Known, Truth

LANGUAGES = ("fr", "en", "de", "lb")


@dataclass(frozen=True, slots=True)
class Source:
    """A provision of a version, by which words can be found and checked."""

    corpus: str
    work: str
    provision: str
    title: str
    language: str
    version: date | None
    """The day from which the version holds."""
    digest: str
    """SHA-256 of the provision's whole text."""
    licence: str
    attribution: str


@dataclass(frozen=True, slots=True)
class Decision:
    """Why an instrument applies or not: the rule's words, and the provision's own where they are here."""

    effect: str
    says: str
    provision: str
    paragraph: str
    quote: str
    source: Source | None


@dataclass(frozen=True, slots=True)
class InstrumentState:
    """An instrument on a day. ``applies`` is ``None`` while ``questions`` are open."""

    instrument: str
    title: Mapping[str, str]
    applies: Truth
    because: tuple[Decision, ...]
    questions: tuple[str, ...]
    roles: Mapping[str, Truth]
    version: date | None
    language: str
    missing: str
    """Why its text cannot be read here; empty where it can."""


@dataclass(frozen=True, slots=True)
class CompanyDuty:
    """A duty of this company. ``id`` names it through versions; ``words`` is the digest of its quote."""

    id: str
    instrument: str
    kind: DutyKind
    bearers: tuple[str, ...]
    through: str
    inherited: bool
    where: str
    verb: str
    action: str
    quote: str
    spans: tuple[tuple[int, int], ...]
    words: str
    conditions: tuple[str, ...]
    deadlines: tuple[Deadline, ...]
    sanctions: tuple[Sanction, ...]
    source: Source
    since: date | None
    """From when it applies; ``None`` where the words name no day."""
    since_words: str
    since_provision: str
    open_questions: tuple[str, ...]
    """Facts on which it hangs whether this binds the company."""

    def applies(self, on: date) -> bool:
        """Whether it has begun."""
        return self.since is not None and self.since <= on


@dataclass(frozen=True, slots=True)
class Overview:
    """What a profile comes to on a day."""

    on: date
    instruments: tuple[InstrumentState, ...]
    duties: tuple[CompanyDuty, ...]
    """Those that apply."""
    coming: tuple[CompanyDuty, ...]
    """Those whose words are there and whose day is not, or is not told."""
    unaddressed: int
    """Duties in these works whose words name nobody; they are not among the duties."""


def overview(
    library: Library, corpus: str, instruments: Instruments, known: Known, on: date, language: str,
    *, only: str = "",
) -> Overview:  # fmt: skip
    """The instruments and duties of a company of which ``known`` is known, ``on`` a day.

    ``only`` names one instrument. Words are in ``language`` where the work is in force in it, else in
    another that it is in.
    """
    chosen = [instruments.get(only)] if only else list(instruments.by_id.values())
    states: list[InstrumentState] = []
    found: list[CompanyDuty] = []
    unaddressed = 0
    for one in chosen:
        applies = applicability(one, known)
        work = _Work.of(library, corpus, one, on, language)
        states.append(_state(applies, work))
        if work is not None and applies.applies is not False and not work.missing:
            duties, nobody = work.duties(applies, known)
            found += duties
            unaddressed += nobody
    ordered = sorted(found, key=_order)
    return Overview(
        on=on, instruments=tuple(states), unaddressed=unaddressed,
        duties=tuple(one for one in ordered if one.applies(on)),
        coming=tuple(one for one in ordered if not one.applies(on)),
    )  # fmt: skip


def _order(one: CompanyDuty) -> tuple[str, date]:
    return one.instrument, one.since or date.max


def _state(applies: Applicability, work: "_Work | None") -> InstrumentState:
    one = applies.instrument
    because = tuple(
        Decision(scope.effect, scope.says, scope.provision, scope.paragraph,
                 *(work.decides(scope.provision, scope.paragraph) if work else ("", None)))
        for scope in applies.because
    )  # fmt: skip
    return InstrumentState(
        instrument=one.id, title=one.title, applies=applies.applies, because=because,
        questions=applies.open_questions, roles=applies.roles,
        version=work.version.valid_from if work and work.version else None,
        language=work.version.language if work and work.version else "",
        missing=work.missing if work else f"none of {', '.join(one.works)} is in this collection",
    )  # fmt: skip


@dataclass
class _Work:
    """One work as in force on a day."""

    library: Library
    corpus: str
    instrument: Instrument
    version: Version | None
    missing: str
    provisions: Sequence[Stored]
    paths: Mapping[str, Sequence[str]]

    @classmethod
    def of(
        cls, library: Library, corpus: str, one: Instrument, on: date, language: str
    ) -> "_Work | None":
        name = _work_of(library, one.works)
        if name is None:
            return None
        told = ""
        for tongue in dict.fromkeys((language, *LANGUAGES)):
            version, why = library.version_on(name, tongue, on)
            if version is not None and not why:
                provisions = library.provisions(version)
                return cls(
                    library, corpus, one, version, "", provisions, _paths(library, provisions)
                )
            told = told or why
        return cls(library, corpus, one, None, told, (), {})

    def decides(self, key: str, paragraph: str) -> tuple[str, Source | None]:
        """The words of the paragraph that decides, and where they stand."""
        provision = next((one for one in self.provisions if one.key == key), None)
        if provision is None:
            return "", None
        spans = [one.whole for one in clauses(provision.text) if one.paragraph == paragraph]
        text = provision.text
        quote = text[spans[0].start : spans[-1].end] if spans else text
        return quote, self._source(provision)

    def duties(self, applies: Applicability, known: Known) -> tuple[list[CompanyDuty], int]:
        """Its duties that bind the company or may, and how many name nobody."""
        case = _Case(applies, known, application_of(self.provisions), sanctions_in(self.provisions))
        found: list[CompanyDuty] = []
        nobody = 0
        for provision in self.provisions:
            counted: dict[str, int] = {}
            for duty in self._extracted(provision):
                name = f"{provision.key}/{duty.where}/{duty.kind.value}"
                counted[name] = counted.get(name, 0) + 1
                binds, questions = _binds(duty, applies)
                nobody += not duty.bearers and binds is False
                if binds is not False:
                    found += self._bound(
                        provision, duty, f"{name}/{counted[name]}", questions, case
                    )
        return found, nobody

    def _bound(
        self, provision: Stored, duty: Duty, name: str, questions: Sequence[str], case: "_Case"
    ) -> Iterator[CompanyDuty]:
        """The duty for this company, unless it stands in a part that is for others alone."""
        where = place(provision.key, self.paths[provision.key], duty.paragraph, duty.point)
        narrowed, missing, routes = self._narrowed(where, case.known)
        if narrowed is False:
            return
        begins = _resolve(self._begins(case.application, where, provision), routes)
        whole = case.applies.open_questions if case.applies.applies is None else ()
        asked = tuple(dict.fromkeys((*questions, *missing, *whole)))
        yield self._company(
            provision, duty, name, begins, case, sanctions_for(case.fines, where), asked
        )

    def _extracted(self, provision: Stored) -> Sequence[Duty]:
        words = self.instrument.words(provision.version.language).words
        table = tuple((role, tuple(said)) for role, said in words.items())
        return _found(provision.text, provision.version.language, table, self.instrument.ensuring)

    def _narrowed(self, where: Target, known: Known) -> tuple[Truth, Sequence[str], frozenset[str]]:
        """Whether the part is for this company, the facts it hangs on, and how it came to be so."""
        whole: Truth = True
        missing: list[str] = []
        routes: set[str] = set()
        for narrow in self.instrument.narrows:
            if not any(part.covers(where) for name in narrow.parts for part in _parts(name)):
                continue
            truth, asked = judged(self.instrument, known, narrow.when)
            if truth is False:
                return False, (), frozenset()
            if truth is None:
                whole = None
                missing += asked
            for name, condition in narrow.routes.items():
                if judged(self.instrument, known, condition)[0]:
                    routes.add(name)
        return whole, missing, frozenset(routes)

    def _begins(
        self, application: Application | None, where: Target, provision: Stored
    ) -> tuple[Beginning, ...]:
        if application is not None and (found := application.begins(where)):
            return found
        assert self.version is not None
        return (Beginning(provision.since or self.version.valid_from, (), ""),)

    def _company(
        self, provision: Stored, duty: Duty, name: str, begins: Beginning,
        case: "_Case", sanctions: tuple[Sanction, ...], questions: tuple[str, ...],
    ) -> CompanyDuty:  # fmt: skip
        quote = duty.quote(provision.text)
        return CompanyDuty(
            id=f"{self.instrument.id}/{name}", instrument=self.instrument.id, kind=duty.kind,
            bearers=duty.bearers, through=duty.through, inherited=duty.inherited, where=duty.where,
            verb=duty.verb, action=duty.action, quote=quote,
            spans=tuple((one.start, one.end) for one in duty.spans),
            words=sha256(quote.encode()).hexdigest(), conditions=duty.conditions,
            deadlines=duty.deadlines, sanctions=sanctions, source=self._source(provision),
            since=begins.since, since_words=begins.words,
            since_provision=case.application.provision if case.application and begins.words else "",
            open_questions=questions,
        )  # fmt: skip

    def _source(self, provision: Stored) -> Source:
        version = provision.version
        title = " ".join(part for part in (provision.number, provision.heading) if part)
        return Source(
            corpus=self.corpus, work=version.work, provision=provision.key, title=title or provision.key,
            language=version.language, version=version.valid_from, digest=provision.digest,
            licence=version.licence, attribution=version.attribution,
        )  # fmt: skip


@dataclass(frozen=True)
class _Case:
    """What is the same for every duty of a work."""

    applies: Applicability
    known: Known
    application: Application | None
    fines: Sequence[tuple[Target, Sanction]]


def _binds(duty: Duty, applies: Applicability) -> tuple[Truth, Sequence[str]]:
    """Whether one of the duty's bearers is a role of the company; a prohibition of all binds it."""
    if not duty.bearers:
        return duty.of_all, ()
    roles = [applies.roles.get(one, False) for one in duty.bearers]
    if any(roles):
        return True, ()
    return (None, applies.open_questions) if None in roles else (False, ())


def _work_of(library: Library, names: Sequence[str]) -> str | None:
    """The first of ``names`` that the library has."""
    for name in names:
        with suppress(NotFound):
            return library.work(name)
    return None


def _paths(library: Library, provisions: Sequence[Stored]) -> Mapping[str, Sequence[str]]:
    """The headings above each provision; where a version has none, those of another of the same work.

    Some publishers' first versions come without them, and chapters are what application hangs on.
    """
    own = {one.key: one.path for one in provisions}
    if any(own.values()) or not provisions:
        return own
    for version in library.versions(provisions[0].version.work):
        other = {one.key: one.path for one in library.provisions(version)}
        if any(other.values()):
            return {key: other.get(key, ()) for key in own}
    return own


def _parts(name: str) -> Iterator[Target]:
    """A part as a file of rules names it: ``chapter_3_section_2``, ``art_50(1)``, ``annex_1``."""
    told = name.replace("chapter_", "chapter ").replace("_section_", " section ")
    yield from targets_in(told.replace("art_", "article ").replace("annex_", "annex "))


def _resolve(begins: Sequence[Beginning], routes: frozenset[str]) -> Beginning:
    """Of several beginnings the one for the company's case; the earliest where that is not known."""
    for_case = [one for one in begins if set(one.only_for) & routes]
    plain = [one for one in begins if not one.only_for]
    chosen = for_case or plain or list(begins)
    return min(chosen, key=lambda one: one.since or date.max)


@lru_cache(maxsize=4096)
def _found(
    text: str,
    language: str,
    table: tuple[tuple[str, tuple[str, ...]], ...],
    ensuring: tuple[str, ...],
) -> Sequence[Duty]:
    """The duties of one wording, found once a process."""
    return tuple(duties_in(text, language, Roles(dict(table)), ensuring=ensuring))
