"""References of a draft: within it, and to laws of a collection as in force on the day it begins."""

from collections.abc import Iterator
from datetime import date

from casemate.knowledge.citing import Cited, Resolver, references_in
from casemate.knowledge.documents import Kind, Library, Standing
from casemate.knowledge.drafting.draft import Draft, Place
from casemate.knowledge.drafting.findings import Evidence, Finding, Severity
from casemate.knowledge.drafting.numbers import bare, number_in

_LONGEST_QUOTE = 300


def check_own_references(draft: Draft) -> Iterator[Finding]:
    """References to articles of the draft that are not there."""
    numbers = {
        told.told.casefold()
        for one in draft.articles()
        if (told := number_in(bare(one.provision.number))) is not None
    }
    articles = list(draft.articles())
    for place in articles:
        for one in references_in(place.text, draft.language):
            if one.work is not None or one.start < place.begin or _is_quoted(place.text, one.start):
                continue
            at_the_edge = (one.kind == "before" and place is articles[0]) or (
                one.kind == "after" and place is articles[-1]
            )
            if at_the_edge or (one.kind == "provision" and not _is_there(one, numbers)):
                yield _finding("reference.absent", Severity.ERROR, place, one)


def _is_there(one: Cited, numbers: set[str]) -> bool:
    return all(
        (told := number_in(each)) is None or told.told.casefold() in numbers
        for each in (one.number, one.last)
        if each
    )


def _is_quoted(text: str, at: int) -> bool:
    """Whether a place lies in a quotation: what a draft puts into another law refers within that one."""
    before = text[:at]
    return before.count("«") > before.count("»") or before.count("„") > before.count("“")


def _finding(
    kind: str, severity: Severity, place: Place, one: Cited, *evidence: Evidence, **values: str
) -> Finding:
    cited = one.cut(place.text)
    told = {"cited": cited, **values}
    return Finding(kind, severity, place.key, one.start, one.end, cited, told, evidence)


class OuterReferences:
    """Checks references to laws of ``library``; afterwards ``unheld`` names those that it does not have."""

    def __init__(self, library: Library, on: date) -> None:
        self._library = library
        self._resolver = Resolver(library)
        self._on = on
        self.unheld: dict[str, None] = {}

    def check(self, draft: Draft) -> Iterator[Finding]:
        """What does not resolve, is not in force on the day, or will read otherwise."""
        for place in draft.places:
            if place.provision.kind is Kind.RECITAL:
                continue
            for one in references_in(place.text, draft.language):
                if one.work is not None:
                    yield from self._check(draft, place, one)

    def _check(self, draft: Draft, place: Place, one: Cited) -> Iterator[Finding]:
        assert one.work is not None
        work, why = self._resolver.work_of(one.work)
        if why:
            self.unheld[one.cut(place.text)] = None
            return
        if one.kind == "work":
            yield from self._whole(draft, place, one, work)
            return
        if one.kind not in {"provision", "annex"}:
            return
        target = self._resolver.numbers(self._library, work).target(work, one, "")
        if target.why == "missing":
            yield _finding("reference.unresolved", Severity.ERROR, place, one)
        for key in target.keys[:1] + target.keys[1:][-1:]:
            yield from self._provision(draft, place, one, (work, key))

    def _whole(self, draft: Draft, place: Place, one: Cited, work: str) -> Iterator[Finding]:
        language = self._language(work, draft.language)
        version, why = self._library.version_on(work, language, self._on)
        if why:
            values = {"day": self._on.isoformat(), "why": why}
            evidence = () if version is None else (
                Evidence(work, version.title, "", "", "", version.valid_from, version.valid_to),
            )  # fmt: skip
            yield _finding("reference.repealed", Severity.ERROR, place, one, *evidence, **values)

    def _provision(
        self, draft: Draft, place: Place, one: Cited, at: tuple[str, str]
    ) -> Iterator[Finding]:
        work, key = at
        language = self._language(work, draft.language)
        standing = self._library.at(work, key, language, self._on)
        states = self._library.history(work, key, language)
        if not standing.in_force:
            last = states[-1].provision if states else None
            shown = Standing(standing.version, standing.provision or last, standing.why)
            values = {"day": self._on.isoformat(), "why": standing.why}
            yield _finding(
                "reference.repealed", Severity.ERROR, place, one, *_evidence(shown), **values
            )
            return
        later = [state for state in states if state.begins is not None and state.begins > self._on]
        digest = standing.provision.digest if standing.provision else ""
        changed = next((state for state in later if state.provision.digest != digest), None)
        if changed is not None and changed.begins is not None:
            shown = Standing(changed.provision.version, changed.provision)
            yield _finding(
                "reference.changing", Severity.WARNING, place, one, *_evidence(shown),
                day=changed.begins.isoformat(),
            )  # fmt: skip

    def _language(self, work: str, wanted: str) -> str:
        there = sorted({one.language for one in self._library.versions(work)})
        return wanted if wanted in there else there[0]


def _evidence(standing: Standing) -> tuple[Evidence, ...]:
    found = standing.provision
    if found is None:
        return ()
    version = found.version
    return (
        Evidence(
            version.work, version.title, found.key, found.number, found.text[:_LONGEST_QUOTE],
            version.valid_from, version.valid_to, found.digest,
        ),
    )  # fmt: skip
