"""Definitions of a draft: unused, missing, double, circular, and used before they are given."""

import re
from collections.abc import Iterator, Sequence

from casemate.knowledge.definitions import Definition, definitions_in, uses
from casemate.knowledge.documents import Kind
from casemate.knowledge.drafting.draft import Draft, Place
from casemate.knowledge.drafting.findings import Finding, Severity
from casemate.knowledge.marks import folded
from casemate.knowledge.sentences import sentences

_QUOTED = re.compile(r"«\s?([^«»\n]{2,60}?)\s?»|„([^„“”\n]{2,60})[“”]|‘([^‘’\n]{2,60})’(?!\w)")
_NO_TERM = re.compile(
    r"\b(?:termes?|mots?|intitul\w+|mention|texte|libell\w+|remplac\w+|insér\w+|supprim\w+|ajout\w+|complét\w+"
    r"|words?|entitled|replaced|inserted|deleted|added|titled|Wort|Wörter\w*|Angabe|ersetz\w*|eingefügt"
    r"|gestrichen|angefügt|gefasst)\b",
    re.IGNORECASE,
)
MOST_WORDS = 5
"""Words of a quotation that may be a term."""


def check_terms(draft: Draft) -> Iterator[Finding]:
    """What is amiss with the terms that the draft defines or seems to."""
    places = [one for one in draft.places if one.provision.kind is not Kind.RECITAL]
    defined = definitions_in([one.provision for one in places], draft.language)
    by_key = {one.key: one for one in places}
    yield from _doubles(defined, by_key)
    yield from _uses(defined, places, draft.language)
    yield from _circles(defined, by_key, draft.language)
    yield from _undefined(defined, places)


def _at(kind: str, severity: Severity, one: Definition, place: Place, **values: str) -> Finding:
    start, end = one.term_span.start, one.term_span.end
    told = {"term": one.term, **values}
    return Finding(kind, severity, one.key, start, end, place.text[start:end], told)


def _name(place: Place) -> str:
    return place.provision.number.strip(" .") or place.key


def _doubles(defined: Sequence[Definition], places: dict[str, Place]) -> Iterator[Finding]:
    first: dict[str, Definition] = {}
    for one in defined:
        before = first.setdefault(folded(one.term), one)
        if before is not one and before.how == one.how:
            other = _name(places[before.key])
            yield _at("definition.double", Severity.ERROR, one, places[one.key], other=other)


def _uses(
    defined: Sequence[Definition], places: Sequence[Place], language: str
) -> Iterator[Finding]:
    """Terms that are never used, and terms that are used before they are defined."""
    order = {one.key: at for at, one in enumerate(places)}
    used: dict[Definition, None] = {}
    early: dict[Definition, Finding] = {}
    for at, place in enumerate(places):
        for use in uses(place.text, defined, language):
            one = use.definition
            inside = one.key == place.key and (
                one.span.start <= use.span.start < one.span.end or use.span == one.term_span
            )
            if inside:
                continue
            used[one] = None
            if at < order[one.key] and one not in early:
                early[one] = Finding(
                    "definition.early", Severity.HINT, place.key, use.span.start, use.span.end,
                    use.span.cut(place.text),
                    {"term": one.term, "other": _name(places[order[one.key]])},
                )  # fmt: skip
    yield from early.values()
    meant = {folded(one.term) for one in used}
    for one in defined:
        if folded(one.term) not in meant:
            yield _at("definition.unused", Severity.WARNING, one, places[order[one.key]])


def _circles(
    defined: Sequence[Definition], places: dict[str, Place], language: str
) -> Iterator[Finding]:
    """Terms whose definitions lead back to themselves."""
    meant = [one for one in defined if one.how == "means"]
    leads = {
        one.term: [use.definition.term for use in uses(one.text, meant, language)] for one in meant
    }
    told: set[frozenset[str]] = set()
    for one in meant:
        circle = _circle(leads, one.term)
        if circle and frozenset(circle) not in told:
            told.add(frozenset(circle))
            shown = " → ".join([*circle, one.term])
            yield _at("definition.circular", Severity.WARNING, one, places[one.key], circle=shown)


def _circle(leads: dict[str, list[str]], begin: str) -> list[str]:
    """The shortest way from a term back to it; empty where there is none."""
    ways, seen = [[begin]], {begin}
    while ways:
        way = ways.pop(0)
        for after in leads.get(way[-1], ()):
            if after == begin:
                return way
            if after not in seen:
                seen.add(after)
                ways.append([*way, after])
    return []


def _undefined(defined: Sequence[Definition], places: Sequence[Place]) -> Iterator[Finding]:
    """Words in quotation marks that look like a term, are defined nowhere and are no quotation."""
    known = {folded(name) for one in defined for name in (one.term, *one.also)}
    told: set[str] = set()
    for place in places:
        if place.provision.kind is not Kind.ARTICLE:
            continue
        for span in sentences(place.text):
            sentence = span.cut(place.text)
            if _NO_TERM.search(sentence):
                continue
            for found in _QUOTED.finditer(sentence):
                term = next(one for one in found.groups() if one).strip()
                name = folded(term)
                if not name or name in known or name in told or len(name.split()) > MOST_WORDS:
                    continue
                told.add(name)
                start, end = span.start + found.start(), span.start + found.end()
                yield Finding(
                    "definition.undefined", Severity.WARNING, place.key, start, end,
                    place.text[start:end], {"term": term},
                )  # fmt: skip
