"""Every check of a draft, in the order of its text."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from casemate.knowledge.documents import Library
from casemate.knowledge.drafting.days import check_days, entries_into_force
from casemate.knowledge.drafting.draft import Draft
from casemate.knowledge.drafting.findings import Finding, Severity
from casemate.knowledge.drafting.references import OuterReferences, check_own_references
from casemate.knowledge.drafting.similar import Candidates, check_similar
from casemate.knowledge.drafting.structure import check_structure
from casemate.knowledge.drafting.style import check_style
from casemate.knowledge.drafting.terms import check_terms

MOST_OF_A_KIND = 200
"""Findings of one kind that are shown: a draft with more is wrong throughout, and so it says."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A provision of the draft, as a report shows it beside its findings."""

    key: str
    number: str
    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class Report:
    """What was found in a draft. ``left_out`` counts, by kind, what is beyond ``MOST_OF_A_KIND``."""

    name: str
    title: str
    language: str
    begins: date | None
    findings: tuple[Finding, ...]
    provisions: tuple[Shown, ...]
    left_out: Mapping[str, int]
    unchecked: tuple[str, ...] = ()
    """What was not looked at, and why; a sentence each."""

    def count(self, severity: Severity) -> int:
        """How many findings weigh so much."""
        return sum(one.severity is severity for one in self.findings)


def report_on(
    draft: Draft,
    *,
    begins: date | None = None,
    published: date | None = None,
    more: Iterable[Finding] = (),
    unchecked: tuple[str, ...] = (),
) -> Report:
    """The report: ``more`` are findings of what needs a collection of laws."""
    begins = begins or begins_on(draft)
    found = [*within(draft, begins, published), *more]
    kept, left_out = _bounded(found)
    order = {place.key: at for at, place in enumerate(draft.places)}
    return Report(
        name=draft.name, title=draft.document.title, language=draft.language, begins=begins,
        findings=tuple(sorted(kept, key=lambda one: (order.get(one.key, -1), one.start, one.kind))),
        provisions=tuple(
            Shown(one.key, one.provision.number, one.provision.heading, one.text) for one in draft.places
        ),
        left_out=left_out, unchecked=unchecked,
    )  # fmt: skip


def begins_on(draft: Draft) -> date | None:
    """The day of entry into force that the draft says first."""
    clauses = entries_into_force(draft)
    return clauses[0].told.day if clauses else None


def within(draft: Draft, begins: date | None, published: date | None) -> Iterator[Finding]:
    """What the draft itself tells, with no law beside it."""
    yield from check_structure(draft)
    yield from check_days(draft, begins, published)
    yield from check_terms(draft)
    yield from check_own_references(draft)
    yield from check_style(draft)


def against(
    draft: Draft, library: Library, on: date, candidates: Candidates
) -> tuple[list[Finding], tuple[str, ...]]:
    """What a collection of laws tells of the draft, and sentences on what could not be looked at."""
    outer = OuterReferences(library, on)
    found = [*outer.check(draft), *check_similar(draft, candidates)]
    if not outer.unheld:
        return found, ()
    named = "; ".join(list(outer.unheld)[:_MOST_NAMED])
    more = f" and {len(outer.unheld) - _MOST_NAMED} more" if len(outer.unheld) > _MOST_NAMED else ""
    return found, (f"References to laws that the collection does not hold: {named}{more}",)


_MOST_NAMED = 10


def _bounded(found: Iterable[Finding]) -> tuple[list[Finding], dict[str, int]]:
    counted: Counter[str] = Counter()
    kept = []
    for one in found:
        counted[one.kind] += 1
        if counted[one.kind] <= MOST_OF_A_KIND:
            kept.append(one)
    return kept, {
        kind: count - MOST_OF_A_KIND for kind, count in counted.items() if count > MOST_OF_A_KIND
    }
