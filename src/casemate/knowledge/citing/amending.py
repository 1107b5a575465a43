"""Which acts changed a work, and what an act changes: from the three places that tell it.

A consolidated file's own metadata (``passiveModifications`` of Akoma Ntoso), notes in its words ("(Loi du
23 juillet 2015)"), and the words of the act that changes ("L'article 5 de la loi … est remplacé").
What only the versions show, that the words are others from a day on, is told without an act.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from casemate.knowledge.citing.graph import Citation, CitationGraph
from casemate.knowledge.citing.records import NamedWork
from casemate.knowledge.citing.resolving import Resolver
from casemate.knowledge.citing.scanning import MONTHS, folded
from casemate.knowledge.documents.library import Library, State

Evidence = Literal["metadata", "note", "act", "versions"]
_NOTE = re.compile(
    r"\(\s{0,3}(?P<kind>L\.|Loi|R[eè]gl\.\s?g\.-d\.|R[eè]glement\sgrand-ducal|R\.g\.d\.|A\.\s?g\.-d\.|Gesetz|Law|Act)"
    r"\s{1,3}(?:du\s|vom\s|of\s)?(?P<day>\d{1,2})(?:er|\.)?\s{1,3}(?P<month>\w{3,10})\s{1,3}(?P<year>\d{4})\s{0,3}\)",
    re.IGNORECASE,
)
_KINDS = {"r": "rgd", "a": "agd"}
MOST_OF_AN_ACT = 5_000


@dataclass(frozen=True, slots=True)
class Amendment:
    """One change of a provision: ``day`` is the first of the new words, ``by`` the act that did it.

    ``what`` is ``insertion``, ``replacement``, ``deletion`` or empty; ``by`` is empty where only the
    versions tell that something changed. ``evidence`` names what tells it.
    """

    work: str
    key: str
    day: date | None
    what: str
    by: str
    by_key: str
    by_title: str
    held: bool
    evidence: tuple[Evidence, ...]
    quote: str = ""


def amendments_of(
    library: Library,
    graph: CitationGraph,
    resolver: Resolver,
    work: str,
    key: str | None,
    language: str,
) -> list[Amendment]:
    """What was done to a work, or to one provision of it, the oldest first."""
    states = list(library.states(work, language, key))
    told = [
        *_by_metadata(library, resolver, work, key),
        *_by_notes(resolver, work, states),
        *_by_acts(library, graph, work, key),
    ]
    found = _together(told)
    known = {(one.key, one.day) for one in found}
    begun = [one.valid_from for one in library.versions(work, language) if one.valid_from]
    found += [one for one in _by_versions(work, states, begun) if (one.key, one.day) not in known]
    return sorted(found, key=lambda one: (one.day or date.max, one.key, one.by))


def amendments_by(library: Library, graph: CitationGraph, work: str) -> list[Amendment]:
    """What an act changes in others, as its words say; in the order of its text."""
    page = graph.cites(library, work, changes=True, most=MOST_OF_AN_ACT)
    return [
        _of_edge(one) for one in page.citations if one.to_work != work and one.why in {"", "unheld"}
    ]


def _by_metadata(
    library: Library, resolver: Resolver, work: str, key: str | None
) -> Iterator[Amendment]:
    for one in library.changes(work):
        if key is None or one.key == key:
            by, held = resolver.name_at(one.act)
            title = one.title if held or one.title else ""
            yield Amendment(work, one.key, one.day, one.what, by, "", title, held, ("metadata",))


def _by_notes(resolver: Resolver, work: str, states: Iterable[State]) -> Iterator[Amendment]:
    """Each note is of the wording in which it stands first."""
    seen: set[tuple[str, str]] = set()
    for state in states:
        key = state.provision.key
        for note in _NOTE.finditer(state.provision.text):
            month = MONTHS.get(folded(note["month"]))
            if month is None or (key, note[0]) in seen:
                continue
            seen.add((key, note[0]))
            kind = _KINDS.get(note["kind"][0].casefold(), "loi")
            day = f"{note['year']}-{month:02}-{int(note['day']):02}"
            by, why = resolver.work_of(NamedWork("date", kind, day))
            quote = " ".join(note[0].split())
            yield Amendment(work, key, None, "", by, "", "", not why, ("note",), quote)


def _by_acts(
    library: Library, graph: CitationGraph, work: str, key: str | None
) -> Iterator[Amendment]:
    page = graph.cited_by(library, work, key, changes=True, most=MOST_OF_AN_ACT)
    return (_of_edge(one) for one in page.citations if one.work != work and one.to_key)


def _of_edge(one: Citation) -> Amendment:
    return Amendment(
        one.to_work,
        one.to_key,
        one.begins,
        "",
        one.work,
        one.key,
        "",
        not one.why,
        ("act",),
        one.quote,
    )


def _by_versions(work: str, states: list[State], begun: list[date]) -> Iterator[Amendment]:
    """Words that are others from a day on; ``begun`` are the days of the work's versions."""
    first, newest = min(begun, default=None), max(begun, default=None)
    last: dict[str, State] = {}
    for state in states:
        key = state.provision.key
        before = last.get(key)
        if before is not None:
            yield Amendment(
                work, key, state.begins, "replacement", "", "", "", False, ("versions",)
            )
        elif state.begins is not None and first is not None and state.begins > first:
            yield Amendment(work, key, state.begins, "insertion", "", "", "", False, ("versions",))
        last[key] = state
    for key, state in last.items():
        if state.ends is not None and newest is not None and state.ends <= newest:
            yield Amendment(work, key, state.ends, "deletion", "", "", "", False, ("versions",))


def _together(told: Iterable[Amendment]) -> list[Amendment]:
    """What several places tell of one act and one provision is one amendment."""
    found: dict[tuple[str, str, date | None], Amendment] = {}
    for one in told:
        same = next(
            (key for key in found if key[:2] == (one.key, one.by) and None in {key[2], one.day}),
            (one.key, one.by, one.day),
        )
        before = found.pop(same, None)
        if before is not None:
            one = replace(
                before, day=before.day or one.day, what=before.what or one.what,
                by_key=before.by_key or one.by_key, by_title=before.by_title or one.by_title,
                evidence=tuple(dict.fromkeys((*before.evidence, *one.evidence))),
                quote=one.quote if "act" in one.evidence else before.quote or one.quote,
            )  # fmt: skip
        found[(one.key, one.by, one.day)] = one
    return list(found.values())
